/**
 * Embeds sentences with a real sentence-transformer and compares them with Python's: `deno task minilm`. Its files say how
 * embeddings are pooled and that they are normalized.
 */

import assert from "node:assert/strict";
import { pipeline, type Tensor } from "../../mod.ts";
import { minilmFolder } from "./model.ts";

/** Largest difference from transformers' embeddings, of which a number is 0.05 on average. */
const TOLERANCE = 2e-5;

const { cases }: { cases: { text: string; embedding: number[] }[] } = JSON.parse(
  await Deno.readTextFile(new URL("../../tests/golden/text/embeddings.json", import.meta.url)),
);
const texts = cases.map(({ text }) => text);
const embed = await pipeline("feature-extraction", await minilmFolder());
Deno.test.afterAll(() => embed.dispose());

/** The largest difference of an embedding from the expected one. */
function errorOf({ dims, data }: Tensor, expected: readonly number[]): number {
  assert.deepEqual(dims, [1, 384]);
  return Math.max(...expected.map((x, i) => Math.abs(Number(data[i]) - x)));
}

Deno.test("12 sentences in a list have the embeddings of transformers", async () => {
  const embeddings = await embed(texts);
  const errors = embeddings.map((embedding, i) => errorOf(embedding, cases[i]!.embedding));
  console.log(`Largest error of ${errors.length} embeddings: ${Math.max(...errors).toExponential(1)}`);
  assert.equal(errors.length, 12);
  assert(Math.max(...errors) <= TOLERANCE);
});

for (const { text, embedding } of cases) {
  Deno.test(`${JSON.stringify(text)} alone has the embedding of transformers`, async () => {
    assert(errorOf(await embed(text), embedding) <= TOLERANCE);
  });
}

Deno.test("fewer dimensions are the first ones, as in Python; with normalize at length 1 again", async () => {
  const [whole] = (await embed(texts[0]!)).tolist() as number[][];
  const [cut] = (await embed(texts[0]!, { dimensions: 64 })).tolist() as number[][];
  const [scaled] = (await embed(texts[0]!, { dimensions: 64, normalize: true })).tolist() as number[][];
  const length = Math.hypot(...whole!.slice(0, 64));
  assert.deepEqual([cut!.length, scaled!.length], [64, 64]);
  cut!.forEach((x, i) => assert(Math.abs(x - whole![i]!) <= 1e-6));
  scaled!.forEach((x, i) => assert(Math.abs(x - whole![i]! / length) <= 1e-6));
});

Deno.test("signs alone still tell which sentences are alike", async () => {
  const bytes = await embed(texts.slice(0, 4), { precision: "ubinary" });
  const differing = (a: Tensor, b: Tensor) =>
    Array.from(a.data, Number).reduce((sum, byte, i) => sum + ones(byte ^ Number(b.data[i])), 0);
  const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
  const [food, bread, baby, horse] = bytes as [Tensor, Tensor, Tensor, Tensor];
  assert.deepEqual(food.dims, [1, 48]);
  assert(differing(food, bread) < differing(food, horse));
  assert(differing(food, horse) < differing(food, baby));
});
