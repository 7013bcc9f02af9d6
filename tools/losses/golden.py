"""Writes the losses and gradients of smoothed and weighted labels that PyTorch computes in float64.

    python -m venv venv && venv/bin/pip install numpy torch==2.15.0 transformers==5.24.0
    venv/bin/python tools/losses/golden.py

`tests/golden/label_losses.json`: of each case the logits, labels and options, the loss, and its gradient by the logits.
"""

import json
import platform
from pathlib import Path

import torch
import transformers
from torch.nn.functional import cross_entropy
from transformers.trainer_pt_utils import LabelSmoother

FILE = Path(__file__).parents[2] / "tests/golden/label_losses.json"
MADE_WITH = {
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "python": platform.python_version(),
}


def smoothed(logits, labels, eps, _weights):
    return cross_entropy(logits, labels, label_smoothing=eps)


def by_trainer(logits, labels, eps, _weights):
    return LabelSmoother(epsilon=eps)({"logits": logits}, labels)


def weighted(logits, labels, _eps, weights):
    return cross_entropy(logits, labels, weight=weights)


def by_row(logits, labels, eps, weights):
    """Each row's smoothed loss by the weight of its label: PyTorch itself weighs the smoothed part by column."""
    of_rows = weights[labels.clamp(min=0)] * (labels >= 0)
    losses = cross_entropy(logits, labels, label_smoothing=eps, reduction="none")
    return (of_rows * losses).sum() / of_rows.sum()


CASES = [  # name, loss, rows, label_smoothing, class_weights, classes
    ("torch.nn.CrossEntropyLoss, smoothed", smoothed, 7, 0.1, None, 5),
    ("torch.nn.CrossEntropyLoss, smoothed, 41 classes", smoothed, 4, 0.75, None, 41),
    ("transformers.LabelSmoother", by_trainer, 7, 0.1, None, 5),
    ("torch.nn.CrossEntropyLoss, weighted", weighted, 7, 0, [0.5, 2, 0, 1, 3.25], 5),
    ("torch.nn.CrossEntropyLoss, smoothed by row, weighted", by_row, 7, 0.25, [0.5, 2, 0, 1, 3.25], 5),
]


def main():
    torch.manual_seed(12)
    cases = []
    for name, loss_of, rows, eps, weights, classes in CASES:
        logits = (4 * torch.randn(rows, classes)).double().requires_grad_()  # exact as float32
        labels = torch.tensor([-100 if r % 4 == 3 else (3 * r + 1) % classes for r in range(rows)])
        loss = loss_of(logits, labels, eps, None if weights is None else torch.tensor(weights, dtype=torch.float64))
        loss.backward()
        options = {"label_smoothing": eps, **({} if weights is None else {"class_weights": weights})}
        cases.append({
            "name": name,
            "logits": logits.tolist(),
            "labels": labels.tolist(),
            "options": options,
            "loss": loss.item(),
            "gradient": logits.grad.tolist(),
        })
    FILE.write_text(json.dumps({"made_with": MADE_WITH, "cases": cases}, indent=1) + "\n")


main()
