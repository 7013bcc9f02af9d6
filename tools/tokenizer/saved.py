"""Loads the tokenizers in the folders of a folder, and compares ids with what `saved.ts` found; see there."""

import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import tokenizers
import transformers
from transformers import AutoTokenizer

root = sys.argv[1]
texts = json.load(open(f"{root}/texts.json"))
folders = sorted((name for name in os.listdir(root) if name.isdigit()), key=int)
wrong = 0
for folder in folders:
    expected = json.load(open(f"{root}/{folder}/expected.json"))
    try:
        made = AutoTokenizer.from_pretrained(f"{root}/{folder}")
        got = [made(text)["input_ids"] for text in texts]
        differing = [i for i, ids in enumerate(got) if ids != expected["ids"][i]]
        problem = "" if not differing else f"{len(differing)} texts differ, as {texts[differing[0]]!r}: here {expected['ids'][differing[0]]}, Python {got[differing[0]]}"
    except BaseException as error:
        problem = repr(error)
    if not expected["here"]:
        problem += "; loaded again here it differs"
    if problem:
        wrong += 1
        print(expected["name"], type(made).__name__, problem[:700])
print(f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}: {len(folders)} saved tokenizers x {len(texts)} texts, {wrong} differ")
sys.exit(wrong > 0)
