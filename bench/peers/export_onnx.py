"""Writes the ONNX files that peers run, from the same safetensors that the others load.

    export_onnx.py bert FOLDER B L OUT.onnx   an ordinary BERT body for B sequences of L tokens
    export_onnx.py product M K OUT.onnx       y = x b, x [M, K] and b [K, K]

Sizes are fixed, as runtimes do their best where they know them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from safetensors.numpy import load_file

OPSET = 20  # The first with Gelu as an operator of its own.
IR_VERSION = 9

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
value = helper.make_tensor_value_info


class Graph:
    """Collects nodes and weights; each method returns the name of its result."""

    def __init__(self):
        self.nodes = []
        self.initializers = []

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind, *inputs, name=None, **attributes):
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def save(self, path, inputs, outputs):
        graph = helper.make_graph(self.nodes, "graph", inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        checker.check_model(model, full_check=True)
        save(model, path)


def without_prefix(name):
    for prefix in ("narrow_bert.", "bert."):
        name = name.removeprefix(prefix)
    return name


def export_bert(folder, sequences, length, path):
    config = json.loads((folder / "config.json").read_text())
    weights = {without_prefix(name): array for name, array in load_file(folder / "model.safetensors").items()}
    if config["hidden_act"] != "gelu" or config.get("position_embedding_type", "absolute") != "absolute":
        sys.exit(f"Cannot export {folder}: its activation must be gelu, its positions absolute")
    heads = config["num_attention_heads"]
    hidden = config["hidden_size"]
    size = hidden // heads
    g = Graph()

    def weight(name):
        return g.constant(name, weights[name].astype(np.float32))

    def linear(name, x):
        matrix = g.constant(f"{name}.weight", weights[f"{name}.weight"].astype(np.float32).T)
        return g.op("Add", g.op("MatMul", x, matrix), weight(f"{name}.bias"))

    def layer_norm(name, x, out=None):
        scale, bias = weight(f"{name}.weight"), weight(f"{name}.bias")
        return g.op("LayerNormalization", x, scale, bias, name=out, axis=-1, epsilon=config["layer_norm_eps"])

    split = g.constant("split", np.array([sequences, length, heads, size], np.int64))
    join = g.constant("join", np.array([sequences, length, hidden], np.int64))
    root = g.constant("root", np.float32(1 / np.sqrt(size)))

    def by_head(x, perm):
        return g.op("Transpose", g.op("Reshape", x, split), perm=perm)

    positions = g.constant("positions", weights["embeddings.position_embeddings.weight"][:length].astype(np.float32))
    words = g.op("Gather", weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
    types = g.op("Gather", weight("embeddings.token_type_embeddings.weight"), "token_type_ids", axis=0)
    x = layer_norm("embeddings.LayerNorm", g.op("Add", g.op("Add", words, types), positions))

    axes = g.constant("axes", np.array([1, 2], np.int64))
    mask = g.op("Cast", g.op("Unsqueeze", "attention_mask", axes), to=TensorProto.FLOAT)
    hidden_keys = g.op("Sub", g.constant("one", np.float32(1)), mask)
    penalty = g.op("Mul", hidden_keys, g.constant("lowest", np.float32(-1e9)))

    layers = config["num_hidden_layers"]
    for i in range(layers):
        at = f"encoder.layer.{i}"
        q = by_head(linear(f"{at}.attention.self.query", x), [0, 2, 1, 3])
        k = by_head(linear(f"{at}.attention.self.key", x), [0, 2, 3, 1])
        v = by_head(linear(f"{at}.attention.self.value", x), [0, 2, 1, 3])
        scores = g.op("Add", g.op("Mul", g.op("MatMul", q, k), root), penalty)
        context = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
        context = g.op("Reshape", g.op("Transpose", context, perm=[0, 2, 1, 3]), join)
        context = linear(f"{at}.attention.output.dense", context)
        x = layer_norm(f"{at}.attention.output.LayerNorm", g.op("Add", context, x))
        wide = g.op("Gelu", linear(f"{at}.intermediate.dense", x))
        narrow = linear(f"{at}.output.dense", wide)
        last = "last_hidden_state" if i == layers - 1 else None
        x = layer_norm(f"{at}.output.LayerNorm", g.op("Add", narrow, x), last)

    inputs = [value(name, TensorProto.INT32, [sequences, length]) for name in INPUTS]
    g.save(path, inputs, [value("last_hidden_state", TensorProto.FLOAT, [sequences, length, hidden])])


def export_product(m, k, path):
    g = Graph()
    g.op("MatMul", "x", "b", name="y")
    inputs = [value("x", TensorProto.FLOAT, [m, k]), value("b", TensorProto.FLOAT, [k, k])]
    g.save(path, inputs, [value("y", TensorProto.FLOAT, [m, k])])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bert", folder, sequences, length, out]:
            export_bert(Path(folder), int(sequences), int(length), out)
        case ["product", m, k, out]:
            export_product(int(m), int(k), out)
        case _:
            sys.exit(__doc__)
