import assert from "node:assert/strict";
import type { TextScore } from "../../src/pipelines/tasks/score.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

Deno.test("score finds a sentence likelier than its words in disorder", async () => {
  const [sentence, disorder] = ["the wife of a king", "wife a king the of"];
  const { code, stdout } = await narrowbert(["score", sentence, disorder]);
  assert.equal(code, 0);
  const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows.map(([, , text]) => text), [sentence, disorder]);
  assert(Number(rows[0]![0]) > Number(rows[1]![0]) + 5, stdout);
  assert(Math.abs(Number(rows[0]![0]) / 5 - Number(rows[0]![1])) < 0.02, stdout);
});

Deno.test("score --json has the score of each word piece", async () => {
  const [{ text, score, tokens }] = await narrowbertJson<[TextScore & { text: string }]>(["score", "--json", "a king"]);
  assert.equal(text, "a king");
  assert.deepEqual(tokens.map(({ token_str }) => token_str), ["a", "king"]);
  assert(Math.abs(tokens.reduce((sum, { score }) => sum + score, 0) - score) < 1e-9);
});

Deno.test("a field of the input that bears the name of the answer is kept under another", async () => {
  const input = '{"text":"a king","score":5,"id":7}\n';
  const { code, stdout } = await narrowbert(["score", "--jsonl", "--format", "jsonl"], input);
  assert.equal(code, 0);
  const { input_score, id, score, text } = JSON.parse(stdout);
  assert.deepEqual([text, input_score, id], ["a king", 5, 7]);
  assert(score < 0);
});
