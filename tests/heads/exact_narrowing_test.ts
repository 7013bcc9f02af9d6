/** The last layer of an ordinary BERT computes only the rows that are asked for, with the same results. */

import assert from "node:assert/strict";
import {
  AdamW,
  labelLogits,
  meanState,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  Trunk,
} from "../../mod.ts";
import { assertClose } from "../properties/batches.ts";

const BOUND = 1e-5;
const LENGTHS = [9, 1, 23, 16];

const KINDS = {
  absolute: {},
  relative: { position_embedding_type: "relative_key" },
  "relative with keys": { position_embedding_type: "relative_key_query" },
  pruned: { pruned_heads: { 2: [1], 0: [0, 3] } },
  "of one layer": { num_hidden_layers: 1, full_length_layers: 1 },
} as const;

function configOf(own: object = {}): NarrowBertConfig {
  return new NarrowBertConfig({
    vocab_size: 60,
    hidden_size: 32,
    num_hidden_layers: 3,
    full_length_layers: 3,
    num_attention_heads: 4,
    intermediate_size: 48,
    max_position_embeddings: 40,
    initializer_range: 0.2,
    num_labels: 3,
    ...own,
  });
}

/** Texts, the shorter ones padded. */
function batch() {
  const longest = Math.max(...LENGTHS);
  const rowsOf = <T>(of: (length: number, l: number) => T) =>
    LENGTHS.map((length) => Array.from({ length: longest }, (_, l) => of(length, l)));
  return {
    input_ids: rowsOf((length, l) => l < length ? 5 + (7 * length + 3 * l) % 50 : 0),
    attention_mask: rowsOf((length, l): number => l < length ? 1 : 0),
  };
}

/** Rows of the last value that was computed of a layer. */
function rowsOfLast(recorded: ReadonlyMap<string, { dims: readonly number[] }>, layer: number): number {
  const states = [...recorded].filter(([path]) => path.includes(`encoder.layer.${layer}.`));
  return states.at(-1)![1].dims[0]!;
}

for (const [kind, own] of Object.entries(KINDS)) {
  Deno.test(`an ordinary BERT, ${kind}: its classes by the first rows are those by all rows`, async () => {
    const config = configOf(own);
    using model = await NarrowBertForSequenceClassification.from_config(config, { seed: 3 });
    const all = await model.forward(batch(), { output_hidden_states: true, recordValues: true });
    const tokens = LENGTHS.reduce((sum, length) => sum + length, 0);
    const last = config.num_hidden_layers - 1;
    assert.equal(rowsOfLast(all.recorded!, last), tokens);
    for (const narrow of ["auto", "projected", "absorbed"] as const) {
      if (narrow === "absorbed" && kind === "relative with keys") continue; // refused
      const some = await model.forward(batch(), { narrow, recordValues: true });
      assert.equal(rowsOfLast(some.recorded!, last), LENGTHS.length, narrow);
      assert.deepEqual(some.narrow_positions, all.narrow_positions);
      assertClose(some.logits!.data as Float32Array, all.logits!.data as Float32Array, BOUND, narrow);
    }
  });
}

Deno.test("an ordinary BERT's attentions are those of all tokens", async () => {
  using model = await NarrowBertModel.from_config(configOf(), { seed: 3 });
  const { attentions, pooler_output } = await model.forward(batch(), { output_attentions: true });
  const longest = Math.max(...LENGTHS);
  for (const layer of attentions!) assert.deepEqual(layer.dims, [LENGTHS.length, 4, longest, longest]);
  const { pooler_output: plain } = await model.forward(batch());
  assertClose(plain!.data as Float32Array, pooler_output!.data as Float32Array, BOUND, "pooled");
});

Deno.test("an ordinary BERT computes the rows that are asked for, few or all", async () => {
  using model = await NarrowBertForTokenClassification.from_config(configOf(), { seed: 5 });
  const { input_ids, attention_mask } = batch();
  const { logits: all } = await model.forward({ input_ids, attention_mask });
  const narrow = (every: number) => attention_mask.map((row) => row.map((kept, l) => l % every === 0 ? kept : 0));
  for (const every of [1, 2, 30]) {
    const inputs = { input_ids, attention_mask, narrow_mask: narrow(every) };
    const { logits, narrow_positions, recorded } = await model.forward(inputs, { recordValues: true });
    const rows = inputs.narrow_mask.flat().reduce((sum, one) => sum + one, 0);
    assert.equal(rowsOfLast(recorded!, 2), rows);
    const [, most] = narrow_positions!.dims as [number, number];
    for (let b = 0; b < LENGTHS.length; b++) {
      for (let r = 0; r < most; r++) {
        const position = Number(narrow_positions!.data[b * most + r]);
        if (position < 0) continue;
        const rowOf = ({ data, dims }: typeof all, row: number) => {
          const at = (b * dims[1]! + row) * 3;
          return (data as Float32Array).subarray(at, at + 3);
        };
        assertClose(rowOf(logits!, r), rowOf(all!, position), BOUND, `${every} [${b}][${position}]`);
      }
    }
  }
});

Deno.test("a head mask counts in the last layer too", async () => {
  using model = await NarrowBertForSequenceClassification.from_config(configOf(), { seed: 3 });
  const head_mask = Array.from({ length: 3 }, (_, layer) => [0, 1, 0.5, layer === 2 ? 0 : 1]);
  const all = await model.forward({ ...batch(), head_mask }, { output_hidden_states: true });
  const some = await model.forward({ ...batch(), head_mask });
  assertClose(some.logits.data, all.logits.data, BOUND, "logits");
  assert.notDeepEqual(some.logits.data, (await model.forward(batch())).logits.data);
});

Deno.test("batches of few rows and of many learn in one workspace", async () => {
  using model = await NarrowBertForMaskedLM.from_config(configOf(), { seed: 5 });
  using optimizer = new AdamW(model, { lr: 1e-3 });
  const { input_ids } = batch();
  const labelled = (every: number) => ({
    input_ids,
    labels: input_ids.map((row) => row.map((id, l) => l % every === 0 ? id : -100)),
  });
  const [few, all] = [labelled(20), labelled(1)];
  const of = async (batches: ReturnType<typeof labelled>[]) => (await optimizer.memory(batches)).activations;
  const [both, larger] = [await of([few, all]), await of([all])];
  assert(both <= 1.05 * larger, `${both} bytes for both, ${larger} for the larger`);
});

Deno.test("an ordinary BERT's texts without rows cost it nothing but their context", async () => {
  using model = await NarrowBertForMaskedLM.from_config(configOf(), { seed: 5 });
  const { input_ids, attention_mask } = batch();
  const none = attention_mask.map((row) => row.map(() => 0));
  const { logits } = await model.forward({ input_ids, attention_mask, narrow_mask: none });
  assert.equal(logits!.data.length, 0);
});

Deno.test("a trunk on an ordinary BERT answers alike from its texts and from their context", async () => {
  using trunk = await Trunk.from_config(configOf(), { readouts: [labelLogits, meanState], seed: 4 });
  const texts = LENGTHS.map((length) => ({ input_ids: Array.from({ length }, (_, l) => 5 + (length + 3 * l) % 50) }));
  const asks = texts.map((_, i) => i % 2 === 0 ? { label_logits: {} } : { label_logits: {}, mean_state: {} });
  const answers = await trunk.answer(texts.map((tokens, i) => ({ tokens, ask: asks[i]! })));
  using context = await trunk.encode(texts);
  const again = await trunk.ask(context, asks.map((ask, text) => ({ text, ask })));
  answers.forEach((one, i) => {
    for (const name of Object.keys(asks[i]!) as (keyof typeof one)[]) {
      const [a, b] = [one[name]!, again[i]![name]!];
      assertClose(a.values as Float32Array, b.values as Float32Array, BOUND, `${name} of text ${i}`);
    }
  });
});
