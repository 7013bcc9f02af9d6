"""Small random BERTs of transformers, and what transformers computes of folders: for round_trip.ts.

bert.py make FOLDER    writes CLASS/ for each class, and what it computes, as CLASS.json
bert.py logits FOLDER  prints the same of a folder as JSON, with the keys that it misses or does not know
"""

import json
import sys

import torch
import transformers
from transformers import BertConfig

SIZES = dict(vocab_size=99, hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=37,
             max_position_embeddings=24, type_vocab_size=3, initializer_range=0.5, num_labels=3)
KINDS = {
    "BertModel": {},
    "BertForMaskedLM": dict(hidden_act="gelu_new"),
    "BertForPreTraining": {},
    "BertForSequenceClassification": dict(pruned_heads={1: [0, 2]}),
    "BertForTokenClassification": dict(position_embedding_type="relative_key_query"),
    "BertForMultipleChoice": dict(hidden_act="relu"),
}
IDS = [[2, 40, 41, 7, 3, 0], [2, 9, 98, 50, 51, 3]]
MASK = [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]
TYPES = [[0, 0, 1, 1, 2, 0], [0, 1, 0, 1, 0, 1]]


def computed(model):
    inputs = {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": TYPES}
    if type(model).__name__ == "BertForMultipleChoice":
        inputs = {name: [rows] for name, rows in inputs.items()}
    model = model.float().eval()
    with torch.no_grad():
        result = model(**{name: torch.tensor(rows) for name, rows in inputs.items()})
    if type(model).__name__ == "BertModel":
        logits = result.pooler_output
    else:
        logits = result.prediction_logits if "prediction_logits" in result else result.logits
    return {"inputs": inputs, "logits": logits.tolist()}


def make(folder):
    torch.manual_seed(1)
    for name, options in KINDS.items():
        model = getattr(transformers, name)(BertConfig(**SIZES, **options))
        with torch.no_grad():  # biases are zero and LayerNorms one in a new model
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter += 0.3 * torch.randn_like(parameter)
        model.save_pretrained(f"{folder}/{name}")
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump(computed(model), file)


def logits(folder):
    with open(f"{folder}/config.json") as file:
        (name,) = json.load(file)["architectures"]
    model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    keys = {key: sorted(info[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys")}
    json.dump({"class": name, **keys, **computed(model)}, sys.stdout)


{"make": make, "logits": logits}[sys.argv[1]](sys.argv[2])
