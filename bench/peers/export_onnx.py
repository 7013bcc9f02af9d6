"""Writes the ONNX files that peers run, from the same safetensors that the others load.

    export_onnx.py bert FOLDER B L OUT.onnx   an ordinary BERT body for B sequences of L tokens
    export_onnx.py model FOLDER OUT.onnx      an ordinary BERT with its head, for any batch, as transformers.js loads it
    export_onnx.py product M K OUT.onnx       y = x b, x [M, K] and b [K, K]

Sizes are fixed where runtimes are timed, as they do their best where they know them.
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
ANY = ["batch", "length"]  # Dimensions without a size.
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


class Bert(Graph):
    """A graph whose weights are those of a folder."""

    def __init__(self, folder):
        super().__init__()
        self.config = json.loads((folder / "config.json").read_text())
        weights = load_file(folder / "model.safetensors")
        self.weights = {without_prefix(name): array.astype(np.float32) for name, array in weights.items()}
        if self.config["hidden_act"] != "gelu" or self.config.get("position_embedding_type", "absolute") != "absolute":
            sys.exit(f"Cannot export {folder}: its activation must be gelu, its positions absolute")

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def linear(self, name, x, out=None):
        matrix = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.op("MatMul", x, matrix), self.weight(f"{name}.bias"), name=out)

    def layer_norm(self, name, x, out=None):
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", x, scale, bias, name=out, axis=-1, epsilon=self.config["layer_norm_eps"])

    def positions(self, length):
        """The embeddings of the first positions: as many as are given, or as `input_ids` has."""
        table = self.weights["embeddings.position_embeddings.weight"]
        if length is not None:
            return self.constant("positions", table[:length])
        zero = self.constant("zero", np.array([0], np.int64))
        count = self.op("Shape", "input_ids", start=1, end=2)
        return self.op("Slice", self.constant("positions", table), zero, count)

    def body(self, sequences=None, length=None):
        """The last hidden state, of any number of sequences and tokens if none is given."""
        heads = self.config["num_attention_heads"]
        hidden = self.config["hidden_size"]
        size = hidden // heads

        # In a shape 0 is the size that the tensor has there.
        split = self.constant("split", np.array([sequences or 0, length or 0, heads, size], np.int64))
        join = self.constant("join", np.array([sequences or 0, length or 0, hidden], np.int64))
        root = self.constant("root", np.float32(1 / np.sqrt(size)))

        def by_head(x, perm):
            return self.op("Transpose", self.op("Reshape", x, split), perm=perm)

        positions = self.positions(length)
        words = self.op("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
        types = self.op("Gather", self.weight("embeddings.token_type_embeddings.weight"), "token_type_ids", axis=0)
        x = self.layer_norm("embeddings.LayerNorm", self.op("Add", self.op("Add", words, types), positions))

        axes = self.constant("axes", np.array([1, 2], np.int64))
        mask = self.op("Cast", self.op("Unsqueeze", "attention_mask", axes), to=TensorProto.FLOAT)
        hidden_keys = self.op("Sub", self.constant("one", np.float32(1)), mask)
        penalty = self.op("Mul", hidden_keys, self.constant("lowest", np.float32(-1e9)))

        layers = self.config["num_hidden_layers"]
        for i in range(layers):
            at = f"encoder.layer.{i}"
            q = by_head(self.linear(f"{at}.attention.self.query", x), [0, 2, 1, 3])
            k = by_head(self.linear(f"{at}.attention.self.key", x), [0, 2, 3, 1])
            v = by_head(self.linear(f"{at}.attention.self.value", x), [0, 2, 1, 3])
            scores = self.op("Add", self.op("Mul", self.op("MatMul", q, k), root), penalty)
            context = self.op("MatMul", self.op("Softmax", scores, axis=-1), v)
            context = self.op("Reshape", self.op("Transpose", context, perm=[0, 2, 1, 3]), join)
            context = self.linear(f"{at}.attention.output.dense", context)
            x = self.layer_norm(f"{at}.attention.output.LayerNorm", self.op("Add", context, x))
            wide = self.op("Gelu", self.linear(f"{at}.intermediate.dense", x))
            narrow = self.linear(f"{at}.output.dense", wide)
            last = "last_hidden_state" if i == layers - 1 else None
            x = self.layer_norm(f"{at}.output.LayerNorm", self.op("Add", narrow, x), last)
        return x

    def head(self, x):
        """The logits of the class that the folder names, and their dimensions."""
        kind = self.config["architectures"][0]
        if kind == "BertForMaskedLM":
            at = "cls.predictions"
            transformed = self.op("Gelu", self.linear(f"{at}.transform.dense", x))
            words = self.constant("words", self.weights["embeddings.word_embeddings.weight"].T)
            scores = self.op("MatMul", self.layer_norm(f"{at}.transform.LayerNorm", transformed), words)
            return self.op("Add", scores, self.weight(f"{at}.bias"), name="logits"), [*ANY, self.config["vocab_size"]]
        labels = len(self.config["id2label"])
        if kind == "BertForTokenClassification":
            return self.linear("classifier", x, "logits"), [*ANY, labels]
        if kind == "BertForSequenceClassification":
            place = self.constant("first", np.array([0], np.int64))
            axis = self.constant("second_axis", np.array([1], np.int64))
            first = self.op("Squeeze", self.op("Gather", x, place, axis=1), axis)
            pooled = self.op("Tanh", self.linear("pooler.dense", first))
            return self.linear("classifier", pooled, "logits"), ["batch", labels]
        sys.exit(f"Cannot export a {kind}: its head is not known")


def export_bert(folder, sequences, length, path):
    g = Bert(folder)
    g.body(sequences, length)
    inputs = [value(name, TensorProto.INT32, [sequences, length]) for name in INPUTS]
    g.save(path, inputs, [value("last_hidden_state", TensorProto.FLOAT, [sequences, length, g.config["hidden_size"]])])


def export_model(folder, path):
    g = Bert(folder)
    state = g.body()
    logits, dims = g.head(state)
    inputs = [value(name, TensorProto.INT64, ANY) for name in INPUTS]
    outputs = [(logits, dims), (state, [*ANY, g.config["hidden_size"]])]
    g.save(path, inputs, [value(name, TensorProto.FLOAT, shape) for name, shape in outputs])


def export_product(m, k, path):
    g = Graph()
    g.op("MatMul", "x", "b", name="y")
    inputs = [value("x", TensorProto.FLOAT, [m, k]), value("b", TensorProto.FLOAT, [k, k])]
    g.save(path, inputs, [value("y", TensorProto.FLOAT, [m, k])])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bert", folder, sequences, length, out]:
            export_bert(Path(folder), int(sequences), int(length), out)
        case ["model", folder, out]:
            export_model(Path(folder), out)
        case ["product", m, k, out]:
            export_product(int(m), int(k), out)
        case _:
            sys.exit(__doc__)
