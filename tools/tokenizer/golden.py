"""Writes what PyPI's `tokenizers` makes of the random texts of tests/text/random_texts.ts.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3
    deno run tools/tokenizer/texts.ts | venv/bin/python tools/tokenizer/golden.py

`random.json.gz`: ids, offsets and words under several settings of the normaliser. Offsets are, for each token, the gap to
the token before it and its length, in UTF-16 units.
`characters.json`: under the same settings, hashes of the words of texts `a?b a?b a?b` with every character there is for a
question mark, 4096 in each.
`options.json.gz`: truncation, padding and overflow.
"""

import gzip
import hashlib
import itertools
import json
import platform
import random
import sys
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer
from tokenizers.decoders import WordPiece as WordPieceDecoder
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

FOLDER = Path(__file__).parents[2] / "tests/golden/text"
MADE_WITH = {"tokenizers": tokenizers.__version__, "python": platform.python_version()}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

USUAL = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
SETTINGS = [  # each with every how many texts it is tried on
    (1, USUAL),
    (10, {**USUAL, "lowercase": False}),
    (10, {**USUAL, "strip_accents": False, "handle_chinese_chars": False}),
    (10, {**USUAL, "clean_text": False, "strip_accents": True, "lowercase": False}),
]


def tokenizer(settings: dict) -> Tokenizer:
    lines = (FOLDER / "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = {piece: number for number, piece in enumerate(lines[:-1])}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = BertNormalizer(**settings)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    made.decoder = WordPieceDecoder(prefix="##", cleanup=True)
    made.add_special_tokens(SPECIAL)
    return made


def units(text: str) -> list[int]:
    """The UTF-16 index of each character, and the length."""
    return [0, *itertools.accumulate(2 if ord(character) > 0xFFFF else 1 for character in text)]


def random_encodings(texts: list[str], settings: dict) -> list:
    encodings = []
    for text, encoding in zip(texts, tokenizer(settings).encode_batch(texts, add_special_tokens=False)):
        unit, offsets, done = units(text), [], 0
        for start, end in encoding.offsets:
            offsets += [unit[start] - done, unit[end] - unit[start]]
            done = unit[end]
        encodings.append([encoding.ids, offsets, encoding.word_ids])
    return encodings


def part(encoding: "tokenizers.Encoding", texts: list[str]) -> dict:
    of = [units(text) for text in texts]
    offsets = [
        [0, 0] if special or not mask else [of[sequence or 0][start], of[sequence or 0][end]]
        for (start, end), sequence, special, mask in zip(
            encoding.offsets, encoding.sequence_ids, encoding.special_tokens_mask, encoding.attention_mask
        )
    ]
    return {
        "input_ids": encoding.ids,
        "token_type_ids": encoding.type_ids,
        "attention_mask": encoding.attention_mask,
        "special_tokens_mask": encoding.special_tokens_mask,
        "offset_mapping": offsets,
        "word_ids": encoding.word_ids,
    }


def option_cases(texts: list[str]) -> list[dict]:
    choose = random.Random(20230104)
    made = tokenizer(USUAL)
    cases = []
    while len(cases) < 150:
        text, *others = choose.sample(texts, choose.choice([1, 2, 2]))
        pair = [text, *filter(None, others)]  # transformers takes an empty second text for none
        framed = choose.random() < 0.8
        max_length = choose.randint(3, 24)
        room = max_length - (len(pair) + 1 if framed else 0)
        options = {
            "add_special_tokens": framed,
            "truncation": choose.choice(["longest_first", "longest_first", "only_first", "only_second"]),
            "truncation_side": choose.choice(["left", "right"]),
            "max_length": max_length,
            "stride": choose.choice([0, 0, *range(1, min(4, room))]),  # a stride without room is an error here
            "padding": choose.choice([False, True, "max_length"]),
            "padding_side": choose.choice(["left", "right"]),
        }
        made.enable_padding(
            direction=options["padding_side"],
            pad_id=made.token_to_id("[PAD]"),
            length=options["max_length"] if options["padding"] == "max_length" else None,
        )
        if not options["padding"]:
            made.no_padding()
        try:
            made.enable_truncation(
                options["max_length"],
                stride=options["stride"],
                strategy=options["truncation"],
                direction=options["truncation_side"],
            )
            encoding = made.encode(*pair, add_special_tokens=framed)
        except BaseException:  # too short for its stride or for what must stay, which Rust reports as a panic
            continue
        parts = [part(each, pair) for each in [encoding, *encoding.overflowing]]
        if len(parts) > 12:
            continue
        cases.append({"texts": pair, "options": options, "parts": parts})
    return cases


def character_hashes(settings: dict) -> list[str]:
    normalize, split = BertNormalizer(**settings).normalize_str, BertPreTokenizer().pre_tokenize_str
    hashes = []
    for block in range(0, 0x110000, 4096):
        codes = [code for code in range(block, block + 4096) if not 0xD800 <= code < 0xE000]
        text = " ".join(f"a{chr(code)}b" for code in codes)
        words = " ".join(word for word, _ in split(normalize(text)))
        hashes.append(hashlib.sha256(words.encode()).hexdigest()[:12])
    return hashes


def write(name: str, value: dict) -> None:
    text = json.dumps({"made_with": MADE_WITH, **value}, ensure_ascii=False, separators=(",", ":"))
    path = FOLDER / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    else:
        path.write_text(text + "\n", encoding="utf-8")


given = json.load(sys.stdin)
runs = [
    {"every": every, "normalizer": settings, "encodings": random_encodings(given["texts"][::every], settings)}
    for every, settings in SETTINGS
]
write("random.json.gz", {"seed": given["seed"], "runs": runs})
write("options.json.gz", {"cases": option_cases(given["sentences"])})
blocks = [{"normalizer": settings, "hashes": character_hashes(settings)} for _, settings in SETTINGS]
write("characters.json", {"blocks": blocks})
