import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { folderOf, smallModel } from "./folders.ts";
import { type Input, narrowbert } from "./terminals.ts";

const SHIPPED_MLM = fileURLToPath(new URL("../../examples/models/wordnet/mlm/", import.meta.url));

/** Asserts that a command line fails with 1 and one line that matches `message`, and gives what it printed before. */
async function fails(args: string[], message: RegExp, stdin: Input | null = null): Promise<string> {
  const { code, stdout, stderr } = await narrowbert(args, stdin);
  assert.match(stderr, /^narrowbert: [^\n]+\n$/);
  assert.match(stderr, message);
  assert.equal(code, 1);
  return stdout;
}

Deno.test("a text without a mask is named, after the answers to those before it", async () => {
  const message = /^narrowbert: Cannot fill masks in text 2: it must contain "\[MASK\]", got "nothing to fill"\n$/;
  const stdout = await fails(["fill-mask", "--top-k", "1", "a [MASK]", "nothing to fill", "a [MASK]"], message);
  assert.match(stdout, /^\S+ +0\.\d{4} +a \S+\n$/);
});

Deno.test("an empty text that has no answer is named by its line; --skip-empty leaves it out", async () => {
  await fails(["score", ""], /^narrowbert: Cannot score text 1: it must hold a word, got ""\n$/);
  const message = /^narrowbert: standard input:2: Cannot score the text: it must hold a word, got ""\n$/;
  for (const format of ["--json", "--jsonl"]) {
    const stdout = await fails(["score", format], message, "one\n\nthree\n");
    assert.match(stdout, format === "--json" ? /^$/ : /^\{"text":"one",[^\n]*\}\n$/);
    const { code, stdout: all } = await narrowbert(["score", format, "--skip-empty"], "one\n\n \nthree\n");
    assert.equal(code, 0);
    assert.deepEqual(all.match(/"text":"\w*"/g), ['"text":"one"', '"text":"three"']);
  }
});

Deno.test("an empty text is classified and embedded, as in Python, unless --skip-empty", async () => {
  for (const command of ["classify", "embed"]) {
    const { code, stdout, stderr } = await narrowbert([command, "--jsonl"], "one\n\nthree\n");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(stdout.match(/"text":"\w*"/g), ['"text":"one"', '"text":""', '"text":"three"']);
    const { stdout: full } = await narrowbert([command, "--jsonl", "--skip-empty"], "one\n\nthree\n");
    assert.deepEqual(full.match(/"text":"\w*"/g), ['"text":"one"', '"text":"three"']);
  }
});

Deno.test("a text that is too long is named; --truncate cuts it", async () => {
  const long = "person ".repeat(100);
  await fails(["classify", long], /the model takes 96 tokens, got 102 .*; shorten it, or ask for truncation/);
  assert.equal((await narrowbert(["classify", "--truncate", long])).code, 0);
});

Deno.test("files that hold no text are refused, with one error each", async () => {
  const elf = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 3, 0, 0x3e, 0);
  await using folder = await folderOf({
    "empty.txt": "",
    "empty.csv": "text\n",
    "binary.txt": elf,
    "latin.txt": Uint8Array.of(0x63, 0x61, 0x66, 0xe9),
    "long.txt": `${"person ".repeat(10_000_000 / 7)}\nlast\n`,
    "broken.jsonl": '"a dog"\n{"text": "a cat"\n"last"\n',
    "number.jsonl": '{"text": 7}\n',
    "no_text.csv": "id,name\n1,a\n",
    "pair.jsonl": '{"text": "a", "text_pair": 3}\n',
    "ragged.csv": "id,text\n1,a,b\n",
    "comma.csv": "text\na,b\n",
  });
  const cases: [file: string, message: RegExp][] = [
    ["empty.txt", /empty\.txt: must hold a text, and is empty$/],
    ["empty.csv", /empty\.csv: must hold a text, and is empty$/],
    ["binary.txt", /binary\.txt:1: must be text, and holds a NUL character, as binary files do$/],
    ["latin.txt", /latin\.txt:1: must be UTF-8 text, and is not$/],
    ["long.txt", /long\.txt:1: must be at most 8 MiB long, and is longer$/],
    ["broken.jsonl", /broken\.jsonl:2: must be JSON, but /],
    ["number.jsonl", /number\.jsonl:1: must have a string "text", got 7$/],
    ["no_text.csv", /Cannot read .*no_text\.csv: line 1, its header, must name a column "text", got id, name$/],
    ["pair.jsonl", /pair\.jsonl:1: must have a string "text_pair", got 3$/],
    ["comma.csv", /comma\.csv:2: must have 1 field, as the header of the file has, got 2$/],
    ["ragged.csv", /ragged\.csv:2: must have 2 fields, as the header of the file has, got 3$/],
    ["missing.txt", /Cannot read .*missing\.txt: there is no such file$/],
  ];
  for (const [file, message] of cases) {
    const stdout = await fails(["classify", "--input", `${folder.path}/${file}`], new RegExp(message.source, "m"));
    assert.equal(stdout.split("\n").length, file === "broken.jsonl" ? 2 : 1, stdout);
  }
  const { stdout } = await narrowbert(["classify", "--skip-bad", "--input", `${folder.path}/long.txt`]);
  assert.match(stdout, /^\S+ +0\.\d{4} +last\n$/);
});

Deno.test("--skip-bad names what is bad by its line, answers the rest, and exits with 1", async () => {
  const long = JSON.stringify({ text: "person ".repeat(100) });
  const lines = ['{"text": "a dog", "id": 1}', "{broken", '{"id": 3}', long, '{"text": "a cat", "id": 5}'];
  const { code, stdout, stderr } = await narrowbert(
    ["classify", "--skip-bad", "--jsonl", "--format", "jsonl"],
    lines.join("\n"),
  );
  assert.equal(code, 1);
  assert.deepEqual(stdout.trim().split("\n").map((line) => JSON.parse(line).id), [1, 5]);
  const errors = stderr.trim().split("\n");
  assert.match(errors[0]!, /^narrowbert: standard input:2: must be JSON, but /);
  assert.deepEqual(errors.slice(1), [
    'narrowbert: standard input:3: must have a string "text", got undefined',
    "narrowbert: standard input:4: Cannot classify the text: the model takes 96 tokens, got 102 " +
    '("person person person person person pers…"); shorten it, or ask for truncation',
    "narrowbert: left out 3 of the inputs, which are named above",
  ]);
  const good = await narrowbert(["classify", "--skip-bad", "a dog"]);
  assert.deepEqual([good.code, good.stderr], [0, ""]);
});

for (const command of ["fill-mask", "classify", "info"]) {
  const text = command === "info" ? [] : ["a [MASK]"];

  Deno.test(`${command}: a missing folder is named`, async () => {
    assert.equal(await fails([command, "--model", "/no/such/folder", ...text], /\/no\/such\/folder/), "");
  });

  Deno.test(`${command}: a folder without config.json is named`, async () => {
    await using folder = await folderOf({});
    assert.equal(await fails([command, "--model", folder.path, ...text], /config\.json/), "");
  });

  Deno.test(`${command}: another architecture is named`, async () => {
    await using folder = await folderOf({ "config.json": '{"model_type": "gpt2"}' });
    assert.equal(await fails([command, "--model", folder.path, ...text], /gpt2/), "");
  });
}

Deno.test("a model of another task is refused, with what it is and what is wanted", async () => {
  await using ner = await smallModel("ner");
  await using nli = await smallModel("nli");
  await using multi = await smallModel("multi-label");
  const cases: [args: string[], model: string, message: RegExp][] = [
    [["classify", "text"], SHIPPED_MLM, /takes a NarrowBertForSequenceClassification, got a NarrowBertForMaskedLM$/m],
    [["fill-mask", "a [MASK]"], ner.path, /takes a NarrowBertForMaskedLM, got a BertForTokenClassification$/m],
    [["score", "text"], nli.path, /takes a NarrowBertForMaskedLM, got a BertForSequenceClassification$/m],
    [["tag", "text"], nli.path, /takes a NarrowBertForTokenClassification, got a BertForSequenceClassification$/m],
    [["choose", "--choice", "a", "text"], nli.path, /takes a NarrowBertForMultipleChoice, got a BertForSequ/],
    [["rank", "--query", "a", "text"], nli.path, /the model must have one label, got 3 \(/],
    [["zero-shot", "--labels", "a", "text"], multi.path, /a label of the model must begin with "entail", got a, b, c/],
  ];
  for (const [[command, ...args], model, message] of cases) {
    assert.equal(await fails([command!, "--model", model, ...args], message), "");
  }
});

Deno.test("what an option cannot have is refused, by the command line or by the model", async () => {
  await using ner = await smallModel("ner");
  const wrong: [args: string[], code: number, message: RegExp][] = [
    [["embed", "--pooling", "median", "a"], 2, /--pooling must be one of none, cls, max, mean, .*, got "median"/],
    [["embed", "--prompt", "a", "--prompt-name", "query", "a"], 2, /give --prompt or --prompt-name, not both/],
    [["embed", "--prompt-name", "q", "a"], 1, /prompt_name must be .*, got "q"; they have "query", "document"/],
    [["embed", "--precision", "f16", "a"], 2, /--precision must be one of float32, .*, got "f16"/],
    [["embed", "--precision", "int8", "a"], 2, /--precision int8 needs --ranges/],
    [["embed", "--dimensions", "129", "a"], 1, /dimensions must be a whole number from 1 to 128, got 129/],
    [["embed", "--precision", "binary", "--dimensions", "12", "a"], 1, /dimensions must be a multiple of 8/],
    [["classify", "--function-to-apply", "relu", "a"], 2, /must be one of softmax, sigmoid, none, got "relu"/],
    [["fill-mask", "--top-k", "8001", "a [MASK]"], 1, /top_k must be a whole number from 1 to 128, got 8001/],
    [["fill-mask", "--targets", "🤗", "a [MASK]"], 1, /target "🤗" has no word piece in the vocabulary/],
    [["zero-shot", "--model", ner.path, "a"], 2, /no labels: give --labels/],
    [
      ["rank", "--query", "a", "b"],
      2,
      /no model is shipped for this command: give --model, the folder or Hub id of a NarrowBertForSe/,
    ],
    [["tag", "--model", ner.path, "--aggregation-strategy", "last", "a"], 2, /must be one of none, simple, first/],
    [["tag", "--model", ner.path, "--ignore-labels", "X", "a"], 1, /ignore_labels must be labels of the .* got "X"/],
    [["tag", "--model", ner.path, "--stride", "94", "a"], 1, /stride must be a whole number from 0 to 93/],
  ];
  for (const [args, code, message] of wrong) {
    const outcome = await narrowbert(args);
    assert.match(outcome.stderr, message);
    assert.match(outcome.stderr, /^narrowbert: [^\n]+\n$/);
    assert.deepEqual([outcome.code, outcome.stdout], [code, ""]);
  }
});
