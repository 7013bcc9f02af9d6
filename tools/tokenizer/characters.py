"""Writes src/text/bert/characters.ts: which characters PyPI's `tokenizers` treats how in BERT's pipeline.

Every Unicode character is put through the library itself, so the tables hold what it does, whatever it should do.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python tools/tokenizer/characters.py > src/text/bert/characters.ts
"""

import unicodedata

import tokenizers
from character_tables import CHARACTERS, ranges, table
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

OFF = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
clean = BertNormalizer(**{**OFF, "clean_text": True}).normalize_str
spaced = BertNormalizer(**{**OFF, "handle_chinese_chars": True}).normalize_str
stripped = BertNormalizer(**{**OFF, "strip_accents": True}).normalize_str
decomposed = NFD().normalize_str
split = BertPreTokenizer().pre_tokenize_str


def put(name: str, doc: str, entries: list[str]) -> None:
    print(table(name, doc, entries), end="")


def moves(character: str) -> bool:
    """Whether canonical ordering moves the character past another mark, so that its class is not 0."""
    marks = ["\u0334", "\u0301", "\u0345"]  # classes 1, 230 and 240
    return any(decomposed("a" + x + y) != "a" + x + y for m in marks for x, y in [(m, character), (character, m)])


def classes() -> list[str]:
    of: dict[int, list[str]] = {}
    for character in CHARACTERS:
        if decomposed(character) == character and moves(character):
            of.setdefault(unicodedata.combining(character), []).append(character)
    assert 0 not in of
    return [entry for kind in sorted(of) for entry in [f"{kind}:", *ranges(of[kind])]]


print(f"""\
/**
 * The character classes of PyPI's `tokenizers` in BERT's pipeline, as ranges of hexadecimal code points. That library
 * uses several old versions of Unicode, while a JavaScript engine updates its own, so the tables are fixed here. Made
 * by tools/tokenizer/characters.py from tokenizers {tokenizers.__version__}.
 */""")
put("DROPPED", "Control characters and the like, which cleaning removes.", ranges([c for c in CHARACTERS if clean(c) == ""]))
put("CHINESE", "Characters that stand as words of their own.", ranges([c for c in CHARACTERS if spaced(c) != c]))
put("PUNCTUATION", "Punctuation, each a word of its own.", ranges([c for c in CHARACTERS if len(split("a" + c + "a")) == 3]))
put("DECOMPOSED", "Characters that canonical decomposition changes.", ranges([c for c in CHARACTERS if decomposed(c) != c]))
put(
    "ACCENTS",
    "Nonspacing marks, which stripping accents removes.",
    ranges([c for c in CHARACTERS if decomposed(c) == c and stripped("a" + c) == "a"]),
)
put("COMBINING_CLASSES", "Each combining class with a colon, and the marks of that class; all others are of class 0.", classes())
