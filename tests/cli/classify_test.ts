import assert from "node:assert/strict";
import type { LabelScore } from "../../src/pipelines/tasks/text_classification.ts";
import { pipelineCases } from "../golden/pipelines/pipeline_case.ts";
import { folderOf, smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const CAN = "a can for holding soft drinks"; // expected.json: noun.artifact, 0.962785
const ANIMAL = "a kind of theropod dinosaur found in Argentina"; // noun.animal, 0.960753

Deno.test("classify prints label, score and text in aligned columns", async () => {
  assert.deepEqual(await narrowbert(["classify", CAN, ANIMAL]), {
    code: 0,
    stdout: `noun.artifact  0.9628  ${CAN}\nnoun.animal    0.9608  ${ANIMAL}\n`,
    stderr: "",
  });
});

Deno.test("classify reads a text a line from standard input, with and without a last newline", async () => {
  const asArguments = await narrowbert(["classify", CAN, ANIMAL]);
  for (const stdin of [`${CAN}\n${ANIMAL}\n`, `${CAN}\r\n${ANIMAL}`]) {
    assert.deepEqual(await narrowbert(["classify"], stdin), asArguments);
  }
});

Deno.test("classify --json gives each text its labels, whatever --top-k", async () => {
  for (const top of [1, 3]) {
    const { code, stdout } = await narrowbert(["classify", "--json", "--top-k", `${top}`, CAN, ANIMAL]);
    assert.equal(code, 0);
    const results: { text: string; labels: { label: string; score: number }[] }[] = JSON.parse(stdout);
    assert.deepEqual(results.map(({ text, labels }) => [text, labels[0]?.label, labels.length]), [
      [CAN, "noun.artifact", top],
      [ANIMAL, "noun.animal", top],
    ]);
    for (const { labels } of results) {
      labels.slice(1).forEach(({ score }, i) => assert(score <= labels[i]!.score));
    }
  }
});

Deno.test("classify --jsonl prints an object a line with the fields of its input", async () => {
  const stdin = `{"id": 1, "text": "${CAN}"}\n"${ANIMAL}"\n`;
  const { code, stdout } = await narrowbert(["classify", "--jsonl", "--format", "jsonl"], stdin);
  assert.equal(code, 0);
  const [can, animal, end] = stdout.split("\n");
  assert.match(can!, /^\{"id":1,"text":"a can for .*","labels":\[\{"label":"noun\.artifact","score":0\.96\d+\}\]\}$/);
  assert.match(animal!, /^\{"text":"a kind of .*","labels":\[\{"label":"noun\.animal","score":0\.96\d+\}\]\}$/);
  assert.equal(end, "");
});

Deno.test("classify reads CSV, and gives its columns back", async () => {
  await using folder = await folderOf({ "in.csv": `id,text\n7,"${CAN}"\n` });
  const [{ id, text, labels }] = await narrowbertJson<[{ id: string; text: string; labels: unknown[] }]>(
    ["classify", "--json", "-i", `${folder.path}/in.csv`, "--top-k", "all"],
  );
  assert.deepEqual([id, text, labels.length], ["7", CAN, 41]);
});

Deno.test("columns keep their values beside an answer of the same name", async () => {
  const [{ labels, ...columns }] = await narrowbertJson<[Record<string, unknown>]>(
    ["classify", "--json", "--format", "csv"],
    `text,labels,input_labels,id\n${CAN},mine,other,7\n`,
  );
  assert.deepEqual(columns, { text: CAN, input_input_labels: "mine", input_labels: "other", id: "7" });
  assert(Array.isArray(labels));
});

Deno.test("classify answers as Python's pipeline, pairs among its texts", async () => {
  const cases = await pipelineCases("text-classification");
  for (const name of ["nli", "one-label", "multi-label"] as const) {
    await using model = await smallModel(name);
    const args = ["classify", "--json", "--model", model.path, "--format", "jsonl", "--top-k", "all"];
    const options = name === "one-label" ? {} : { top_k: null };
    const own = cases.filter((example) =>
      example.model === name && JSON.stringify(example.options) === JSON.stringify(options) &&
      !Array.isArray(example.input)
    );
    assert(own.length > 0, name);
    const inputs = own.map(({ input }) => typeof input === "string" ? { text: input } : input as object);
    const stdin = inputs.map((input) => JSON.stringify(input)).join("\n");
    const answers = await narrowbertJson<{ labels: LabelScore[] }[]>(args, stdin);
    answers.forEach(({ labels, ...input }, i) => {
      assert.deepEqual(input, inputs[i]);
      const expected = [own[i]!.output].flat(2) as LabelScore[];
      assert.deepEqual(labels.map(({ label }) => label), expected.map(({ label }) => label));
      labels.forEach(({ score }, k) => assert(Math.abs(score - expected[k]!.score) < 2e-4));
    });
  }
});

Deno.test("a table keeps to its lines, whatever is in the texts", async () => {
  const { stdout } = await narrowbert(["classify", "a\tdog\x1b[2J", "person ".repeat(30)]);
  const [dog, long, end] = stdout.split("\n");
  assert.match(dog!, / {2}a dog \[2J$/);
  assert.match(long!, / {2}(person ){11}pe…$/);
  assert.equal(end, "");
});
