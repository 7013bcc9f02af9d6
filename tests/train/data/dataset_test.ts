/** What data sets hold, from every format. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { datasetOf, type DatasetOptions, type DataTask, type FileDatasetOptions, openDataset } from "../../../mod.ts";
import { READERS } from "../../../src/train/data/tasks/readers.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { file, texts } from "./data.ts";

/** All examples of a file, and its labels. */
async function read(name: string, text: string, options: DatasetOptions) {
  const data = await openDataset(file(name, text), options);
  const found = await data.read(Array.from({ length: data.length }, (_, i) => i));
  return {
    labels: data.labels,
    examples: found.map(({ example }) => example),
    places: found.map(({ place }) => place),
  };
}

Deno.test("texts come from lines, objects and tables; blank lines of a text file part paragraphs", async () => {
  const examples = [{ text: "one" }, { text: "two, 2" }];
  const expect = async (name: string, text: string, places: string[]) =>
    assert.deepEqual(await read(name, text, { task: "mlm" }), { labels: [], examples, places });
  await expect("a.txt", "one\n\n  \ntwo, 2\n", ["a.txt:1", "a.txt:4"]);
  await expect("a.jsonl", '{"text": "one", "id": 1}\n\n"two, 2"', ["a.jsonl:1", "a.jsonl:3"]);
  await expect("a.json", '{"sentence": "one"}\n{"sentence": "two, 2"}\n', ["a.json:1", "a.json:2"]);
  await expect("A.CSV", 'id,sentence\n1,one\n2,"two, 2"\n', ["A.CSV:2", "A.CSV:3"]);
});

Deno.test("labels are found and sorted, numbers by size", async () => {
  const { labels, examples } = await read("a.csv", "text,label\na,b\nb,B\nc,a\nd,b\n", { task: "classify" });
  assert.deepEqual(labels, ["B", "a", "b"]);
  assert.deepEqual(examples[1], { text: "b", label: "B" });
  const rows = [10, 9, 2, 10].map((label) => ({ text: "x", label }));
  const data = datasetOf(rows, { task: "classify" });
  assert.deepEqual([data.labels, data.label_counts, data.problem_type], [
    ["2", "9", "10"],
    [1, 1, 2],
    "single_label_classification",
  ]);
  assert.deepEqual(datasetOf([true, false].map((label) => ({ text: "x", label })), { task: "classify" }).labels, [
    "false",
    "true",
  ]);
});

Deno.test("labels tell what is learned: lists, numbers with fractions, or classes", () => {
  const problem = (...labels: unknown[]) => {
    const data = datasetOf(labels.map((label) => ({ text: "x", label })), { task: "classify" });
    return [data.problem_type, data.labels];
  };
  assert.deepEqual(problem(["a"], [], ["b", "a"]), ["multi_label_classification", ["a", "b"]]);
  assert.deepEqual(problem([], ["b"], ["a"]), ["multi_label_classification", ["a", "b"]]);
  assert.deepEqual(problem(1, 0.5, 3), ["regression", []]);
  assert.deepEqual(problem("1", "2.0", "-3e1"), ["regression", []]);
  assert.deepEqual(problem(1, 2), ["single_label_classification", ["1", "2"]]);
  assert.deepEqual(problem("a", "0.5"), ["single_label_classification", ["0.5", "a"]]);
  const rated = datasetOf([{ text: "x", label: 1 }, { text: "y", label: 1 }], {
    task: "classify",
    problem_type: "regression",
  });
  assert.deepEqual([rated.problem_type, rated.labels], ["regression", []]);
});

Deno.test("given labels decide the ids; a label may be a name or a number", async () => {
  const labels = ["no", "yes", "maybe"];
  const rows = ["yes", 0, "1", "no", 2].map((label) => ({ text: "x", label }));
  const data = datasetOf(rows, { task: "classify", labels });
  assert.deepEqual([data.labels, data.label_counts], [labels, [2, 2, 1]]);
  const tagged = await openDataset(file("a.jsonl", '{"tokens": ["a", "b"], "ner_tags": [1, 0]}\n'), {
    task: "tag",
    labels: ["O", "B-X"],
  });
  assert.deepEqual(tagged.label_counts, [1, 1]);
});

Deno.test("if a label's name is a number, a number is a name, and never the id of another label", () => {
  const stars = { task: "classify", labels: ["1", "2", "5"] } as const;
  const countsOf = (...labels: unknown[]) =>
    datasetOf(labels.map((label) => ({ text: "x", label })), stars).label_counts;
  assert.deepEqual(countsOf(1, "2", "5", "1.0", 2), [2, 2, 1]);
  const problem = (label: string) => ({
    message: `Cannot use the data: example 0 must have one of the 3 labels "1", "2", "5", got ${label}`,
  });
  assert.throws(() => countsOf(0), problem("0"));
  assert.throws(() => countsOf("0"), problem('"0"'));
  assert.throws(() => countsOf("4"), problem('"4"'));
});

Deno.test("data for validation are opened with what the training data say, whatever the task", () => {
  const rows: Record<string, unknown[]> = {
    mlm: ["one", "two"],
    classify: [{ text: "a", label: "x" }, { text: "b", label: "y" }],
    several: [{ text: "a", label: ["x"] }, { text: "b", label: ["y"] }],
    numbers: [{ text: "a", label: 0.5 }, { text: "b", label: 1 }],
    tag: [{ tokens: ["a", "b"], tags: ["x", "y"] }],
    choose: [{ text: "a", choices: ["b", "c"], label: 1 }],
  };
  for (const [name, examples] of Object.entries(rows)) {
    const train = datasetOf(examples, { task: (name in READERS ? name : "classify") as DataTask });
    const { task, labels, problem_type } = train;
    const valid = datasetOf(examples.slice(-1), { task, labels, problem_type });
    assert.deepEqual([valid.labels, valid.problem_type], [labels, problem_type], name);
  }
  const labels = ["x", "y"];
  const problem = 'must have one of the 2 labels "x", "y", or a number from 0 to 1, got "z"';
  assert.throws(() => datasetOf([{ text: "a", label: "z" }], { task: "classify", labels }), {
    message: `Cannot use the data: example 0 ${problem}`,
  });
});

Deno.test("pairs are in the columns that data sets usually have, or in those named", async () => {
  const names = [["sentence1", "sentence2"], ["premise", "hypothesis"], ["question", "sentence"], [
    "text",
    "text_pair",
  ]];
  for (const [first, second] of names) {
    const { examples } = await read("a.csv", `${first},${second},label\na,b,x\nc,d,y\n`, { task: "classify" });
    assert.deepEqual(examples[0], { text: "a", text_pair: "b", label: "x" }, first);
  }
  const columns = { text: "body", text_pair: "title", label: "stars" };
  const { examples } = await read("a.csv", "title,stars,body,label\na,4,b,x\nc,5,d,y\n", { task: "classify", columns });
  assert.deepEqual(examples[1], { text: "d", text_pair: "c", label: "5" });
});

Deno.test("sentences with tags come from columns or from lists", async () => {
  const expected = [{ tokens: ["a", "b"], tags: ["O", "B-X"] }, { tokens: ["c"], tags: ["O"] }];
  const conll = "a NN O\nb NN B-X\n\nc NN O\n";
  for (const name of ["a.conll", "a.txt", "a.bio"]) {
    const { labels, examples, places } = await read(name, conll, { task: "tag" });
    assert.deepEqual([labels, examples, places], [["B-X", "O"], expected, [`${name}:1`, `${name}:4`]]);
  }
  const lists = expected.map(({ tokens, tags }) => JSON.stringify({ words: tokens, tags })).join("\n");
  assert.deepEqual((await read("a.jsonl", lists, { task: "tag" })).examples, expected);
  const data = await read("a.conll", "1 a x\n2 b y\n", { task: "tag", columns: { tokens: 1, tags: 2 } });
  assert.deepEqual(data.examples, [{ tokens: ["a", "b"], tags: ["x", "y"] }]);
});

Deno.test("choices are a list, or a column each", async () => {
  const expected = [{ text: "a", choices: ["b", "c", "d"], label: 2 }];
  const listed = '{"question": "a", "choices": ["b", "c", "d"], "answer": 2}';
  assert.deepEqual((await read("a.jsonl", listed, { task: "choose" })).examples, expected);
  const swag = "label,ending0,ending2,ending1,text\n2,b,d,c,a\n";
  assert.deepEqual((await read("a.csv", swag, { task: "choose" })).examples, expected);
  const columns = { choices: ["first", "second", "third"] };
  const named = "text,first,second,third,label\na,b,c,d,2\n";
  const options: DatasetOptions = { task: "choose", columns };
  assert.deepEqual((await read("a.csv", named, options)).examples, expected);
});

Deno.test("several files are one data set, each with columns of its own", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a b.csv");
    await Deno.writeTextFile(path, "label,text\nx,one\ny,two\n");
    const more = join(folder, "more.jsonl");
    await Deno.writeTextFile(more, '{"sentence": "three", "label": "z"}\n');
    const calls: [number, number][] = [];
    const onProgress = (loaded: number, total: number) => calls.push([loaded, total]);
    const data = await openDataset([path, pathToFileURL(more)], { task: "classify", onProgress });
    assert.deepEqual(data.labels, ["x", "y", "z"]);
    assert.deepEqual((await data.read([2, 0])).map(({ example }) => example.text), ["three", "one"]);
    assert.equal((await data.read([1]))[0]!.place, `${path}:3`);
    assert.deepEqual(calls, [[23, 59], [59, 59]]);
    const one = await openDataset(path, { task: "classify" });
    assert.equal(one.fingerprint, (await openDataset(pathToFileURL(path), { task: "classify" })).fingerprint);
    assert.notEqual(one.fingerprint, data.fingerprint);
  }));

Deno.test("any change of the data changes the fingerprint", () => {
  const prints = [["a", "b", "c"], ["a", "c", "b"], ["a", "b"], ["ab", "c"], ["a", "b", "d"]].map((rows) =>
    datasetOf(rows, { task: "mlm" }).fingerprint
  );
  assert.equal(new Set(prints).size, prints.length);
  assert.equal(datasetOf(["a", "b", "c"], { task: "mlm" }).fingerprint, prints[0]);
});

Deno.test("other columns or another format of the same file have another fingerprint", async () => {
  const csv = file("a.csv", "text,title,label\na,b,x\nc,d,y\n");
  const print = async (options: Omit<FileDatasetOptions<"classify">, "task"> = {}) =>
    (await openDataset(csv, { task: "classify", ...options })).fingerprint;
  const columns = [{ text: "title" }, { text: "text" }, { text: "title", text_pair: "text" }];
  const prints = await Promise.all([
    print(),
    ...columns.map((columns) => print({ columns })),
    print({ format: "csv" }),
  ]);
  assert.equal(new Set(prints).size, prints.length);
  assert.equal(
    await print({ columns: { text_pair: "text", text: "title" } }),
    prints[3],
    "their order does not matter",
  );
  assert.equal(await print({ columns: {} }), prints[0]);
});

Deno.test("imbalanced classes are named with their counts", () => {
  const rows = (counts: Record<string, number>) =>
    Object.entries(counts).flatMap(([label, count]) => texts(count).map((text) => ({ text, label })));
  assert.deepEqual(datasetOf(rows({ a: 30, b: 3, c: 10 }), { task: "classify" }).warnings, []);
  assert.deepEqual(datasetOf(rows({ a: 5, b: 31, c: 3 }), { task: "classify" }).warnings, [
    'labels are imbalanced: 31 examples are of "b", 3 of "c"; class weights make up for it',
  ]);
  assert.deepEqual(datasetOf(rows({ a: 5, b: 3 }), { task: "classify", labels: ["a", "b", "c"] }).warnings, [
    'labels are imbalanced: 5 examples are of "a", 0 of "c"; class weights make up for it',
  ]);
});

Deno.test("a class of -1 is warned of, and tags of -100 are none", () => {
  const classes = (...labels: unknown[]) =>
    datasetOf(labels.map((label) => ({ text: "x", label })), { task: "classify" });
  const warning = (label: string) =>
    `label ${label} is a class of its own; if it marks examples without a label, as in Hugging Face's data, leave these out`;
  assert.deepEqual(classes(0, -1, 1).warnings, [warning("-1")]);
  assert.deepEqual(classes("0", "-100", "1").warnings, [warning("-100")]);
  assert.deepEqual(classes("-1", "good", "0").warnings, []);
  const tagged = datasetOf([{ tokens: ["a", "b", "c"], ner_tags: [-100, 1, 0] }], { task: "tag" });
  assert.deepEqual([tagged.labels, tagged.label_counts, tagged.warnings], [["0", "1"], [1, 1], []]);
});

Deno.test("examples are found by their numbers, in any block of a file", async () => {
  const lines = texts(5000);
  const numbers = [4999, 0, 1023, 1024, 1025, 3072, 0];
  const FILES: Record<string, { head?: string; of(text: string): string; first: number; lines?: number }> = {
    "a.txt": { of: (text) => `${text}\r\n`, first: 1 },
    "a.jsonl": { of: (text) => `${JSON.stringify({ sentence: text })}\n\n`, first: 1, lines: 2 },
    "a.csv": { head: "\ufeffid,text\r\n", of: (text) => `"1\n2","${text}"\r\n`, first: 2, lines: 2 },
  };
  for (const [name, { head = "", of, first, lines: each = 1 }] of Object.entries(FILES)) {
    const data = await openDataset(file(name, head + lines.map(of).join("")), { task: "mlm" });
    assert.equal(data.length, 5000);
    const found = await data.read(numbers);
    assert.deepEqual(
      found.map(({ number, place, example }) => [number, place, example.text]),
      numbers.map((number) => [number, `${name}:${first + each * number}`, lines[number]]),
    );
    await assert.rejects(data.read([5000]), {
      name: "RangeError",
      message: "Cannot read an example: it must be from 0 to 4999, got 5000",
    });
  }
  const sentences = lines.map((text) => text.split(" ").map((word) => `${word} ${word.length}`).join("\n"));
  const tagged = await openDataset(file("a.conll", sentences.join("\n\n")), { task: "tag" });
  for (const { number, example } of await tagged.read(numbers)) {
    assert.equal(example.tokens.join(" "), lines[number]);
  }
});
