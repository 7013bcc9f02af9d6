"""Times PyTorch on the classification that base.ts has timed this repository on: same weights, same tokens.

    pytorch.py FOLDER OUT

FOLDER is what base.ts left. PyTorch must give its logits before it is timed: BERT with every layer full, and NarrowBERT
as its authors run it, on padded batches, with keys and values of the whole context in every narrow layer. All sequences
are of one length, so padding costs PyTorch nothing here, and it gets no mask. Both parties' times go to a file in the
folder OUT. Where there is no CUDA device PyTorch runs on the CPU, which tests this script and measures nothing.
"""

import json
import re
import statistics
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

ROUNDS = 20
IN_FLIGHT = 8
TOLERANCE = 1e-4
KINDS = ["device", "throughput", "latency"]
BASELINE = "PyTorch full f32"

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"


class Model:
    """Logits of a NarrowBERT classifier; with full_length_layers = num_hidden_layers it is a BERT."""

    def __init__(self, folder, dtype):
        self.config = json.loads((folder / "config.json").read_text())
        weights = load_file(folder / "model.safetensors")
        self.weights = {name.removeprefix("narrow_bert."): w.to(DEVICE, dtype) for name, w in weights.items()}

    def linear(self, name, x):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def layer_norm(self, name, x):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, weight.shape, weight, bias, self.config["layer_norm_eps"])

    def by_head(self, x):
        return x.unflatten(-1, (self.config["num_attention_heads"], -1)).transpose(1, 2)

    def layer(self, at, x, context):
        q = self.by_head(self.linear(f"{at}.attention.self.query", x))
        k = self.by_head(self.linear(f"{at}.attention.self.key", context))
        v = self.by_head(self.linear(f"{at}.attention.self.value", context))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.layer_norm(f"{at}.attention.output.LayerNorm", self.linear(f"{at}.attention.output.dense", y) + x)
        y = self.linear(f"{at}.output.dense", F.gelu(self.linear(f"{at}.intermediate.dense", x)))
        return self.layer_norm(f"{at}.output.LayerNorm", y + x)

    def __call__(self, ids):
        at = "embeddings"
        words = F.embedding(ids, self.weights[f"{at}.word_embeddings.weight"])
        positions = self.weights[f"{at}.position_embeddings.weight"][: ids.shape[1]]
        types = self.weights[f"{at}.token_type_embeddings.weight"][0]
        x = self.layer_norm(f"{at}.LayerNorm", words + types + positions)
        full = self.config["full_length_layers"]
        for i in range(full):
            x = self.layer(f"encoder.layer.{i}", x, x)
        row = x[:, :1]
        for i in range(self.config["num_hidden_layers"] - full):
            row = self.layer(f"encoder_narrow.layer.{i}", row, x)
        return self.linear("classifier", torch.tanh(self.linear("pooler.dense", row[:, 0])))


def synchronize():
    if CUDA:
        torch.cuda.synchronize()


def wall(work):
    synchronize()
    start = time.perf_counter()
    work()
    synchronize()
    return (time.perf_counter() - start) * 1e3


def on_device(work):
    """Milliseconds between events before and after the work."""
    if not CUDA:
        return wall(work)
    before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    before.record()
    work()
    after.record()
    after.synchronize()
    return before.elapsed_time(after)


def time_model(model, ids):
    """As base.ts: a batch on the device, one among several in flight, one until its logits are read."""
    samplers = {
        "device": lambda: on_device(lambda: model(ids)),
        "throughput": lambda: wall(lambda: [model(ids) for _ in range(IN_FLIGHT)]) / IN_FLIGHT,
        "latency": lambda: wall(lambda: model(ids).cpu()),
    }
    for _ in range(3):
        model(ids)
    samples = {kind: [sample() for _ in range(ROUNDS)] for kind, sample in samplers.items()}
    return {kind: {"minimum": min(ms), "median": statistics.median(ms)} for kind, ms in samples.items()}


@torch.inference_mode()
def main(folder, out):
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    ours = json.loads((folder / "ours.json").read_text())
    ids = torch.tensor(ours["input_ids"], device=DEVICE)
    times = {}
    errors = {}
    for name, measured in ours["models"].items():
        times[f"ours {name} f32"] = measured["times"]
        expected = torch.tensor(measured["logits"])
        for dtype, label in ((torch.float32, f"PyTorch {name} f32"), (torch.float16, f"PyTorch {name} f16")):
            model = Model(folder / name, dtype)
            errors[label] = (model(ids).float().cpu() - expected).abs().max().item()
            if dtype == torch.float32 and not errors[label] <= TOLERANCE:
                sys.exit(f"{label}: its logits differ from ours by {errors[label]}, more than {TOLERANCE}")
            times[label] = time_model(model, ids)
    size = " x ".join(map(str, ids.shape))
    races = [race(f"classification {size}, {kind}", {run: t[kind] for run, t in times.items()}) for kind in KINDS]
    for entry in races:
        print(entry["name"])
        for run, milliseconds in entry["milliseconds"].items():
            ratio = entry["ratios"].get(run, {"minima": 1, "medians": 1})
            print(
                f"  {run:<18} {milliseconds['minimum']:9.3f} ms at best, {milliseconds['median']:9.3f} at the median; "
                f"{ratio['minima']:.2f} times the speed of {BASELINE} by minima, {ratio['medians']:.2f} by medians"
            )
    report = {
        "bench": "pytorch",
        "adapter": ours["adapter"],
        "versions": {**ours["versions"], "torch": torch.__version__},
        "commit": ours["commit"],
        "device": torch.cuda.get_device_name() if CUDA else "cpu",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "errors": errors,
        "results": races,
    }
    slug = re.sub("[^a-z0-9]+", "-", ours["adapter"]["name"].lower()).strip("-")
    file = out / f"pytorch-{slug}.json"
    file.write_text(json.dumps(report, indent=1) + "\n")
    print(f"Written to {file}")


def race(name, milliseconds):
    """As Race of ../report.ts: how many times as fast as the baseline each run is."""
    base = milliseconds[BASELINE]
    ratios = {
        run: {"minima": base["minimum"] / t["minimum"], "medians": base["median"] / t["median"]}
        for run, t in milliseconds.items()
        if run != BASELINE
    }
    return {"kind": "race", "name": name, "baseline": BASELINE, "milliseconds": milliseconds, "ratios": ratios}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
