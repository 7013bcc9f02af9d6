import assert from "node:assert/strict";
import { pipeline } from "../../src/pipelines/pipeline.ts";

/** What a float64 implementation gives for the stored weights; margins are differences of neighbouring logits. */
interface Expected {
  topic: { text: string; predicted: string; score: number }[];
  fill_mask: { text: string; top: { token: number; token_str: string; score: number }[]; margins: number[] }[];
}

const expected: Expected = JSON.parse(
  await Deno.readTextFile(new URL("../golden/wordnet/expected.json", import.meta.url)),
);

/** Largest difference from a float64 score. */
const TOLERANCE = 2e-4;

/** Logits closer than this may change places in float32. */
const TIE = 1e-3;

Deno.test("the shipped classifier gives the expected topic and score of 1,000 definitions", async () => {
  using classify = await pipeline("text-classification");
  const results = await classify(expected.topic.map(({ text }) => text));
  assert.equal(results.length, 1000);
  for (const [i, { text, predicted, score }] of expected.topic.entries()) {
    assert.equal(results[i]!.label, predicted, text);
    assert(Math.abs(results[i]!.score - score) <= TOLERANCE, `${text}: score ${results[i]!.score}, expected ${score}`);
  }
});

Deno.test("the shipped language model gives the expected five words for the first mask of 51 texts", async () => {
  using fillMask = await pipeline("fill-mask");
  const results = await fillMask(expected.fill_mask.map(({ text }) => text), { per_mask: true });
  assert.equal(results.length, 51);
  for (const [i, { text, top, margins }] of expected.fill_mask.entries()) {
    const [words] = results[i]!;
    assert.equal(words!.length, 5);
    for (const [rank, word] of words!.entries()) {
      const { token, token_str, score } = top[rank]!;
      assert(Math.abs(word.score - score) <= TOLERANCE, `${text}: score ${word.score}, expected ${score}`);
      if (margins[rank]! < TIE || (margins[rank - 1] ?? Infinity) < TIE) continue;
      assert.deepEqual([word.token, word.token_str], [token, token_str], text);
    }
  }
});
