/** The last layer of an ordinary BERT computes only the rows that are asked for, with the same results. */

import assert from "node:assert/strict";
import {
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

Deno.test("an ordinary BERT computes few rows alone, and many with all the others", async () => {
  using model = await NarrowBertForTokenClassification.from_config(configOf(), { seed: 5 });
  const { input_ids, attention_mask } = batch();
  const { logits: all } = await model.forward({ input_ids, attention_mask });
  const narrow = (every: number) => attention_mask.map((row) => row.map((kept, l) => l % every === 0 ? kept : 0));
  const tokens = LENGTHS.reduce((sum, length) => sum + length, 0);
  for (const [every, computes] of [[1, "all"], [2, "some"], [30, "some"]] as const) {
    const inputs = { input_ids, attention_mask, narrow_mask: narrow(every) };
    const { logits, narrow_positions, recorded } = await model.forward(inputs, { recordValues: true });
    const rows = inputs.narrow_mask.flat().reduce((sum, one) => sum + one, 0);
    // Before the head, which computes rows alone in any case.
    assert.equal(rowsOfLast(recorded!, 2), computes === "all" ? tokens : rows);
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
    const [a, b] = [one.label_logits!, again[i]!.label_logits!];
    assertClose(a.values as Float32Array, b.values as Float32Array, BOUND, `text ${i}`);
  });
});
