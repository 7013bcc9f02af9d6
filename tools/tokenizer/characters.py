"""Writes src/text/bert/characters.ts: which characters PyPI's `tokenizers` treats how in BERT's pipeline.

Every Unicode character is put through the library itself, so the tables hold what it does, whatever it should do.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python tools/tokenizer/characters.py > src/text/bert/characters.ts
"""

import textwrap
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

OFF = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
clean = BertNormalizer(**{**OFF, "clean_text": True}).normalize_str
spaced = BertNormalizer(**{**OFF, "handle_chinese_chars": True}).normalize_str
stripped = BertNormalizer(**{**OFF, "strip_accents": True}).normalize_str
decomposed = NFD().normalize_str
split = BertPreTokenizer().pre_tokenize_str

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def moves(character: str) -> bool:
    """Whether canonical ordering moves the character past another mark, so that its class is not 0."""
    marks = ["\u0334", "\u0301", "\u0345"]  # classes 1, 230 and 240
    return any(decomposed("a" + x + y) != "a" + x + y for m in marks for x, y in [(m, character), (character, m)])


def ranges(characters: list[str]) -> list[str]:
    found: list[list[int]] = []
    for code in map(ord, characters):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return [f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in found]


def table(name: str, doc: str, entries: list[str]) -> None:
    print(f"\n/** {doc} */\nexport const {name} = `")
    print(textwrap.fill(" ".join(entries), 118, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    print("`;")


def classes() -> list[str]:
    of: dict[int, list[str]] = {}
    for character in CHARACTERS:
        if decomposed(character) == character and moves(character):
            of.setdefault(unicodedata.combining(character), []).append(character)
    assert 0 not in of
    return [entry for kind in sorted(of) for entry in [f"{kind}:", *ranges(of[kind])]]


print(f"""\
/**
 * Which characters PyPI's `tokenizers` treats how in BERT's pipeline, as ranges of hexadecimal code points. Its tables
 * are of several old versions of Unicode, while those of a JavaScript engine move on: these stay. Made by
 * tools/tokenizer/characters.py from tokenizers {tokenizers.__version__}.
 */""")
table("DROPPED", "Control characters and the like, which cleaning removes.", ranges([c for c in CHARACTERS if clean(c) == ""]))
table("CHINESE", "Characters that stand as words of their own.", ranges([c for c in CHARACTERS if spaced(c) != c]))
table("PUNCTUATION", "Punctuation, each a word of its own.", ranges([c for c in CHARACTERS if len(split("a" + c + "a")) == 3]))
table("DECOMPOSED", "Characters that canonical decomposition changes.", ranges([c for c in CHARACTERS if decomposed(c) != c]))
table(
    "ACCENTS",
    "Nonspacing marks, which stripping accents removes.",
    ranges([c for c in CHARACTERS if decomposed(c) == c and stripped("a" + c) == "a"]),
)
table("COMBINING_CLASSES", "Each combining class with a colon, and the marks of that class; all others are of class 0.", classes())
