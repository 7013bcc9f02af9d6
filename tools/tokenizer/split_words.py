"""Makes tests/golden/text/split_words.json: word pieces and labels of sentences whose words are given, by PyPI's
tokenizers (is_pretokenized), for the tokenizer of the shipped model. A label is the number of its word; the first piece
of a word has it, the others have -100, as Hugging Face's examples of token classification do.

pip install tokenizers==0.22.2 numpy==1.26.4 && python3 tools/tokenizer/split_words.py
"""

import json
from pathlib import Path

import tokenizers

ROOT = Path(__file__).parents[2]
ODD = [
    ["[MASK]", "don't", "U.S.A.", "New York", "naïve-ish", "日本語"],
    ["\u0301a", "a\u0301", "[UNK]x", "\u200b", "\u00ad", "x\u200by"],
    ["ﬁne", "ẞ", "İ", "Å", "e\u0301\u0323", "…", "a\u00a0b"],
    ["https://example.org/a?b=c", "3.14", "10,000", "#", "-DOCSTART-", "'s"],
    ["\u200b"],
    ["tetrahydrocannabinol", "x" * 101, "🤗", "👩‍👩‍👧", "ภาษาไทย", "한국어"],
]


def main():
    tokenizer = tokenizers.Tokenizer.from_file(str(ROOT / "examples/models/wordnet/mlm/tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lines = (ROOT / "bench/texts.txt").read_text("utf-8").strip().split("\n")
    sentences = []
    for words in ODD + [line.split() for line in lines[:20]]:
        encoding = tokenizer.encode(words, is_pretokenized=True)
        labels = [
            -100 if word is None or word == before else word
            for word, before in zip(encoding.word_ids, [None, *encoding.word_ids])
        ]
        sentences.append({"words": words, "ids": encoding.ids, "labels": labels})
    origin = json.dumps(f"tools/tokenizer/split_words.py, tokenizers {tokenizers.__version__}")
    lines = ",\n".join(json.dumps(sentence, ensure_ascii=False) for sentence in sentences)
    path = ROOT / "tests/golden/text/split_words.json"
    path.write_text(f'{{"origin": {origin}, "sentences": [\n{lines}\n]}}\n', "utf-8")


main()
