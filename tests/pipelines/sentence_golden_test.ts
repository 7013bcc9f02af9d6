/** Folders of sentence-transformers give its own numbers. */

import assert from "node:assert/strict";
import { pipeline } from "../../mod.ts";
import { floatsOf } from "../golden/packed.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";

/** The largest difference that counts as none. */
const BOUND = 2e-5;

const { texts, query, folders, rankers } = GOLDEN;

for (const [name, golden] of Object.entries(folders)) {
  Deno.test(`sentence-transformers' embeddings of the folder ${name}`, async () => {
    using embed = await pipeline("feature-extraction", filesOf(golden.files));
    assert.deepEqual(
      [embed.prompts, embed.default_prompt_name, embed.similarity_fn_name],
      [golden.prompts, golden.default_prompt_name, golden.similarity_fn_name],
    );
    for (const { options, width, embeddings } of golden.calls) {
      const found = await embed(texts, { truncation: true, ...options });
      const expected = floatsOf(embeddings);
      for (const [i, { dims, data }] of found.entries()) {
        assert.deepEqual(dims, [1, width]);
        assertNear(data as Float32Array, expected.subarray(i * width, (i + 1) * width), `${name} ${texts[i]}`, options);
      }
    }
    const found = await embed(texts, { truncation: true });
    const alike = embed.similarity(found, found);
    assertNear(alike.flat(), floatsOf(golden.similarity), `similarity of ${name}`, {}, 2e-4);
  });
}

for (const [name, { files, scores }] of Object.entries(rankers)) {
  Deno.test(`sentence-transformers' scores of the CrossEncoder ${name}`, async () => {
    using rank = await pipeline("text-ranking", filesOf(files));
    const ranked = await rank(query, texts, { truncation: true });
    const found = ranked.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
    assertNear(found, floatsOf(scores), name, {});
  });
}

Deno.test("there are 100 folders at least, of all poolings in both spellings", () => {
  const names = Object.keys(folders);
  assert(names.length >= 100);
  for (const mode of ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]) {
    for (const kind of ["named", "flag", "no-prompt"]) assert(names.includes(`${kind}-${mode}`), `${kind}-${mode}`);
  }
});

function assertNear(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: string,
  options: object,
  bound = BOUND,
): void {
  assert.equal(found.length, expected.length, name);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((found[i] as number) - (expected[i] as number));
    assert(
      difference <= bound,
      `${name} ${JSON.stringify(options)}: element ${i} must be ${expected[i]}, got ${found[i]}`,
    );
  }
}
