"""Random folders of tokenizers, with the files in which tokens are named, and the ids that transformers gives.

    python -m venv venv && venv/bin/pip install transformers==5.24.0
    venv/bin/python tools/tokenizer/folders.py 60 20 tests/golden/text/folders.json.gz 1     # folders, texts, file, seed

With another transformers, as 4.57.6, `folders.py --again FILE OUT` leaves out the folders whose ids it gives otherwise.
"""

import gzip
import json
import os
import random
import sys
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import tokenizers
import transformers
from transformers import AutoTokenizer

TOKENS = ["<ent>", "[E1]", "[E2]", "newword", "Cat", "<e/>", "é"]
WORDS = "the The cat Cat sat newword <ent> [E1] [e1] [E2] [MASK] [mask] [PAD] [UNK] [SEP] <e/> é É naïve unbelievable , . 東京 Zz <mask> x<ent>y".split()


def vocabulary(r: random.Random) -> list[str]:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    if r.random() < 0.3:
        special.remove(r.choice(["[PAD]", "[CLS]", "[SEP]", "[MASK]"]))
    pieces = [*"abcdefghijklmnopqrstuvwxyzTCZEMS,.[]<>/1東京é", *("##" + c for c in "abcdefghijklmnopqrstuvwxyzé1"), "the", "cat", "The", "Cat", "##ing"]
    return special + pieces + ([r.choice(TOKENS)] if r.random() < 0.3 else [])


def token(r: random.Random, content: str):
    if r.random() < 0.5:
        return content
    return {"content": content, "lstrip": r.random() < 0.3, "rstrip": r.random() < 0.3, "single_word": r.random() < 0.3,
            "normalized": r.random() < 0.5, "__type": "AddedToken"}


def folder(r: random.Random) -> dict[str, str]:
    vocab = vocabulary(r)
    config, special, files = {}, {}, {}
    if r.random() < 0.5:
        config["do_lower_case"] = r.random() < 0.5
    if r.random() < 0.2:
        config["strip_accents"] = r.random() < 0.5
    if r.random() < 0.2:
        config["tokenize_chinese_chars"] = r.random() < 0.5
    mine = r.sample(TOKENS, 4)
    if r.random() < 0.35:
        config["additional_special_tokens"] = [token(r, t) for t in mine[:2]]
    elif r.random() < 0.2:
        config["extra_special_tokens"] = {"entity_token": mine[0]}
    if r.random() < 0.3:
        at = len(vocab) + r.randint(0, 3)
        decoder = {}
        for index, t in enumerate(mine[1:3]):
            entry = token(r, t)
            entry = entry if isinstance(entry, dict) else {"content": t, "lstrip": False, "rstrip": False, "single_word": False, "normalized": True}
            decoder[str(at + index)] = {k: v for k, v in entry.items() if k != "__type"} | {"special": r.random() < 0.5}
        config["added_tokens_decoder"] = decoder
    if r.random() < 0.35:
        if r.random() < 0.5:
            special["additional_special_tokens"] = [token(r, t) for t in mine[2:]]
        if r.random() < 0.5:
            special["mask_token"] = r.choice(["[MASK]", {"content": "[MASK]", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}])
        if r.random() < 0.2:
            special["mask_token"] = "<mask>"
        files["special_tokens_map.json"] = special
    if r.random() < 0.3:
        files["added_tokens.json"] = {t: len(vocab) + i for i, t in enumerate(mine[:r.randint(1, 3)])}
    if config or r.random() < 0.7:
        files["tokenizer_config.json"] = {**config, "tokenizer_class": r.choice(["BertTokenizer", "BertTokenizerFast"])}
    return {"vocab.txt": "\n".join(vocab) + "\n", **{k: json.dumps(v, ensure_ascii=False) for k, v in files.items()}}


def ids(files: dict[str, str], texts: list[str]) -> list[list[int]]:
    with tempfile.TemporaryDirectory() as path:
        for name, text in files.items():
            with open(f"{path}/{name}", "w") as file:
                file.write(text)
        with open(f"{path}/config.json", "w") as file:
            file.write('{"model_type": "bert"}')
        made = AutoTokenizer.from_pretrained(path)
        return [made(text)["input_ids"] for text in texts]


def write(out: str, data: dict) -> None:
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def main() -> None:
    if sys.argv[1] == "--again":
        data = json.loads(gzip.open(sys.argv[2]).read())
        agreed = []
        for number, case in enumerate(data["cases"]):
            try:
                again = ids(case["files"], data["texts"])
            except Exception as error:
                again = repr(error)[:200]
            if again == case["ids"]:
                agreed.append(case)
            else:
                wrong = [t for t, a, b in zip(data["texts"], again, case["ids"]) if a != b] if isinstance(again, list) else again
                print(number, "differs:", json.dumps({k: v for k, v in case["files"].items() if k != "vocab.txt"})[:600], wrong[:1])
        data["cases"], data["also"] = agreed, transformers.__version__
        write(sys.argv[3], data)
        return
    count, length, out, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    r = random.Random(seed)
    texts = [" ".join(r.choice(WORDS) for _ in range(r.randint(1, 8))) for _ in range(length)]
    cases = []
    while len(cases) < count:
        files = folder(r)
        try:
            cases.append({"files": files, "ids": ids(files, texts)})
        except Exception as error:
            print("transformers fails:", repr(error)[:200], file=sys.stderr)
    data = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "seed": seed, "texts": texts, "cases": cases}
    write(out, data)


main()
