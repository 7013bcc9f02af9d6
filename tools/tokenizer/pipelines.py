"""Random tokenizers of all parts that a `tokenizer.json` may have, and what PyPI's `tokenizers` makes of random texts.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3 sentencepiece protobuf
    venv/bin/python tools/tokenizer/pipelines.py 300 200 out.json.gz 1     # tokenizers, texts, file, seed

tests/text/pipelines_test.ts reads such a file: the small one in tests/golden/text, or another in its last argument.
"""

import base64
import gzip
import io
import json
import random
import sys

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = """the cat sat on a mat; don't we'll I'm naïve café Ångström coöperate résumé 東京都 北京 서울 한국어 مرحبا שלום
привет Ёлка ΣΟΦΟΣ straße İstanbul ﬁne x² ½ ①Ⅷ ٣٤ 1234 3.14 1,000 C++ a_b foo-bar user@example.com #tag http://a.b/c?d=e
👍 👩‍👩‍👧 e\u0301 o\u0302\u0301 \u1100\u1161\u11a8 ｶﾞ ガ ﷺ \u00a0 \u2003 \u200b \u200d \ufeff \u0085 \t \n \r\n \u2028 \x00 \x07 𝒳𝓎 𠀀 𐐀
¿Qué? «oui» “quote” … — ¡ ₤ € ∑ ≤ → ☃ ▁ ▁▁x <s> </s> <mask> [MASK] [mask] [SEP] <ent> ENT ent Ent tokenization
unbelievable un##x ##ing Ġx ĠĠ ħ क्षि นี้ กำ ạ̈ q̣̇ ά ΐ ẛ̣ ſ ǅ ß ŉ ﬃ ㍿ ㏒ ａｂｃ １２ \ue000 \ufffd \u0378 Ꝋ Ɤ𞤀""".split(" ")

PATTERNS = [r"\s+", r"\w+|[^\w\s]+", r"[^\s]+", r"\d+", r"\d", r"[,.;:!?]", r"\p{L}+|\p{N}+", r"(?<=[a-z])(?=[A-Z])", r" {2,}",
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]|\s+(?!\S)|\s+",
            r"[\p{P}\p{S}]", r"a|e", r"(ab|ca)t?", r"^\s|\s$", r"[^A-Za-z0-9\s]", r"\p{Han}", r"x*", r"[一-龥]", r"\W", r"."]

RULES = "0041\t0061\n00E9\t0065\n0065 0301\t0065\nFB01\t0066 0069\n200B\t\n0020\t2581\n00BD\t0031 2044 0032\n30AB 3099\t30AC\n"


BLOCKS = [(0x80, 0x600), (0x600, 0x1200), (0x1200, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000), (0x10000, 0x11000), (0x1D000, 0x20000)]


def word(r: random.Random) -> str:
    if r.random() < 0.85:
        return r.choice(WORDS)
    first, last = r.choice(BLOCKS)
    return "".join(chr(r.randrange(first, last)) for _ in range(r.randint(1, 4)))


def text(r: random.Random) -> str:
    joined = "".join(word(r) + r.choice([" ", " ", " ", "", "  "]) for _ in range(r.randint(1, 9)))
    return r.choice([joined, joined, joined.strip(), joined.upper(), " " + joined])


def charsmap(tsv: str | None) -> str:
    import sentencepiece
    import tempfile
    model = io.BytesIO()
    more = {}
    if tsv is not None:
        file = tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False)
        file.write(tsv)
        file.close()
        more = {"normalization_rule_tsv": file.name}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the cat sat on the mat", "a dog ran by"] * 20), model_writer=model, vocab_size=40, hard_vocab_limit=False, minloglevel=2, **more)
    from sentencepiece import sentencepiece_model_pb2 as pb
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def pattern(r: random.Random):
    return r.choice([Regex(r.choice(PATTERNS)), Regex(r.choice(PATTERNS)), r.choice([" ", "-", "a", "."])])


def normalizer(r: random.Random, maps: list[str], deep: bool = True):
    n = normalizers
    kinds = [
        n.NFC, n.NFD, n.NFKC, n.NFKD, n.Lowercase, n.StripAccents, n.Nmt, n.ByteLevel if r.random() < 0.3 else n.Lowercase,
        lambda: n.Strip(left=r.random() < 0.7, right=r.random() < 0.7),
        lambda: n.Replace(pattern(r), r.choice([" ", "", "▁", "ab", "é", "𝒳"])),
        lambda: n.Prepend(r.choice(["▁", "ab ", "é"])),
        lambda: n.BertNormalizer(*(r.random() < 0.5 for _ in range(2)), r.choice([None, True, False]), r.random() < 0.5),
        lambda: n.Precompiled(base64.b64decode(r.choice(maps))) if maps else n.NFKC(),
    ]
    if deep and r.random() < 0.5:
        return n.Sequence([normalizer(r, maps, False) for _ in range(r.randint(1, 4))])
    return r.choice(kinds)()


BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]


def pre_tokenizer(r: random.Random, deep: bool = True):
    p = pre_tokenizers
    kinds = [
        p.BertPreTokenizer, p.Whitespace, p.Whitespace, p.WhitespaceSplit,
        lambda: p.Punctuation(r.choice(BEHAVIORS)), lambda: p.Digits(r.random() < 0.5),
        lambda: p.CharDelimiterSplit(r.choice([" ", "-", "a", "é"])),
        lambda: p.Split(pattern(r), r.choice(BEHAVIORS), r.random() < 0.3),
        lambda: p.ByteLevel(r.random() < 0.5, r.random() < 0.5, r.random() < 0.7),
        lambda: p.Metaspace("▁", r.choice(["always", "first", "never"]), r.random() < 0.7),
        lambda: p.FixedLength(r.randint(1, 6)) if hasattr(p, "FixedLength") else p.Whitespace(),
        lambda: p.UnicodeScripts() if r.random() < 0.2 else p.Whitespace(),
    ]
    if deep and r.random() < 0.5:
        return p.Sequence([pre_tokenizer(r, False) for _ in range(r.randint(1, 3))])
    return r.choice(kinds)()


def decoder(r: random.Random, deep: bool = True):
    d = decoders
    kinds = [
        lambda: d.WordPiece(cleanup=r.random() < 0.5), d.ByteLevel, lambda: d.BPEDecoder("</w>"), d.Fuse, d.ByteFallback,
        lambda: d.Metaspace("▁", r.choice(["always", "first", "never"])), lambda: d.CTC("[PAD]", "|", r.random() < 0.5),
        lambda: d.Replace(pattern(r), r.choice([" ", ""])), lambda: d.Strip(r.choice([" ", "a", "▁"]), r.randint(0, 1), 0),
    ]
    if deep and r.random() < 0.3:
        return d.Sequence([decoder(r, False) for _ in range(r.randint(1, 3))])
    return r.choice(kinds)()


def make(r: random.Random, texts: list[str], maps: list[str]) -> Tokenizer:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    kind = r.choice(["WordPiece", "WordPiece", "BPE", "Unigram", "WordLevel"])
    size = r.choice([120, 250, 500])
    if kind == "WordPiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=r.choice([100, 100, 8])))
        trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    elif kind == "BPE":
        more = {"end_of_word_suffix": "</w>"} if r.random() < 0.2 else {"continuing_subword_prefix": "##"} if r.random() < 0.2 else {}
        made = Tokenizer(models.BPE(unk_token=r.choice(["[UNK]", None]), fuse_unk=r.random() < 0.5, byte_fallback=r.random() < 0.4,
                                    ignore_merges=r.random() < 0.2, **more))
        bytes_ = [f"<0x{b:02X}>" for b in range(256)] if r.random() < 0.3 else []
        trainer = trainers.BpeTrainer(vocab_size=size + len(bytes_), special_tokens=special + bytes_, show_progress=False, **more)
    elif kind == "Unigram":
        made = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=special, unk_token="[UNK]", show_progress=False)
    else:
        made = Tokenizer(models.WordLevel(unk_token="[UNK]"))
        trainer = trainers.WordLevelTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    if r.random() < 0.85:
        made.normalizer = normalizer(r, maps)
    if r.random() < 0.9:
        made.pre_tokenizer = pre_tokenizer(r)
    made.train_from_iterator(texts[: len(texts) // 2], trainer)
    if r.random() < 0.9:
        made.decoder = decoder(r)
    made.add_tokens([AddedToken(content, single_word=r.random() < 0.3, lstrip=r.random() < 0.3, rstrip=r.random() < 0.3,
                                normalized=r.random() < 0.5, special=r.random() < 0.3)
                     for content in ["<ent>", "ENT", "<mask>", "cat", "é"] if r.random() < 0.4])
    post = r.randint(0, 5)
    cls, sep = (made.token_to_id(t) or 0 for t in ("[CLS]", "[SEP]"))
    if post == 0:
        made.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    elif post == 1:
        made.post_processor = processors.RobertaProcessing(("[SEP]", sep), ("[CLS]", cls), trim_offsets=r.random() < 0.5, add_prefix_space=r.random() < 0.5)
    elif post == 2:
        made.post_processor = processors.ByteLevel(trim_offsets=r.random() < 0.8)
    elif post == 3:
        made.post_processor = processors.TemplateProcessing(single=r.choice(["[CLS] $A [SEP]", "$A [SEP]", "[CLS]:1 $A:1"]),
                                                            pair=r.choice(["[CLS] $A [SEP] $B:1 [SEP]:1", "$B:2 [SEP] $A:0"]),
                                                            special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    elif post == 4:
        made.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))])
    return made


def is_ambiguous(made: Tokenizer) -> bool:
    """Whether added tokens are the same, or nothing, once they are normalised: the library then takes one at random."""
    forms = [made.normalizer.normalize_str(t.content) if t.normalized and made.normalizer else t.content
             for t in made.get_added_tokens_decoder().values()]
    return "" in forms or len(set(forms)) < len(forms)


def units(text: str) -> list[int]:
    at = [0]
    for c in text:
        at.append(at[-1] + (2 if ord(c) > 0xFFFF else 1))
    return at


def answers(made: Tokenizer, texts: list[str]) -> dict:
    ids, offsets, words, decoded, pairs = [], [], [], [], []
    for index, text in enumerate(texts):
        e, at = made.encode(text), units(text)
        ids.append(e.ids)
        offsets.append([at[min(p, len(at) - 1)] for o in e.offsets for p in o])
        words.append([-1 if w is None else w for w in e.word_ids])
        decoded.append(made.decode(e.ids, skip_special_tokens=index % 2 == 0))
        if index % 10 == 0:
            p = made.encode(text, texts[(index + 1) % len(texts)])
            pairs.append([p.ids, p.type_ids])
    return {"ids": ids, "offsets": offsets, "words": words, "decoded": decoded, "pairs": pairs}


def main() -> None:
    count, length, out, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    r = random.Random(seed)
    maps = [charsmap(RULES)] + ([charsmap(None)] if count > 100 else [])
    texts = [text(r) for _ in range(length)]
    entries, failed = [], 0
    while len(entries) < count:
        try:
            made = make(r, texts + [text(r) for _ in range(100)], maps)
            if is_ambiguous(made):
                continue
            found = answers(made, texts)
        except BaseException as error:  # a panic of the library is no answer
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
            continue
        source = made.to_str()
        for index, each in enumerate(maps):
            source = source.replace(each, f"@{index}")
        entries.append({"json": json.loads(source), **found})
    data = {"tokenizers": tokenizers.__version__, "seed": seed, "charsmaps": maps, "texts": texts, "cases": entries}
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    print(f"{len(entries)} tokenizers; {failed} more that the library itself failed at", file=sys.stderr)


main()
