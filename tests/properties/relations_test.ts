/** Relations that must hold between runs, whatever the weights: no stored numbers are compared. */

import assert from "node:assert/strict";
import { NarrowBertForMaskedLM, NarrowBertModel } from "../../mod.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { assertClose, type RandomBatch, randomBatch, reordered, rowCount, rowOf, single } from "./batches.ts";

const BOUND = 1e-5;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const MODELS = ["base", "relative-key", "relative-key-query"];
const SHAPE = { sequences: 5, length: 23, vocabulary: 99, types: 3 };

for (const name of MODELS) {
  Deno.test(`${name}: a sequence alone gives what it gives in any batch`, async () => {
    using model = await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
    for (const seed of SEEDS) {
      const batch = randomBatch(seed, SHAPE);
      const { last_hidden_state: all } = await model.forward({ ...batch });
      for (let b = 0; b < SHAPE.sequences; b++) {
        const alone = await model.forward({ ...single(batch, b) });
        for (let row = 0; row < rowCount(batch, b); row++) {
          assertClose(rowOf(alone.last_hidden_state, 0, row), rowOf(all, b, row), BOUND, `seed ${seed} [${b}][${row}]`);
        }
      }
    }
  });

  Deno.test(`${name}: padding changes nothing`, async () => {
    using model = await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
    for (const seed of SEEDS) {
      const batch = randomBatch(seed, SHAPE);
      const padded = Object.fromEntries(
        Object.entries(batch).map(([key, rows]) => [key, rows.map((row: number[]) => [...row, 0, 0, 0, 0, 0, 0, 0])]),
      );
      const plain = await model.forward({ ...batch });
      const longer = await model.forward(padded);
      assert.deepEqual(longer.narrow_positions!.tolist(), plain.narrow_positions!.tolist());
      assert.deepEqual(longer.last_hidden_state.data, plain.last_hidden_state.data, "padding is never computed");
    }
  });

  Deno.test(`${name}: the order of sequences does not matter`, async () => {
    using model = await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
    const order = [3, 0, 4, 2, 1];
    for (const seed of SEEDS) {
      const batch = randomBatch(seed, SHAPE);
      const { last_hidden_state: before } = await model.forward({ ...batch });
      const { last_hidden_state: after } = await model.forward({ ...reordered(batch, order) });
      order.forEach((from, to) => {
        for (let row = 0; row < rowCount(batch, from); row++) {
          assertClose(rowOf(after, to, row), rowOf(before, from, row), BOUND, `seed ${seed} [${from}][${row}]`);
        }
      });
    }
  });

  Deno.test(`${name}: chosen rows are the same rows of a run over all rows`, async () => {
    using model = await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
    for (const seed of SEEDS) {
      const batch = randomBatch(seed, SHAPE);
      const { last_hidden_state: some } = await model.forward({ ...batch });
      const everything = { ...batch, narrow_mask: batch.attention_mask };
      const { last_hidden_state: all } = await model.forward(everything);
      for (let b = 0; b < SHAPE.sequences; b++) {
        const rows = chosenAmongReal(batch, b);
        rows.forEach((rank, row) =>
          assertClose(rowOf(some, b, row), rowOf(all, b, rank), BOUND, `seed ${seed} [${b}][${row}]`)
        );
      }
    }
  });
}

for (const name of ["base", "relative-key", "wide"]) {
  Deno.test(`${name}: absorbed and projected narrow attention agree, with and without stored probabilities`, async () => {
    using model = await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
    for (const seed of SEEDS.slice(0, 4)) {
      const batch = randomBatch(seed, SHAPE);
      const head_mask = Array.from(
        { length: model.config.num_attention_heads },
        (_, head) => head === 0 ? 0 : 0.5 + head / 4,
      );
      for (const inputs of [{ ...batch }, { ...batch, head_mask }]) {
        const projected = await model.forward(inputs, { narrow: "projected" });
        for (const output_attentions of [false, true]) {
          const absorbed = await model.forward(inputs, { narrow: "absorbed", output_attentions });
          const [a, p] = [absorbed.last_hidden_state, projected.last_hidden_state];
          assertClose(a.data as Float32Array, p.data as Float32Array, BOUND, `seed ${seed}`);
        }
        const stored = await model.forward(inputs, { narrow: "projected", output_attentions: true });
        const [s, p] = [stored.last_hidden_state, projected.last_hidden_state];
        assertClose(s.data as Float32Array, p.data as Float32Array, BOUND, `seed ${seed}, stored`);
      }
    }
  });
}

Deno.test("one narrow layer over all rows is one full layer", async () => {
  for (const name of MODELS) {
    const options = { add_pooling_layer: false };
    using source = await NarrowBertModel.from_pretrained(goldenModel(name), options);
    const folder = await Deno.makeTempDir();
    try {
      await saveWithLastLayerNarrow(source, folder);
      using model = await NarrowBertModel.from_pretrained(folder, options);
      assert.equal(model.config.num_hidden_layers - model.config.full_length_layers, 1);
      for (const seed of SEEDS) {
        const batch = randomBatch(seed, SHAPE);
        const narrow = await model.forward({ ...batch, narrow_mask: batch.attention_mask });
        const { narrow_mask: _, ...ordinary } = batch;
        const { last_hidden_state: full } = await model.forward(ordinary);
        batch.attention_mask.forEach((mask, b) => {
          const real = mask.flatMap((kept, l) => kept === 1 ? [l] : []);
          real.forEach((l, row) =>
            assertClose(rowOf(narrow.last_hidden_state, b, row), rowOf(full, b, l), BOUND, `${name} [${b}][${l}]`)
          );
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});

Deno.test("the same inputs give the same bits, 100 times out of 100", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("wide"));
  const batch = randomBatch(11, { sequences: 4, length: 40, vocabulary: 301, types: 3 });
  const { logits: first } = await model.forward({ ...batch });
  for (let run = 1; run < 100; run++) {
    const { logits } = await model.forward({ ...batch });
    assert.deepEqual(new Uint8Array(logits.data.buffer), new Uint8Array(first.data.buffer), `run ${run}`);
  }
});

/** For each chosen row, its number among the sequence's real tokens. */
function chosenAmongReal({ attention_mask, narrow_mask }: RandomBatch, b: number): number[] {
  const real = attention_mask[b]!.flatMap((kept, l) => kept === 1 ? [l] : []);
  return real.flatMap((l, rank) => narrow_mask[b]![l] === 1 ? [rank] : []);
}

/** Saves the full layers of a model and its first narrow layer, as a model of their own. */
async function saveWithLastLayerNarrow(model: NarrowBertModel, folder: string): Promise<void> {
  const { config } = model;
  const layers = config.full_length_layers + 1;
  await model.save_pretrained(folder);
  const path = `${folder}/config.json`;
  const saved = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...saved, num_hidden_layers: layers }));
  const { readSafetensors, writeSafetensors } = await import("../../mod.ts");
  const file = await readSafetensors(`${folder}/model.safetensors`);
  const kept = [...file].filter(([key]) => !/encoder_narrow\.layer\.[1-9]/.test(key));
  await writeSafetensors(kept, { path: `${folder}/model.safetensors` });
}
