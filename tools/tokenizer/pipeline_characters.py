"""Writes characters.ts and regex_characters.ts: character classes of PyPI's `tokenizers` outside BERT's pipeline.

Every Unicode character is put through the library itself, so the tables hold what it does, whatever it should do.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python tools/tokenizer/pipeline_characters.py src/text/pipeline
"""

import sys
import unicodedata

import tokenizers
from character_tables import CHARACTERS, ranges, table
from tokenizers import Regex
from tokenizers.normalizers import NFC, NFD, NFKD, StripAccents
from tokenizers.pre_tokenizers import Digits, Split, Whitespace

canonical = NFD().normalize_str
compatible = NFKD().normalize_str
composed = NFC().normalize_str
stripped = StripAccents().normalize_str
numbers = Digits().pre_tokenize_str
words = Whitespace().pre_tokenize_str


def onig(pattern: str) -> list[str]:
    """The characters that match a pattern of the library's regular expressions (Oniguruma)."""
    split = Split(Regex(pattern), "isolated").pre_tokenize_str
    return [c for c in CHARACTERS if len(split("\0" + c + "\0")) == 3]


def write(name: str, tables: list[str]) -> None:
    with open(f"{sys.argv[1]}/{name}", "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(tables))


for c in CHARACTERS:
    if canonical(c) != c:
        assert canonical(c) == unicodedata.normalize("NFD", c), hex(ord(c))
        assert (composed(canonical(c)) == c) == (unicodedata.normalize("NFC", c) == c), hex(ord(c))
    if compatible(c) != c:
        assert compatible(c) == unicodedata.normalize("NFKD", c), hex(ord(c))

HEAD = f"""\
/**
 * Character classes of PyPI's `tokenizers` outside BERT's pipeline, as ranges of hexadecimal code points. That library
 * uses several versions of Unicode, while a JavaScript engine updates its own, so the tables are fixed here. Made by
 * tools/tokenizer/pipeline_characters.py from tokenizers {tokenizers.__version__}.
 */
"""
write("characters.ts", [
    table("COMPATIBLE", "Characters that compatible decomposition changes, and canonical does not.", ranges([c for c in CHARACTERS if compatible(c) != c and canonical(c) == c])),
    table("MARKS", "Marks, which StripAccents removes.", ranges([c for c in CHARACTERS if stripped(c) == ""])),
    table("NUMERIC", "Characters that Digits takes for digits.", ranges([c for c in CHARACTERS if len(numbers("a" + c + "a")) == 3])),
    table("WORD", "Characters of words, for Whitespace.", ranges([c for c in CHARACTERS if len(words("a" + c + "a")) == 1])),
])
letters, digits = onig(r"\p{L}"), onig(r"\p{N}")
write("regex_characters.ts", [
    table("LETTERS", "Letters in regular expressions.", ranges(letters)),
    table("NUMBERS", "Numbers in regular expressions.", ranges(digits)),
    table("SPACES", "White space in regular expressions.", ranges(onig(r"\s"))),
    table("REGEX_WORD", "Word characters in regular expressions.", ranges(onig(r"\w"))),
    table("DIGITS", "Decimal digits in regular expressions.", ranges(onig(r"\d"))),
    table("REGEX_PUNCTUATION", "Punctuation in regular expressions.", ranges(onig(r"\p{P}"))),
])
