"""Compares what sentence-transformers makes of folders that were saved with what it made of those that they are from.

python tools/sentence/saved.py ROOT; tools/sentence/saved.ts fills ROOT.
"""

import base64
import json
import sys

import numpy
import sentence_transformers
from sentence_transformers import CrossEncoder, SentenceTransformer

BOUND = 2e-5
# What golden.json calls the options of a call, as sentence-transformers does.
NAMES = {"prompt_name": "prompt_name", "prompt": "prompt", "normalize": "normalize_embeddings", "dimensions": "truncate_dim"}


def floats(text):
    return numpy.frombuffer(base64.b64decode(text), dtype="<f4")


def distance(found, expected):
    return float(numpy.abs(numpy.asarray(found).ravel() - floats(expected)).max())


def folder_distance(folder, case, texts):
    model = SentenceTransformer(folder, device="cpu")
    said = {name: getattr(model, name) for name in ("prompts", "default_prompt_name", "similarity_fn_name")}
    for name, value in said.items():
        if value != case[name]:
            raise SystemExit(f"{folder}: {name} must be {case[name]}, got {value}")
    return max(
        distance(model.encode(texts, convert_to_numpy=True, **{NAMES[k]: v for k, v in call["options"].items()}),
                 call["embeddings"])
        for call in case["calls"])


def main():
    root = sys.argv[1]
    with open(f"{root}/golden.json", encoding="utf8") as file:
        golden = json.load(file)
    texts, query = golden["texts"], golden["query"]
    distances = {name: folder_distance(f"{root}/folders/{name}", case, texts) for name, case in golden["folders"].items()}
    for name, case in golden["rankers"].items():
        scores = CrossEncoder(f"{root}/rankers/{name}", device="cpu").predict([(query, text) for text in texts])
        distances[f"ranker {name}"] = distance(scores, case["scores"])
    worst = max(distances, key=distances.get)
    print(f"sentence-transformers {sentence_transformers.__version__}: {len(golden['folders'])} folders and "
          f"{len(golden['rankers'])} rankers saved here, at most {distances[worst]:.2e} from the original ({worst})")
    if distances[worst] > BOUND:
        raise SystemExit(f"must be at most {BOUND}")


main()
