/** Data that nothing can be learned from: one error, which names files and lines. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type DataFile, datasetOf, type DatasetOptions, openDataset } from "../../../mod.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { file } from "./data.ts";

type Content = string | readonly (string | Uint8Array<ArrayBuffer>)[];

/** Asserts how a file is refused, after `Cannot use the data:`. */
async function refuses(name: string, content: Content, options: DatasetOptions, problem: string) {
  const data = openDataset(file(name, content), options);
  await assert.rejects(data, { name: "InputError", message: `Cannot use the data:${problem}` });
}

/** Several problems, as messages list them. */
const listed = (...problems: string[]) => problems.map((problem) => `\n  - ${problem}`).join("");

const objects = (...records: unknown[]) => records.map((record) => JSON.stringify(record)).join("\n");

Deno.test("all problems are listed with file and line", async () => {
  const lines = [
    '{"text": "a", "label": "x"}',
    "{text}",
    '{"text": 5, "label": "y"}',
    '{"text": "b"}',
    '{"text": " ", "label": "y"}',
    '{"text": "c", "text_pair": "d", "label": "y"}',
    '{"text": "e", "label": null}',
  ];
  const problems = listed(
    "a.jsonl:2 must be JSON, but Expected property name or '}' in JSON at position 1",
    'a.jsonl:3 must have a string in "text", got 5',
    'a.jsonl:4 must have a label in "label", got none',
    'a.jsonl:5 must have a text with a word in it in "text", got " "',
    'a.jsonl:6 must have no "text_pair", as the first record has none',
    'a.jsonl:7 must have a label in "label", got null',
  );
  await refuses("a.jsonl", lines.join("\n"), { task: "classify" }, problems);
  const table = "text,label\na,x\nb\n";
  const fields = " a.csv:3 must have 2 fields, as the header of the file has, got 1";
  await refuses("a.csv", table, { task: "classify" }, fields);
});

Deno.test("a list of objects, which is no object a line, is called one", async () => {
  await refuses(
    "a.json",
    '[\n"a"\n]\n',
    { task: "mlm" },
    listed(
      "a.json:1 must be a JSON object, a line each, not a list of them",
      `a.json:3 must be JSON, but Unexpected token ']', "]" is not valid JSON`,
    ),
  );
});

Deno.test("reading stops after 20 problems", async () => {
  const lines = ['"a"', ...Array.from({ length: 30 }, () => "[]")].join("\n");
  const places = "a.jsonl:2, a.jsonl:3, a.jsonl:4, a.jsonl:5, a.jsonl:6 and 15 more";
  const problem = ` ${places} must be a JSON string or object, got an array`;
  await refuses("a.jsonl", lines, { task: "mlm" }, `${problem}; reading stopped after 20 problems`);
});

Deno.test("files that are absent, no files, empty, or of an unknown kind", () =>
  inTemporaryFolder(async (folder) => {
    const rejects = (files: DataFile | DataFile[], name: string, message: string) =>
      assert.rejects(openDataset(files, { task: "mlm" }), { name, message });
    const absent = join(folder, "none.csv");
    await rejects(absent, "InputError", `Cannot read ${absent}: there is no such file`);
    await rejects(folder, "InputError", `Cannot read ${folder}: it must be a file, and is a folder`);
    await rejects([], "InputError", "Cannot use the data: there must be a file, got none");
    const url = new URL("https://localhost/a.txt");
    const download = "Cannot open data: a URL must be file:, got https:; download the file first";
    await rejects(url, "TypeError", download);
    const number = 5 as unknown as string;
    await rejects(number, "TypeError", "Cannot open data: a file must be a path, a URL or a File, got a number");
    await refuses("a.txt", "", { task: "mlm" }, " a.txt is empty");
    await refuses("a.txt", " \n\n", { task: "mlm" }, " a.txt holds no example");
    await refuses("a.csv", "text,label\n", { task: "mlm" }, " a.csv holds no example");
    const ends = " a.parquet must end with .txt, .jsonl, .csv, .tsv or .conll, or give format";
    await refuses("a.parquet", "x", { task: "mlm" }, ends);
    assert.throws(() => datasetOf([], { task: "mlm" }), {
      name: "InputError",
      message: "Cannot use the data: there must be an example, got none",
    });
  }));

Deno.test("a line of 10 MB, and bytes that are no text", async () => {
  const long = "x".repeat(10_000_000);
  const tooLong = (line: number) => ` a.txt:${line} must be at most 8 MiB long, and is longer`;
  await refuses("a.txt", ["one\n", long, "\ntwo\n"], { task: "mlm" }, tooLong(2));
  await refuses("a.txt", [long], { task: "mlm" }, tooLong(1));
  await refuses(
    "a.jsonl",
    ['"a"\n', Uint8Array.of(0x22, 0xff, 0x22), "\n\0\n"],
    { task: "mlm" },
    listed(
      "a.jsonl:2 must be UTF-8 text, and is not",
      "a.jsonl:3 must be text, and holds a NUL character, as binary files do",
    ),
  );
});

Deno.test("wrong columns: what there must be, what there is, and how to name it", async () => {
  const cure = (name: string) => `; name the right one by columns: { ${name}: "…" }`;
  const texts = '"text", "sentence", "sentence1", "premise", "question", "query", "content"';
  const labels = '"label", "labels", "class", "category", "score"';
  const cases: [name: string, content: string, options: DatasetOptions, problem: string][] = [
    [
      "a.csv",
      "id,body,label\n1,a,x\n",
      { task: "classify" },
      ` a.csv:2 must have one of ${texts}, got "id", "body", "label"${cure("text")}`,
    ],
    [
      "a.jsonl",
      '{"text": "a"}\n{"text": "b"}\n',
      { task: "classify" },
      ` a.jsonl:1 must have one of ${labels}, got "text"${cure("label")}`,
    ],
    [
      "a.txt",
      "some text\n",
      { task: "classify" },
      ` a.txt:1 must have one of ${labels}, got "text"${cure("label")}`,
    ],
    [
      "a.csv",
      "text,label\na,x\n",
      { task: "classify", columns: { label: "stars" } },
      ` a.csv:2 must have "stars", got "text", "label"${cure("label")}`,
    ],
    [
      "a.csv",
      "text,label,choice0\na,0,b\n",
      { task: "choose" },
      ` a.csv:2 must have one of "choices", "endings", got "text", "label", "choice0"${cure("choices")}`,
    ],
    [
      "a.csv",
      "text,label,a,b\nx,0,y,z\n",
      { task: "choose", columns: { choices: ["a", "c"] } },
      ` a.csv:2 must have "c", got "text", "label", "a", "b"${cure("choices")}`,
    ],
  ];
  for (const [name, content, options, problem] of cases) await refuses(name, content, options, problem);
});

Deno.test("labels that nothing can be learned from", async () => {
  const refusesLabels = async (labels: unknown[], options: Omit<DatasetOptions, "task">, problem: string) => {
    const records = objects(...labels.map((label) => ({ text: "a", label })));
    await refuses("a.jsonl", records, { task: "classify", ...options }, problem);
  };
  const two = " two labels at least are needed to learn from, but examples";
  await refusesLabels(["x", "x"], {}, `${two} are all labelled "x"`);
  await refusesLabels([[], []], {}, `${two} have no label`);
  await refuses("a.conll", "a O\nb O\n", { task: "tag" }, `${two} are all labelled "O"`);
  const labels = ["no", "yes"];
  const one = 'must have one of the 2 labels "no", "yes", or a number from 0 to 1, got';
  await refusesLabels(["yes", "maybe"], { labels }, ` a.jsonl:2 ${one} "maybe"`);
  await refusesLabels([0, 2, 1], { labels }, ` a.jsonl:2 ${one} 2`);
  await refusesLabels([-1, "no", 0.5], { labels }, listed(`a.jsonl:1 ${one} -1`, `a.jsonl:3 ${one} 0.5`));
  await refuses("a.conll", "a no\nb B-X\n", { task: "tag", labels }, ` a.conll:1 ${one} "B-X"`);
  await refusesLabels(["a", ["b"]], {}, ' a.jsonl:2 must have one label, got the list ["b"]');
  await refusesLabels([["b"], "a"], {}, ' a.jsonl:2 must have a list of labels, got "a"');
  await refusesLabels([0.5, "a"], {}, ' a.jsonl:2 must have a finite number as its label, got "a"');
  await refusesLabels(
    [1, 1e300],
    { problem_type: "regression" },
    " a.jsonl:2 must have a finite number as its label, got 1e+300",
  );
  await refusesLabels([{ a: 1 }], {}, ' a.jsonl:1 must have a label in "label", got {"a":1}');
});

Deno.test("more labels than there can be classes", async () => {
  const rows = Array.from({ length: 65_537 }, (_, label) => ({ text: "a", label }));
  const problem = " a.jsonl:65537 must have one of at most 65536 labels, got another one; " +
    'numbers that are no classes are learned by problem_type: "regression"';
  await refuses("a.jsonl", objects(...rows), { task: "classify" }, problem);
});

Deno.test("sentences and choices that are not whole", async () => {
  const sentences = objects(
    { tokens: ["a", "b"], tags: ["O"] },
    { tokens: [], tags: [] },
    { tokens: ["a", " "], tags: ["O", "O"] },
    { tokens: "a b", tags: ["O", "O"] },
    { tokens: ["a", "b"], tags: [null, {}] },
  );
  const problems = listed(
    "a.jsonl:1 must have a tag for each of its 2 tokens, got 1",
    'a.jsonl:2 must have a list of 1 or more in "tokens", got []',
    'a.jsonl:3 must have a string with a word in it in "tokens[1]", got " "',
    'a.jsonl:4 must have a list in "tokens", got "a b"',
    'a.jsonl:5 must have a label in "tags[1]", got {}',
  );
  await refuses("a.jsonl", sentences, { task: "tag" }, problems);
  const questions = objects(
    { text: "a", choices: ["b", "c"], label: 2 },
    { text: "a", choices: ["b"], label: 0 },
    { text: "a", choices: ["b", "c"], label: "first" },
  );
  const choices = listed(
    'a.jsonl:1 must have the number of a choice from 0 to 1 in "label", got 2',
    'a.jsonl:2 must have a list of 2 or more in "choices", got ["b"]',
    'a.jsonl:3 must have the number of a choice from 0 to 1 in "label", got "first"',
  );
  await refuses("a.jsonl", questions, { task: "choose" }, choices);
});

Deno.test("examples in memory are refused by their numbers", () => {
  const rows = [{ text: "a", label: "x" }, 5, { text: "b" }];
  assert.throws(() => datasetOf(rows, { task: "classify" }), {
    name: "InputError",
    message: `Cannot use the data:${
      listed("example 1 must be an object, got a number", 'example 2 must have a label in "label", got none')
    }`,
  });
});

Deno.test("options that do not fit", async () => {
  const rejects = (options: object, message: string) =>
    assert.rejects(openDataset(file("a.conll", "a O\nb X\n"), options as DatasetOptions), {
      name: "TypeError",
      message,
    });
  const tasks = 'task must be one of "mlm", "classify", "tag", "choose"';
  await rejects({}, `Cannot open data: ${tasks}, got undefined`);
  await rejects({ task: "tagging" }, `Cannot open data: ${tasks}, got "tagging"`);
  await rejects(
    { task: "tag", lables: ["O"] },
    'Cannot open data: there is no option "lables"; options are task, columns, labels, problem_type, format, signal, ' +
      'onProgress; did you mean "labels"?',
  );
  await rejects(
    { task: "tag", problem_type: "regression" },
    "Cannot open data: problem_type is for classify, and the task is tag",
  );
  await rejects(
    { task: "classify", problem_type: "ranking" },
    'Cannot open data: problem_type must be one of "regression", "single_label_classification", ' +
      '"multi_label_classification", got "ranking"',
  );
  await rejects({ task: "tag", labels: [] }, "Cannot open data: labels must name one at least, got none");
  await rejects({ task: "mlm", labels: ["O"] }, 'Cannot open data: mlm has no labels, got "O"');
  await rejects(
    { task: "tag", columns: { text: "a" } },
    'Cannot open data of tag: columns: there is no option "text"; options are tokens, tags',
  );
  await rejects(
    { task: "tag", columns: { tags: "ner" } },
    "Cannot open data: columns of a CoNLL file have numbers, but tags is ner",
  );
  await rejects({ task: "tag", labels: "O" }, 'Cannot open data: labels must be a list of strings, got "O"');
  await rejects({ task: "tag", labels: ["O", "O"] }, 'Cannot open data: labels must differ, got "O" twice');
  const rated = openDataset(file("a.jsonl", objects({ text: "a", label: 1 })), {
    task: "classify",
    labels: ["1"],
    problem_type: "regression",
  });
  await assert.rejects(rated, { message: 'Cannot open data: regression has no labels, got "1"' });
  const numbered = openDataset(file("a.jsonl", objects({ tokens: ["a"], tags: ["O"] })), {
    task: "tag",
    columns: { tags: 1 },
  });
  await assert.rejects(numbered, { message: "Cannot open data: only columns of CoNLL files have numbers, got 1" });
});

Deno.test("reading is aborted by a signal", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(openDataset(file("a.txt", "one\n"), { task: "mlm", signal }), { message: "enough" });
});
