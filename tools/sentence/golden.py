"""What sentence-transformers makes of folders of every kind: writes tests/golden/sentence/.

pip install sentence-transformers; python tools/sentence/golden.py

The folders share one small random BERT, in base/, and a classifier of its kind, in ranker/. What differs between them, and
what sentence-transformers computes after loading them, is in folders.json.gz.
"""

import base64
import gzip
import json
import os
import shutil
import sys
import tempfile

import numpy
import safetensors
import safetensors.torch
import sentence_transformers
import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers import BertConfig, BertForSequenceClassification, BertModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "golden", "sentence")
WIDTH = 18
WORDS = "the a large small cat dog tiger king queen of and is ! , . : query passage Cat".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + [
    piece for letter in "abcdefghijklmnopqrstuvwxyzCD" for piece in (letter, f"##{letter}") if piece not in WORDS
]
TEXTS = ["the large cat", "A KING, and the queen of a dog!", "tiger", "the small dog is a large cat and the king is a queen"]
OLD = "sentence_transformers.models."
NEW = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Dense": "sentence_transformers.base.modules.dense.Dense",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    "LayerNorm": "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
    "Dropout": "sentence_transformers.sentence_transformer.modules.dropout.Dropout",
}
FLAGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
ALL = list(FLAGS)
torch.manual_seed(11)


def flags(*modes, **more):
    return {"word_embedding_dimension": WIDTH, **{flag: mode in modes for mode, flag in FLAGS.items()}, **more}


def named(*modes, **more):
    mode = modes[0] if len(modes) == 1 else list(modes)
    return {"embedding_dimension": WIDTH, "pooling_mode": mode, "include_prompt": True, **more}


def weights(**shapes):
    return {name: torch.randn(*shape) * 0.5 for name, shape in shapes.items()}


def dense(inputs, outputs, activation="torch.nn.modules.activation.Tanh", bias=True, residual=False, file="safetensors",
          **names):
    config = {"in_features": inputs, "out_features": outputs, "bias": bias, **names}
    if activation is not None:
        config["activation_function"] = activation
    if residual:
        config["use_residual"] = True
    tensors = weights(**{"linear.weight": (outputs, inputs)})
    if bias:
        tensors |= weights(**{"linear.bias": (outputs,)})
    if residual and inputs != outputs:
        tensors |= weights(**{"residual.weight": (outputs, inputs)})
    return "Dense", config, tensors, file


def layer_norm(size):
    return "LayerNorm", {"dimension": size}, weights(**{"norm.weight": (size,), "norm.bias": (size,)}), "safetensors"


NORMALIZE = ("Normalize", None, None, None)
DROPOUT = ("Dropout", {"dropout": 0.3}, None, None)
LINEAR = "torch.nn.modules.linear.Identity"
ACTIVATIONS = "ReLU ReLU6 GELU Sigmoid SiLU Mish Softplus Softsign LogSigmoid LeakyReLU ELU CELU SELU Hardtanh " \
    "Hardsigmoid Hardswish Tanhshrink Softshrink Hardshrink"
CASED = {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "model_max_length": 32}
MASKED = {"mask": "The [MASK] Cat of ", "small": "A [mask] KING: ", "two": "[MASK][SEP]Cat[CLS] "}
ENDS = {"word": "the king ", "mask": "the king [MASK] ", "unknown": "the king \u03a9 "}
LOWER = {"max_seq_length": 9, "do_lower_case": True}
TOKENS = {"module_input_name": "token_embeddings"}
NORMALIZE_TOKENS = ("Normalize", TOKENS, None, None)
PLACES = {"subfolder": "x", "revision": "x", "cache_dir": "x", "local_files_only": True, "token": "x",
          "trust_remote_code": False}
MODEL = {**PLACES, "attn_implementation": "eager", "low_cpu_mem_usage": True, "use_safetensors": True,
         "add_pooling_layer": False}
TOKENIZER = {**PLACES, "use_fast": False, "clean_up_tokenization_spaces": False, "padding_side": "right"}
HARMLESS = {
    "model_args": {**MODEL, "torch_dtype": "auto"},
    "model_kwargs": {**MODEL, "dtype": "float32"},
    "tokenizer_args": TOKENIZER,
    "processor_kwargs": TOKENIZER,
    "config_args": {**PLACES, "attn_implementation": "eager"},
    "config_kwargs": PLACES,
    "processing_kwargs": {
        "text": {"padding": "max_length", "truncation": True, "add_special_tokens": True},
        "common": {"return_tensors": "pt"}, "audio": {"padding": False}, "image": {"a": 1}, "video": {}, "chat_template": {},
    },
    "unpad_inputs": False,
}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 32, "unk_token": "[UNK]", "sep_token": "[SEP]",
        "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}


def bare(lowercase):
    """A tokenizer.json that adds no special tokens."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "post_processor": None, "added_tokens": [
            {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for i, token in enumerate(VOCABULARY[:5])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {token: i for i, token in enumerate(VOCABULARY)}},
    }


BARE, BARE_CASED = bare(True), bare(False)
PROMPTS = {"query": "query: ", "passage": "Passage of the king, ", "none": ""}


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf8") as file:
        json.dump(value, file)


def write_folder(folder, pooling, further=(), before=(), old=True, transformer="", slash="", settings=None, bert=None,
                 tokenizer=None, more=()):
    """Writes all but the files of the Transformer, which it copies."""
    class_of = (lambda kind: OLD + kind) if old else NEW.__getitem__
    others = [(kind, f"{i + 2}_{kind}") for i, (kind, *_) in enumerate([*before, *further])]
    modules = [("Transformer", transformer), *others[:len(before)], ("Pooling", "1_Pooling"), *others[len(before):]]
    write_json(f"{folder}/modules.json", [
        {"idx": i, "name": str(i), "path": path + (slash if path else ""), "type": class_of(kind)}
        for i, (kind, path) in enumerate(modules)
    ])
    write_json(f"{folder}/1_Pooling/config.json", pooling)
    for (kind, config, tensors, file), (_, path) in zip([*before, *further], others):
        if config is not None:
            write_json(f"{folder}/{path}/config.json", config)
        if tensors is not None and file == "safetensors":
            safetensors.torch.save_file(tensors, f"{folder}/{path}/model.safetensors")
        elif tensors is not None:
            torch.save(tensors, f"{folder}/{path}/pytorch_model.bin")
    if settings is not None:
        write_json(f"{folder}/config_sentence_transformers.json", settings)
    inside = os.path.join(folder, transformer)
    if bert is not None:
        write_json(f"{inside}/sentence_bert_config.json", bert)
    for file, values in dict(more).items():
        write_json(f"{inside}/{file}", values)
    if transformer:
        write_json(f"{folder}/config.json", {"__version__": "0.3.8"})
    if tokenizer is not None:
        write_json(f"{inside}/tokenizer_config.json", tokenizer)
    copy_base(inside, "base")


def copy_base(folder, base):
    for file in sorted(os.listdir(f"{HERE}/{base}")):
        target = f"{folder}/{file}"
        if not os.path.exists(target):
            os.makedirs(folder, exist_ok=True)
            shutil.copy(f"{HERE}/{base}/{file}", target)


FOLDERS = {
    **{f"named-{mode}": dict(pooling=named(mode), old=False) for mode in ALL},
    **{f"flag-{mode}": dict(pooling=flags(mode)) for mode in ALL},
    "flags-all": dict(pooling=flags(*ALL)),
    "flags-two": dict(pooling=flags("mean", "cls")),
    "flags-none": dict(pooling=flags()),
    "named-several": dict(pooling=named("lasttoken", "mean", "max"), old=False),
    "named-both-kinds": dict(pooling={**flags("cls"), "pooling_mode": "max"}),
    "subfolder": dict(pooling=flags("mean"), transformer="0_Transformer", slash="/", bert={"max_seq_length": 12}),
    "normalize": dict(pooling=flags("mean"), further=[NORMALIZE]),
    "normalize-named": dict(pooling=named("cls"), old=False, further=[
        ("Normalize", {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}, None, None)
    ]),
    "dense": dict(pooling=flags("mean"), further=[dense(WIDTH, 7)]),
    "dense-linear": dict(pooling=named("cls"), old=False, further=[dense(WIDTH, 24, LINEAR, bias=False)]),
    "dense-default": dict(pooling=flags("max"), further=[dense(WIDTH, 5, None)]),
    "dense-bin": dict(pooling=flags("cls"), further=[dense(WIDTH, 6, file="bin"), NORMALIZE]),
    "dense-residual": dict(pooling=named("mean"), old=False, further=[dense(WIDTH, WIDTH, residual=True)]),
    "dense-projected": dict(pooling=named("mean"), old=False, further=[dense(WIDTH, 9, LINEAR, residual=True)]),
    "dense-of-several": dict(pooling=flags("mean", "max"), further=[dense(2 * WIDTH, 8, "torch.nn.GELU"), NORMALIZE]),
    "layer-norm": dict(pooling=flags("mean_sqrt_len_tokens"), further=[layer_norm(WIDTH), NORMALIZE]),
    "normalize-first": dict(pooling=flags("weightedmean"), further=[NORMALIZE, dense(WIDTH, 10)]),
    "many-modules": dict(pooling=named("mean"), old=False, further=[
        dense(WIDTH, 12), layer_norm(12), DROPOUT, dense(12, 11, LINEAR), NORMALIZE,
    ]),
    **{f"activation-{name}": dict(pooling=flags("mean"), further=[dense(WIDTH, 6, f"torch.nn.modules.activation.{name}")])
       for name in ACTIVATIONS.split()},
    "prompts": dict(pooling=flags("mean"), settings={"prompts": PROMPTS, "default_prompt_name": None}),
    "default-prompt": dict(pooling=flags("cls", "mean"), settings={"prompts": PROMPTS, "default_prompt_name": "query"}),
    **{f"no-prompt-{mode}": dict(
        pooling=named(mode, include_prompt=False), old=False, settings={"prompts": PROMPTS, "default_prompt_name": "passage"},
    ) for mode in ALL},
    "no-prompt-flags": dict(
        pooling=flags(*ALL, include_prompt=False), settings={"prompts": PROMPTS, "default_prompt_name": "query"},
    ),
    "dot": dict(pooling=flags("mean"), settings={"similarity_fn_name": "dot"}),
    "euclidean": dict(pooling=flags("mean"), further=[dense(WIDTH, 7)], settings={"similarity_fn_name": "euclidean"}),
    "manhattan": dict(pooling=flags("cls"), settings={"similarity_fn_name": "manhattan", "prompts": {}}),
    "truncated": dict(pooling=named("mean"), old=False, settings={"similarity_fn_name": "cosine", "truncate_dim": 5}),
    "truncated-unit": dict(pooling=named("mean"), old=False, further=[NORMALIZE], settings={"truncate_dim": 7}),
    "truncated-beyond": dict(pooling=named("mean"), old=False, further=[dense(WIDTH, 4)], settings={"truncate_dim": 7}),
    "longest": dict(pooling=flags("lasttoken", "mean"), bert={"max_seq_length": 6, "do_lower_case": False}),
    "cased": dict(pooling=flags("mean"), tokenizer=CASED, bert={"max_seq_length": 20, "do_lower_case": False}),
    "lower-case": dict(pooling=flags("mean"), tokenizer=CASED, bert={"max_seq_length": None, "do_lower_case": True}),
    "lower-case-mask": dict(pooling=flags("mean"), tokenizer=CASED, bert={"do_lower_case": True},
                            settings={"prompts": MASKED}),
    "lower-case-uncased": dict(pooling=flags("mean"), bert={"do_lower_case": True}, settings={"prompts": MASKED}),
    "lower-case-no-prompt": dict(pooling=named("mean", "lasttoken", include_prompt=False), tokenizer=CASED,
                                 bert={"do_lower_case": True}, settings={"prompts": MASKED}),
    "limit-beyond-tokenizer": dict(pooling=flags("mean"), tokenizer={**CASED, "model_max_length": 4},
                                   bert={"max_seq_length": 8}),
    "limit-of-tokenizer": dict(pooling=flags("mean"), tokenizer={**CASED, "model_max_length": 5}, bert={}),
    "limit-argument": dict(pooling=flags("mean"), bert={"max_seq_length": 4, "tokenizer_args": {"model_max_length": 9}}),
    "limit-of-calls": dict(pooling=flags("mean"), bert={"max_seq_length": 9, "processing_kwargs": {"text": {"max_length": 6}}}),
    "limit-common": dict(pooling=flags("mean"), bert={"processing_kwargs": {
        "common": {"max_length": 7}, "text": {"max_length": 6}}}),
    **{f"legacy-{kind}": dict(pooling=flags("mean"), more={f"sentence_{kind}_config.json": {"max_seq_length": 5 + i}})
       for i, kind in enumerate(["roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"])},
    "legacy-behind-empty": dict(pooling=flags("mean"), bert={}, more={"sentence_xlnet_config.json": {"max_seq_length": 7}}),
    "legacy-in-subfolder": dict(pooling=flags("mean"), transformer="0_T", more={"sentence_albert_config.json": LOWER}),
    "legacy-behind-other": dict(pooling=flags("mean"), more={"sentence_albert_config.json": {"max_seq_length": 8},
                                                            "sentence_xlnet_config.json": {"max_seq_length": 4}}),
    **{f"arguments-{key}": dict(pooling=flags("mean"), bert={key: values}) for key, values in HARMLESS.items()},
    "tokens-dense": dict(pooling=flags("mean", word_embedding_dimension=7), before=[dense(WIDTH, 7, **TOKENS)]),
    "tokens-normalize": dict(pooling=named("max"), old=False, before=[NORMALIZE_TOKENS], further=[NORMALIZE]),
    "tokens-all": dict(pooling=flags(*ALL, word_embedding_dimension=5),
                       before=[dense(WIDTH, 6, **TOKENS), dense(6, 5, LINEAR, **TOKENS), NORMALIZE_TOKENS]),
    "tokens-no-prompt": dict(pooling=named(*ALL, embedding_dimension=4, include_prompt=False),
                             before=[dense(WIDTH, 4, "torch.nn.GELU", **TOKENS)], further=[dense(4 * len(ALL), 9)],
                             settings={"prompts": PROMPTS, "default_prompt_name": "passage"}),
    "tokens-residual": dict(pooling=flags("cls"), before=[dense(WIDTH, WIDTH, residual=True, file="bin", **TOKENS)]),
    "tokens-unused": dict(pooling=flags("mean"), before=[NORMALIZE], further=[dense(WIDTH, 3, **TOKENS), NORMALIZE_TOKENS]),
    "bare": dict(pooling=flags("mean", "cls", "lasttoken"), tokenizer=FAST, more={"tokenizer.json": BARE}),
    "bare-no-prompt": dict(pooling=named("mean", "cls", include_prompt=False), tokenizer=FAST,
                           more={"tokenizer.json": BARE}, settings={"prompts": ENDS, "default_prompt_name": "word"}),
    "bare-lower-case": dict(pooling=flags("mean", "max"), tokenizer=FAST, more={"tokenizer.json": BARE_CASED},
                            bert={"do_lower_case": True}, settings={"prompts": MASKED}),
}

ROOT = "sentence_transformers"
RANKERS = {
    "default": {},
    "version-4": {"config.json": {ROOT: {"activation_fn": LINEAR, "version": "4.1.0"}}},
    "before-4": {"config.json": {"sbert_ce_default_activation_function": LINEAR}},
    "both": {"config.json": {ROOT: {"activation_fn": "torch.nn.modules.activation.Tanh"},
                             "sbert_ce_default_activation_function": LINEAR}},
}
DROPPED = object()
BERT, OWN = "sentence_bert_config.json", "config_sentence_transformers.json"
SAVED_RANKERS = {
    "saved": {},
    "lower-case": {BERT: {"do_lower_case": True}, "tokenizer_config.json": CASED},
    "limit": {BERT: {"max_seq_length": 8}},
    "limit-argument": {BERT: {"max_seq_length": 8, "processor_kwargs": {"model_max_length": 11}}},
    "arguments": {BERT: {"model_kwargs": {"attn_implementation": "eager"}, "unpad_inputs": True}},
    "other-kind": {BERT: {"max_seq_length": 8}, OWN: {"model_type": DROPPED}},
}


def make_bases():
    sizes = dict(vocab_size=len(VOCABULARY), hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=3,
                 intermediate_size=20, max_position_embeddings=32, initializer_range=0.4, num_labels=1)
    models = {"base": BertModel(BertConfig(**sizes), add_pooling_layer=False),
              "ranker": BertForSequenceClassification(BertConfig(**sizes))}
    for name, model in models.items():
        folder = f"{HERE}/{name}"
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        with open(f"{folder}/vocab.txt", "w", encoding="utf8") as file:
            file.write("\n".join(VOCABULARY) + "\n")
        write_json(f"{folder}/tokenizer_config.json", {**CASED, "do_lower_case": True})


def files_of(folder, base):
    """What a folder has besides the base: JSON as it is, else base64."""
    found = {}
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            whole = os.path.join(path, name)
            with open(whole, "rb") as file:
                data = file.read()
            same = f"{HERE}/{base}/{name}"
            if name.endswith(".md"):
                continue
            relative = os.path.relpath(whole, folder)
            if os.path.exists(same) and open(same, "rb").read() == data:
                found[relative] = {"of": base}
            elif name.endswith(".json"):
                found[relative] = {"json": json.loads(data)}
            else:
                found[relative] = {"base64": base64.b64encode(data).decode()}
    return found


def floats(array):
    return base64.b64encode(numpy.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def calls_of(model):
    """Options as sentence-transformers calls them, and as this project does."""
    width = model.encode("the").shape[0]
    calls = [({}, {})]
    for name in model.prompts:
        if model.prompts[name] or name == "none":
            calls.append(({"prompt_name": name}, {"prompt_name": name}))
    if model.prompts:
        calls.append(({"prompt": "a dog: "}, {"prompt": "a dog: "}))
        calls.append(({"prompt": ""}, {"prompt": ""}))
    calls.append(({"normalize_embeddings": True}, {"normalize": True}))
    cut = max(1, width // 2)
    calls.append(({"truncate_dim": cut}, {"dimensions": cut}))
    calls.append(({"truncate_dim": cut, "normalize_embeddings": True}, {"dimensions": cut, "normalize": True}))
    return calls


# Folders whose options are those of others: they are called once.
BRIEF = ("named", "flag", "activation", "legacy", "arguments", "limit")


def computed(model, name):
    calls = []
    for theirs, ours in calls_of(model)[:1 if name.split("-")[0] in BRIEF else None]:
        embeddings = model.encode(TEXTS, convert_to_numpy=True, **theirs)
        calls.append({"options": ours, "width": embeddings.shape[1], "embeddings": floats(embeddings)})
    embeddings = model.encode(TEXTS)
    similarity = model.similarity(embeddings, embeddings)
    return {"calls": calls, "similarity_fn_name": model.similarity_fn_name, "prompts": model.prompts,
            "default_prompt_name": model.default_prompt_name, "similarity": floats(similarity)}


def main():
    make_bases()
    folders, rankers = {}, {}
    with tempfile.TemporaryDirectory() as root:
        for name, options in FOLDERS.items():
            folder = f"{root}/{name}"
            write_folder(folder, **options)
            folders[name] = {"files": files_of(folder, "base"), **computed(SentenceTransformer(folder, device="cpu"), name)}
        for name in ["default-prompt", "many-modules", "no-prompt-flags"]:  # as this version saves them
            model = SentenceTransformer(f"{root}/{name}", device="cpu")
            model.save_pretrained(f"{root}/saved-{name}")
            os.remove(f"{root}/saved-{name}/tokenizer.json")
            copy_base(f"{root}/saved-{name}", "base")
            again = SentenceTransformer(f"{root}/saved-{name}", device="cpu")
            folders[f"saved-{name}"] = {"files": files_of(f"{root}/saved-{name}", "base"), **computed(again, name)}
        for name, files in RANKERS.items():
            folder = f"{root}/ranker-{name}"
            with open(f"{HERE}/ranker/config.json", encoding="utf8") as file:
                config = json.load(file)
            for file, values in files.items():
                write_json(f"{folder}/{file}", {**config, **values} if file == "config.json" else values)
            copy_base(folder, "ranker")
            model = CrossEncoder(folder, device="cpu")
            scores = model.predict([("the large cat", text) for text in TEXTS])
            rankers[name] = {"files": files_of(folder, "ranker"), "scores": floats(scores)}
        saved = f"{root}/cross-encoder"  # as this version saves one
        CrossEncoder(f"{root}/ranker-before-4", device="cpu", activation_fn=torch.nn.Softplus()).save_pretrained(saved)
        os.remove(f"{saved}/tokenizer.json")
        copy_base(saved, "ranker")
        for name, changed in SAVED_RANKERS.items():
            folder = f"{root}/ranker-{name}"
            shutil.copytree(saved, folder)
            for file, values in changed.items():
                path = f"{folder}/{file}"
                with open(path, encoding="utf8") as stored:
                    values = {**json.load(stored), **values}
                write_json(path, {key: value for key, value in values.items() if value is not DROPPED})
            scores = CrossEncoder(folder, device="cpu").predict([("the large cat", text) for text in TEXTS])
            rankers[name] = {"files": files_of(folder, "ranker"), "scores": floats(scores)}
    result = {
        "versions": {"sentence_transformers": sentence_transformers.__version__, "torch": torch.__version__,
                     "transformers": transformers.__version__},
        "texts": TEXTS, "query": "the large cat", "folders": folders, "rankers": rankers,
    }
    with open(f"{HERE}/folders.json.gz", "wb") as file:
        file.write(gzip.compress(json.dumps(result, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(folders)} folders, {len(rankers)} rankers", file=sys.stderr)


main()
