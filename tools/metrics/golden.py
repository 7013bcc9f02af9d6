"""Writes what scikit-learn, SciPy, seqeval and transformers make of random answers, for tests/train.

    python -m venv venv && venv/bin/pip install -r tools/metrics/requirements.txt
    venv/bin/python tools/metrics/golden.py

`metrics.json`: classification, several labels at once, regression, and entities in every mode of seqeval.
`schedules.json`: the factors of `transformers.optimization`. PyTorch is not needed: an optimizer with one group of
parameters stands in for it, and a class that keeps the function for `LambdaLR`.
`trainer_state.json`: a `TrainerState` as `save_to_json` writes it, with numbers of every form that Python has for floats.
`floats.json`: numbers, and Python's text of each.
"""

import importlib.util
import json
import math
import platform
import random
import sys
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy
import scipy
import seqeval
import sklearn
import transformers
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import accuracy_score as tag_accuracy
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as entity_scores
from seqeval.metrics.v1 import precision_recall_fscore_support as strict_entity_scores
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB2, IOBES, Entities
from sklearn import metrics
from transformers.trainer_callback import EarlyStoppingCallback, TrainerControl, TrainerState

FOLDER = Path(__file__).parents[2] / "tests/golden/metrics"
BINS = 15
warnings.filterwarnings("ignore")
chance = random.Random(12)


def made_with(*modules) -> dict:
    return {module.__name__: module.__version__ for module in modules} | {"python": platform.python_version()}


def write(name: str, content: dict) -> None:
    (FOLDER / name).write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def calibration_error(logits: numpy.ndarray, labels: numpy.ndarray) -> float:
    """By the definition of Guo et al., 2017: bins (m - 1, m] / 15 of the probability of the class predicted."""
    exponentials = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    confidence = (exponentials / exponentials.sum(axis=1, keepdims=True)).max(axis=1)
    right = logits.argmax(axis=1) == labels
    error = 0.0
    for m in range(1, BINS + 1):
        inside = (confidence > (m - 1) / BINS) & (confidence <= m / BINS)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(error)


def classification(count: int, classes: int, signal: float, gold: list[int]) -> dict:
    labels = numpy.array([chance.choice(gold) for _ in range(count)])
    logits = numpy.array([[round(chance.gauss(0, 1), 3) for _ in range(classes)] for _ in range(count)])
    logits[numpy.arange(count), labels] += signal
    logits = logits.round(3)
    predicted = logits.argmax(axis=1)
    f1 = {average: metrics.f1_score(labels, predicted, average=average) for average in ("macro", "micro", "weighted")}
    by_class = metrics.precision_recall_fscore_support(labels, predicted, labels=range(classes), zero_division=0)
    return {
        "classes": classes,
        "logits": logits.flatten().tolist(),
        "labels": labels.tolist(),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
        "by_class": [values.tolist() for values in by_class],
        "values": {
            "accuracy": metrics.accuracy_score(labels, predicted),
            "precision": metrics.precision_score(labels, predicted, average="macro", zero_division=0),
            "recall": metrics.recall_score(labels, predicted, average="macro", zero_division=0),
            "f1": f1["macro"],
            "f1_micro": f1["micro"],
            "f1_weighted": f1["weighted"],
            "matthews_correlation": metrics.matthews_corrcoef(labels, predicted),
            "calibration_error": calibration_error(logits, labels),
        },
    }


def multi_label(count: int, classes: int, share: float) -> dict:
    labels = numpy.array([[int(chance.random() < share) for _ in range(classes)] for _ in range(count)])
    logits = (numpy.array([[chance.gauss(0, 1.5) for _ in range(classes)] for _ in range(count)]) + labels).round(3)
    predicted = (logits > 0).astype(int)
    scores = {
        average: metrics.precision_recall_fscore_support(labels, predicted, average=average, zero_division=0)
        for average in ("micro", "macro", "weighted")
    }
    return {
        "classes": classes,
        "logits": logits.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "values": {
            "accuracy": metrics.accuracy_score(labels, predicted),
            "precision": scores["micro"][0],
            "recall": scores["micro"][1],
            "f1": scores["micro"][2],
            "f1_macro": scores["macro"][2],
            "f1_weighted": scores["weighted"][2],
        },
    }


def regression(count: int, noise: float, digits: int) -> dict:
    labels = [round(chance.uniform(0, 5), digits) for _ in range(count)]
    predictions = [round(label + chance.gauss(0, noise), digits) for label in labels]
    return {
        "labels": labels,
        "predictions": predictions,
        "values": {
            "mse": metrics.mean_squared_error(labels, predictions),
            "mae": metrics.mean_absolute_error(labels, predictions),
            "pearson": pearsonr(labels, predictions).statistic,
            "spearmanr": spearmanr(labels, predictions).statistic,
        },
    }


TYPES = ["PER", "LOC", "ORG-X"]
PREFIXES = {None: "BIES", IOB2: "BI", IOBES: "BIES", BILOU: "BILU"}


def sequences(prefixes: str, bare: bool) -> tuple[list[list[str]], list[list[str]]]:
    """Tags in any order, valid or not, and others that agree with most of them."""
    tags = ["O"] + [f"{prefix}-{kind}" for prefix in prefixes for kind in TYPES] + (list(prefixes) if bare else [])
    gold = [[chance.choice(tags + ["O"] * 3) for _ in range(chance.randint(1, 12))] for _ in range(30)]
    return gold, [[tag if chance.random() < 0.85 else chance.choice(tags) for tag in row] for row in gold]


def tagging(scheme, bare: bool = False) -> dict:
    gold, predicted = sequences(PREFIXES[scheme], bare)
    score = entity_scores if scheme is None else strict_entity_scores
    options = {} if scheme is None else {"scheme": scheme}
    overall = score(gold, predicted, average="micro", **options)
    by_type = score(gold, predicted, average=None, **options)
    if scheme is None:
        entities = set(kind for row in gold + predicted for kind, _, _ in get_entities(row))
    else:
        entities = {entity.tag for rows in (gold, predicted)
                    for row in Entities(rows, scheme).entities for entity in row}
    return {
        "scheme": None if scheme is None else scheme.__name__,
        "gold": gold,
        "predicted": predicted,
        "by_type": {
            kind: dict(zip(("precision", "recall", "f1", "support"), (values[i].item() for values in by_type)))
            for i, kind in enumerate(sorted(entities))
        },
        "values": {
            "precision": float(overall[0]),
            "recall": float(overall[1]),
            "f1": float(overall[2]),
            "accuracy": float(tag_accuracy(gold, predicted)),
        },
    }


def optimization() -> types.ModuleType:
    """`transformers.optimization`, with stand-ins for what it takes from PyTorch."""
    class Anything:
        def __getattr__(self, name):
            return Anything()

        def __call__(self, *args, **options):
            return lambda wrapped: wrapped

    class LambdaLR:
        def __init__(self, optimizer, lr_lambda, last_epoch=-1):
            self.factor = lr_lambda

    def module(name: str, **content) -> None:
        made = types.ModuleType(name)
        made.__dict__.update(content)
        sys.modules[name] = made

    class Optimizer:
        def __init__(self, lr):
            self.defaults = {"lr": lr}

    module("torch", no_grad=Anything(), nn=Anything(), Tensor=object)
    module("torch.optim", Optimizer=Optimizer)
    module("torch.optim.lr_scheduler", LambdaLR=LambdaLR, ReduceLROnPlateau=object)
    module("transformers.trainer_pt_utils", LayerWiseDummyOptimizer=object, LayerWiseDummyScheduler=object)
    folder = Path(transformers.__file__).parent
    spec = importlib.util.spec_from_file_location("transformers.optimization", folder / "optimization.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def schedules() -> list[dict]:
    hf = optimization()
    optimizer = sys.modules["torch.optim"].Optimizer
    cases = []
    for total, warmup in ((20, 0), (20, 4), (20, {"ratio": 0.06}), (30, {"ratio": 0.1}), (7, 7), (1000, 60), (1, 0)):
        steps = math.ceil(total * warmup["ratio"]) if isinstance(warmup, dict) else warmup
        given = {"warmup_ratio": warmup["ratio"]} if isinstance(warmup, dict) else {"warmup_steps": warmup}
        for name, options in (
            ("linear", {}), ("cosine", {}), ("cosine", {"num_cycles": 1.25}), ("cosine_with_restarts", {}),
            ("cosine_with_restarts", {"num_cycles": 3}), ("constant", {}), ("constant_with_warmup", {}),
            ("polynomial", {}), ("polynomial", {"power": 2.5, "lr_end": 3e-6}), ("inverse_sqrt", {}),
            ("inverse_sqrt", {"timescale": 50}),
        ):
            if name == "polynomial" and steps == total:
                continue  # a division by zero there, in the last step
            lr = 5e-4
            factor = hf.TYPE_TO_SCHEDULER_FUNCTION[transformers.SchedulerType(name)](
                optimizer(lr), **options,
                **({} if name == "constant" else {"num_warmup_steps": steps}),
                **({"num_training_steps": total}
                   if name in ("linear", "cosine", "cosine_with_restarts", "polynomial") else {}),
            ).factor
            at = sorted({0, 1, 2, steps - 1, steps, steps + 1, total // 3, total // 2, total - 1, total, total + 5} - {-1})
            cases.append({
                "name": name,
                "options": {**given, "total_steps": total, **options, **({"lr": lr} if name == "polynomial" else {})},
                "factors": [[step, factor(step)] for step in at],
            })
    return cases


def trainer_state() -> None:
    stopping = EarlyStoppingCallback(early_stopping_patience=3, early_stopping_threshold=0.0)
    state = TrainerState(stateful_callbacks=[stopping, TrainerControl(should_save=True)])
    state.train_batch_size, state.max_steps, state.num_train_epochs = 16, 40, 2
    state.logging_steps, state.eval_steps, state.save_steps = 10, 20, 20
    for step in (10, 20, 30, 40):
        state.global_step, state.epoch = step, step / 20
        state.log_history.append({
            "loss": 4.0 / step, "grad_norm": 1e-5 * step, "learning_rate": 5e-05 * (1 - step / 40),
            "epoch": state.epoch, "step": step,
        })
        if step % 20 == 0:
            state.log_history.append({
                "eval_loss": 3.0 / step, "eval_accuracy": 1.0, "eval_pearson": math.nan, "eval_perplexity": math.inf,
                "eval_runtime": 1.25, "eval_samples_per_second": 160.0, "eval_steps_per_second": 2.4,
                "epoch": state.epoch, "step": step,
            })
    state.num_input_tokens_seen, state.total_flos = 123456, 1.5e16
    state.best_metric, state.best_global_step, state.best_model_checkpoint = 1.0, 20, "out/é 模型/checkpoint-20"
    state.log_history.append({
        "train_runtime": 12.5, "train_samples_per_second": 51.2, "train_steps_per_second": 3.2, "total_flos": 1.5e16,
        "train_loss": 0.2083, "epoch": 2.0, "step": 40,
    })
    state.save_to_json(FOLDER / "trainer_state.json")
    TrainerState().save_to_json(FOLDER / "trainer_state_default.json")


def floats() -> list:
    numbers = [0.1, 1.0, 100.0, 1e15, 1e16, 1.5e16, 123456789012345680.0, 1e-4, 9.9e-5, 1e-5, 5e-324, 2.5e-7, -1e-7, -3.0,
               1.7976931348623157e308, 1e21, 1e22, 1.2345e-10, 0.00012345, 9007199254740993.0, -1.5e300]
    numbers += [chance.uniform(-1, 1) * 10 ** chance.randint(-12, 25) for _ in range(200)]
    return [[repr(number), number] for number in numbers]


def main() -> None:
    write("metrics.json", {
        "made_with": made_with(numpy, sklearn, scipy) | {"seqeval": version("seqeval")},
        "classification": [
            classification(40, 3, 1.0, [0, 1, 2]),
            classification(60, 7, 2.0, [1, 2, 4, 4, 4]),  # some classes are never gold, some never predicted
            classification(50, 2, 0.5, [0, 0, 0, 0, 1]),
            classification(10, 4, 50.0, [0, 1, 2, 3]),  # all right, all sure
            classification(12, 3, -50.0, [0, 1]),  # all wrong
            classification(8, 3, 50.0, [2]),  # one class only
            classification(1, 5, 0.0, [3]),
        ],
        "multi_label": [multi_label(30, 4, 0.4), multi_label(10, 3, 0.0), multi_label(1, 2, 1.0)],
        "regression": [regression(50, 0.7, 3), regression(40, 1.0, 0), regression(2, 1.0, 2)],
        "tagging": [tagging(None), tagging(None, bare=True), tagging(IOB2), tagging(IOBES), tagging(BILOU)],
    })
    write("schedules.json", {"made_with": made_with(transformers), "cases": schedules()})
    write("floats.json", {"made_with": made_with(), "floats": floats()})
    trainer_state()


main()
