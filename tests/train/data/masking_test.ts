/** Which tokens are masked: BERT's shares, whole words, and the same draws however batches are cut. */

import assert from "node:assert/strict";
import { datasetOf, type TrainingDataOptions } from "../../../mod.ts";
import { philox } from "../../../src/base/random.ts";
import { Masking } from "../../../src/train/data/encoding/masking.ts";
import { keyOf } from "../../../src/train/data/order/random.ts";
import { allBatches, examplesOf, listOf, texts, tokenizer } from "./data.ts";

const IGNORE = -100;
const SPECIAL = new Set(tokenizer.all_special_ids);

/** The masked tokens of all examples by number: what stands there, and what is to be guessed. */
async function masked(options: Partial<TrainingDataOptions>, rows = texts(300)): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const data = datasetOf(rows, { task: "mlm" }).training({ tokenizer, ...options });
  for (const batch of await allBatches(data)) {
    const ids = listOf<number[][]>(batch, "input_ids");
    const labels = listOf<number[][]>(batch, "labels");
    batch.examples.forEach((example, row) => {
      const pairs = ids[row]!.map((id, i) => [id, labels[row]![i]]).filter(([id]) => id !== tokenizer.pad_token_id);
      found.set(example, JSON.stringify(pairs));
    });
  }
  return found;
}

/** `count` standard deviations of a share that is drawn `of` times. */
const bound = (share: number, of: number, count = 5) => count * Math.sqrt(share * (1 - share) / of);

Deno.test("15% of the tokens are drawn: 80% are masked, 10% replaced, 10% stay, and no special token is drawn", () => {
  for (const mlm_probability of [0.15, 0.4]) {
    const masking = new Masking(tokenizer, { seed: 3, mlm_probability, whole_word_mask: false });
    let tokens = 0;
    const kinds = { masked: 0, replaced: 0, kept: 0 };
    const replacements: number[] = [];
    for (let example = 0; example < 400; example++) {
      const ids = Uint32Array.from({ length: 100 }, (_, i) => i % 10 === 0 ? tokenizer.unk_token_id! : 20 + i);
      const before = ids.slice();
      masking.apply(ids, null, { epoch: 1, example }).forEach((label, i) => {
        const id = ids[i]!;
        if (SPECIAL.has(before[i]!)) assert.deepEqual([label, id], [IGNORE, before[i]]);
        else tokens++;
        if (label === IGNORE) return assert.equal(id, before[i]);
        assert.equal(label, before[i]);
        if (id === tokenizer.mask_token_id) kinds.masked++;
        else if (id === label) kinds.kept++;
        else {
          kinds.replaced++;
          replacements.push(id);
        }
      });
    }
    const drawn = kinds.masked + kinds.replaced + kinds.kept;
    const isNear = (found: number, of: number, share: number) =>
      assert.ok(Math.abs(found / of - share) < bound(share, of), `${found} of ${of} for ${share}`);
    isNear(drawn, tokens, mlm_probability);
    isNear(kinds.masked, drawn, 0.8);
    isNear(kinds.replaced, drawn, 0.1);
    isNear(kinds.kept, drawn, 0.1);
    assert.ok(replacements.every((id) => id < tokenizer.vocab_size && !SPECIAL.has(id)));
    // Uniform over the vocabulary: a quarter of them in its first quarter.
    isNear(replacements.filter((id) => id < tokenizer.vocab_size / 4).length, replacements.length, 0.25);
  }
});

Deno.test("draws are a function of seed, epoch, example and place alone", async () => {
  const expected = await masked({ per_device_train_batch_size: 64 });
  assert.deepEqual(await masked({ per_device_train_batch_size: 7 }), expected);
  assert.deepEqual(await masked({ max_batch_tokens: 300 }), expected);
  assert.notDeepEqual(await masked({ per_device_train_batch_size: 64, seed: 1 }), expected);
  const data = examplesOf("mlm", 300).training({ tokenizer, per_device_train_batch_size: 64 });
  const second = await allBatches(data, { from: { epoch: 1, window: 0, batch: 0 }, num_train_epochs: 2 });
  const labels = second.flatMap((batch) => listOf<number[][]>(batch, "labels").flat()).filter((label) =>
    label !== IGNORE
  );
  const first = (await allBatches(data)).flatMap((batch) => listOf<number[][]>(batch, "labels").flat());
  assert.notDeepEqual(labels, first.filter((label) => label !== IGNORE));
  const [draw] = philox(keyOf(0, "masks", 0), 5, 0);
  const ids = Uint32Array.of(100);
  const settings = { seed: 0, whole_word_mask: false };
  for (const [share, label] of [[(draw - 1) / 2 ** 32, IGNORE], [(draw + 1) / 2 ** 32, 100]] as const) {
    const masking = new Masking(tokenizer, { ...settings, mlm_probability: share });
    assert.deepEqual([...masking.apply(ids.slice(), null, { epoch: 0, example: 5 })], [label]);
  }
});

Deno.test("whole words are masked, or none of their pieces", async () => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `unpronounceable tetrahydrocannabinols ${i} hammer, disestablishment`,
  );
  const { word_ids, input_ids } = tokenizer.encode_plus(rows[0]!, { return_word_ids: true });
  assert.ok(new Set(word_ids).size < input_ids.length - 5, "the words have several pieces");
  const mixed = { whole: 0, partly: 0 };
  for (const whole_word_mask of [true, false]) {
    const data = datasetOf(rows, { task: "mlm" }).training({ tokenizer, whole_word_mask, mlm_probability: 0.3 });
    for (const batch of await allBatches(data)) {
      const labels = listOf<number[][]>(batch, "labels");
      batch.examples.forEach((example, row) => {
        const words = tokenizer.encode_plus(rows[example]!, { return_word_ids: true }).word_ids!;
        for (const word of new Set(words)) {
          if (word === null) continue;
          const pieces = labels[row]!.filter((_, i) => words[i] === word);
          const drawn = pieces.filter((label) => label !== IGNORE).length;
          const isPartly = drawn > 0 && drawn < pieces.length;
          if (whole_word_mask) assert.equal(isPartly, false);
          mixed[isPartly ? "partly" : "whole"]++;
        }
      });
    }
  }
  assert.ok(mixed.partly > 100, `${mixed.partly} words are masked in part where words do not count`);
});

Deno.test("packed texts fill rows, lose nothing, and have the masks of the same texts in rows of their own", async () => {
  const rows = texts(500);
  const plain = await masked({ max_seq_length: 96 }, rows);
  const data = datasetOf(rows, { task: "mlm" }).training({
    tokenizer,
    max_seq_length: 32,
    pack_texts: true,
    per_device_train_batch_size: 4,
  });
  const batches = await allBatches(data);
  const { cls_token_id: cls, sep_token_id: sep, pad_token_id: pad } = tokenizer;
  const lengths: number[] = [];
  const found = new Set<string>();
  let text: [number, number][] = [];
  const byRow = new Map<number, [number, number][]>();
  for (const batch of batches) {
    const ids = listOf<number[][]>(batch, "input_ids");
    const labels = listOf<number[][]>(batch, "labels");
    ids.forEach((row, r) => {
      const pairs = row.map((id, i): [number, number] => [id, labels[r]![i]!]).filter(([id]) => id !== pad);
      lengths.push(pairs.length);
      assert.deepEqual([pairs[0], pairs.at(-1)], [[cls, IGNORE], [sep, IGNORE]]);
      byRow.set(byRow.size, pairs.slice(1, -1));
    });
  }
  assert.equal(lengths.filter((length) => length !== 32).length, 1, "only the last row is shorter");
  assert.deepEqual(batches.flatMap(({ examples }) => examples).sort((a, b) => a - b), rows.map((_, i) => i));
  // Texts that lie within one row are found whole, with the masks that they have alone.
  for (const pairs of byRow.values()) {
    text = [];
    for (const pair of [...pairs, [sep, IGNORE]] as [number, number][]) {
      if (pair[0] !== sep) text.push(pair);
      else {
        found.add(JSON.stringify([[cls, IGNORE], ...text, [sep, IGNORE]]));
        text = [];
      }
    }
  }
  const whole = [...plain.values()].filter((pairs) => found.has(pairs)).length;
  assert.ok(whole > 250, `${whole} of 500 texts are whole`);
});
