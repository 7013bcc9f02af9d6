import assert from "node:assert/strict";
import { narrowbert } from "./terminals.ts";

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
