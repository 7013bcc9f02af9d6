"""Random folders of tokenizers, with the files in which tokens are named, and the ids that transformers gives.

    python -m venv venv && venv/bin/pip install transformers==5.24.0
    venv/bin/python tools/tokenizer/folders.py 60 20 tests/golden/text/folders.json.gz 1     # folders, texts, file, seed

Every other folder has a `tokenizer.json` and names a class that may change it. With another transformers, as 4.57.6,
`folders.py --again FILE OUT` leaves out the folders of the first kind of which it makes anything else, and of the second
notes in what they differ.
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
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer

TOKENS = ["<ent>", "[E1]", "[E2]", "newword", "Cat", "<e/>", "é"]
WORDS = "the The cat Cat sat newword <ent> [E1] [e1] [E2] [MASK] [mask] [PAD] [UNK] [SEP] <e/> é É naïve unbelievable , . 東京 Zz <mask> x<ent>y ca\u0007t the\tcat \u3000 ".split(" ")


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


SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BERT_CLASSES = "Bert DistilBert Electra MobileBert SqueezeBert Lxmert LayoutLM".split()


def word_pieces(r: random.Random, special: list[str], unk: str) -> Tokenizer:
    """A tokenizer of BERT's kind with any options, sometimes with a part that is not BERT's."""
    pieces = [*special, *([unk] if unk not in special else []), *"abcdefghijklmnopqrstuvwxyzTCZEMS,.[]<>/1東京é", *("##" + c for c in "abcdefghijklmnopqrstuvwxyzé1"), "the", "cat", "The", "Cat", "##ing"]
    made = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token=unk))
    made.normalizer = normalizers.BertNormalizer(clean_text=r.random() < 0.95, lowercase=r.random() < 0.5, strip_accents=r.choice([None, True, False]), handle_chinese_chars=r.random() < 0.8)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer() if r.random() < 0.95 else pre_tokenizers.WhitespaceSplit()
    made.decoder = decoders.WordPiece()
    return made


def byte_pairs(r: random.Random) -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: i for i, token in enumerate([*ROBERTA, *alphabet, "th", "the", "\u0120c", "\u0120ca"])}
    made = Tokenizer(models.BPE(vocab, [("t", "h"), ("th", "e"), ("\u0120", "c"), ("\u0120c", "a")], unk_token=r.choice([None, "<unk>"])))
    prefix = r.random() < 0.5
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=prefix)
    return made


def unigrams(r: random.Random) -> Tokenizer:
    tokens = [*ROBERTA[:4], *"abcdefghijklmnopqrstuvwxyzTCZEMS,.[]<>/1", "\u2581the", "\u2581The", "\u2581", "cat", "sat"]
    made = Tokenizer(models.Unigram([(token, -float(i % 7) - 1) for i, token in enumerate(tokens)] + [("<mask>", 0.0)], unk_id=3))
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="always")
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace]) if r.random() < 0.8 else metaspace
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)])
    return made


def class_folder(r: random.Random) -> dict[str, str]:
    """A `tokenizer.json` and a class that changes it by the options of `tokenizer_config.json`."""
    kind = r.choice([*BERT_CLASSES, "Bert", "Bert", "MPNet", "Roberta", "Roberta", "XLMRoberta", "PreTrained", "PreTrained"])
    config = {"tokenizer_class": f"{kind}Tokenizer{'Fast' if kind == 'PreTrained' else r.choice(['', 'Fast'])}"}
    names = ROBERTA if kind in ("MPNet", "Roberta", "XLMRoberta") else SPECIAL
    if kind == "Roberta":
        made = byte_pairs(r)
    elif kind == "XLMRoberta":
        made = unigrams(r)
        config["tokenizer_class"] = "XLMRobertaTokenizerFast"  # version 4 reads the other with sentencepiece alone
    else:
        made = word_pieces(r, names, "[UNK]")
        cls, sep = (names[0], names[2]) if kind == "MPNet" else ("[CLS]", "[SEP]")
        ids = [(sep, made.token_to_id(sep)), (cls, made.token_to_id(cls))]
        twice = r.random() < (0.8 if kind == "MPNet" else 0.1)
        bert = r.choice([processors.BertProcessing(*ids), processors.TemplateProcessing(f"{cls} $A {sep}", f"{cls} $A {sep} $B:1 {sep}:1", ids)])
        made.post_processor = processors.RobertaProcessing(*ids, add_prefix_space=False) if twice else bert
    for key in ("do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space", "trim_offsets", "clean_up_tokenization_spaces"):
        if r.random() < 0.3:
            config[key] = r.random() < 0.5
    if kind == "PreTrained" or r.random() < 0.3:
        config["model_input_names"] = ["input_ids", *(["token_type_ids"] if r.random() < 0.5 else []), "attention_mask"]
    if kind == "PreTrained":
        config |= {f"{name[1:-1].lower()}_token": name for name in SPECIAL if r.random() < 0.8}
    if r.random() < 0.3:
        config["additional_special_tokens"] = [r.choice(TOKENS[:3])]
    listed = [token for token in [*SPECIAL, *ROBERTA] if made.token_to_id(token) is not None]
    made.add_special_tokens([AddedToken(token, normalized=False, special=True, lstrip=token == "<mask>" and kind != "PreTrained") for token in listed])
    if r.random() < 0.3:
        made.enable_padding(direction=r.choice(["left", "right"]), pad_token=names[0 if names is SPECIAL else 1], pad_id=0 if names is SPECIAL else 1)
    if r.random() < 0.3:
        made.enable_truncation(6, direction=r.choice(["left", "right"]))
    return {"tokenizer.json": made.to_str(), "tokenizer_config.json": json.dumps(config, ensure_ascii=False)}


def facts(files: dict[str, str], texts: list[str]) -> dict:
    """What transformers makes of a folder: ids, a pair with its types, padded and cut texts, special tokens, a text."""
    with tempfile.TemporaryDirectory() as path:
        for name, text in files.items():
            with open(f"{path}/{name}", "w") as file:
                file.write(text)
        with open(f"{path}/config.json", "w") as file:
            file.write('{"model_type": "bert"}')
        made = AutoTokenizer.from_pretrained(path)
        ids = [made(text)["input_ids"] for text in texts]
        pair = made(texts[0], texts[1], return_offsets_mapping=True)
        try:
            padded = made(texts[:3], padding=True)["input_ids"]
        except ValueError:
            padded = None
        return {
            "ids": ids,
            "pair": [pair["input_ids"], pair.get("token_type_ids", [0] * len(pair["input_ids"]))],
            "offsets": pair["offset_mapping"],
            "padded": padded,
            "cut": made(texts[2], truncation=True, max_length=5)["input_ids"],
            "special": made.all_special_ids,
            "decoded": [made.decode(each) for each in ids[:4]],
            "size": len(made),
        }


def write(out: str, data: dict) -> None:
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def main() -> None:
    if sys.argv[1] == "--again":
        data = json.loads(gzip.open(sys.argv[2]).read())
        agreed = []
        for number, case in enumerate(data["cases"]):
            try:
                again = json.loads(json.dumps(facts(case["files"], data["texts"])))
            except Exception as error:
                again = {"error": repr(error)[:200]}
            own = () if tokenizers.__version__ == data["tokenizers"] else ("offsets", "decoded")
            wrong = [name for name, value in again.items() if value != case.get(name) and name not in own]
            if not wrong:
                agreed.append(case)
            else:
                hidden = ("vocab.txt", "tokenizer.json")
                print(number, "differs in", wrong, json.dumps({k: v for k, v in case["files"].items() if k not in hidden})[:600])
                if "tokenizer.json" in case["files"]:
                    agreed.append(case | {"differs": wrong})
        data["cases"], data["also"] = agreed, transformers.__version__
        write(sys.argv[3], data)
        return
    count, length, out, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    r = random.Random(seed)
    texts = [" ".join(r.choice(WORDS) for _ in range(r.randint(1, 8))) for _ in range(length)]
    cases = []
    while len(cases) < count:
        files = class_folder(r) if len(cases) % 2 else folder(r)
        try:
            cases.append({"files": files, **facts(files, texts)})
        except Exception as error:
            print("transformers fails:", repr(error)[:200], file=sys.stderr)
    data = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "seed": seed, "texts": texts, "cases": cases}
    write(out, data)


main()
