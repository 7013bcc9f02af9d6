/** The passes of a trunk: equal texts are encoded once wherever they stand, and a call is one piece of work. */

import assert from "node:assert/strict";
import { labelLogits, NarrowBertModel, type Query, Trunk } from "../../mod.ts";
import { SPEEDS } from "../../src/gpu/adapter.ts";
import { passLimits } from "../../src/heads/trunk/sequences.ts";
import { countOf, gpuCallsOf } from "../properties/gpu_calls.ts";
import { CONFIG, longTokensOf, type READOUTS, smallTrunk, tokensOf } from "./small_trunk.ts";

type SmallQuery = Query<typeof READOUTS[number]>;

/** Queries of three passes. */
const LONG = Array.from({ length: 600 }, (_, i) => ({ tokens: longTokensOf(i), ask: { label_logits: {} } }));

Deno.test("a trunk or model that is disposed of during a call of several passes finishes it", async () => {
  const trunk = await Trunk.from_config(CONFIG, { readouts: [labelLogits], seed: 4 });
  const expected = await trunk.answer(LONG);
  const answering = trunk.answer(LONG);
  trunk.dispose();
  assert.deepEqual(await answering, expected);
  await assert.rejects(() => trunk.answer(LONG), /it was disposed/);
});

Deno.test("all passes of a call have the same weights if heads are pruned meanwhile", async () => {
  using model = await NarrowBertModel.from_config(CONFIG, { seed: 4, add_pooling_layer: false });
  const queries = LONG.map(({ tokens }) => ({ tokens, ask: { states: { positions: [0] } } }));
  const before = await model.trunk.answer(queries);
  const answering = model.trunk.answer(queries);
  model.prune_heads({ 0: [0, 1], 3: [2] });
  assert.deepEqual(await answering, before);
  const after = await model.trunk.answer(queries);
  for (const i of [0, 599]) assert.notDeepEqual(after[i], before[i]);
});

Deno.test("what a caller changes after the call has no effect on it", async () => {
  using trunk = await smallTrunk();
  const make = () =>
    LONG.map(({ tokens }, i) => ({
      tokens: { input_ids: Uint32Array.from(tokens.input_ids), token_type_ids: new Uint8Array(20) },
      ask: {
        states: { positions: [i % 20] },
        target_words: { positions: [1], targets: Uint32Array.of(7, 8, 9), top_k: 2 },
        word_probabilities: { positions: Uint32Array.of(1, 2), words: [8, 9] },
      },
    }));
  const expected = await trunk.answer(make());
  const mine = make();
  const options: { narrow: "auto" | "absorbed" } = { narrow: "auto" };
  const answering = trunk.answer(mine, options);
  options.narrow = "?" as "auto";
  for (const { tokens, ask: { states, target_words, word_probabilities } } of mine) {
    tokens.input_ids.fill(9999);
    tokens.token_type_ids.fill(1);
    states.positions[0] = 99;
    target_words.targets.fill(1);
    target_words.top_k = 3;
    word_probabilities.positions.fill(5);
    word_probabilities.words.length = 0;
  }
  mine.length = 1;
  assert.deepEqual(await answering, expected);
});

Deno.test("equal texts far apart in a list are encoded once", async () => {
  using trunk = await smallTrunk();
  const passes = async (queries: SmallQuery[]) => countOf(await gpuCallsOf(() => trunk.answer(queries)), "mapAsync");
  const asks: SmallQuery["ask"][] = [{ label_logits: {} }, { states: { positions: [1] } }, { mean_state: {} }];
  const texts = LONG.slice(0, 200).map(({ tokens }) => tokens); // 4,000 tokens, one pass
  const list = asks.flatMap((ask) => texts.map((tokens): SmallQuery => ({ tokens, ask })));
  assert.equal(await passes(list), 1);
  assert.equal(await passes(LONG), 3);
  const answers = await trunk.answer(list);
  const merged = await trunk.answer(texts.map((tokens) => ({ tokens, ask: Object.assign({}, ...asks) })));
  merged.forEach(({ label_logits, states, mean_state }, i) => {
    assert.deepEqual(
      [answers[i], answers[200 + i], answers[400 + i]],
      [{ label_logits }, { states }, { mean_state }],
    );
  });
});

const SAME: SmallQuery["ask"][] = [
  { label_logits: {} },
  { mean_state: {} },
  { states: {} },
  { word_logits: { positions: [2, 1] } },
  { top_words: { positions: [3], top_k: 4 } },
  { word_probabilities: { positions: [3], words: [8] } },
];

for (const ask of SAME) {
  Deno.test(`${Object.keys(ask)}: a question that is asked twice is computed once, by the same program`, async () => {
    const bytes = async (queries: SmallQuery[]) => {
      using trunk = await smallTrunk();
      await trunk.answer(queries);
      return trunk.activationBytes;
    };
    const list = LONG.slice(0, 64).map(({ tokens }): SmallQuery => ({ tokens, ask }));
    const fewer = list.slice(0, 63);
    assert.equal(await bytes([...fewer, { ...fewer[5]!, tokens: { ...fewer[5]!.tokens } }]), await bytes(fewer));
    assert.equal(await bytes(new Array(50).fill(list[0])), await bytes(list.slice(0, 1)));
  });
}

Deno.test("questions about one text that differ a little have answers of their own", async () => {
  using trunk = await smallTrunk();
  const tokens = tokensOf(3);
  const asks: SmallQuery["ask"][] = [
    { top_words: { positions: [1, 2], top_k: 2 } },
    { top_words: { positions: [1, 2], top_k: 4 } },
    { top_words: { positions: [2, 1], top_k: 2 } },
    { top_words: { positions: [1, 2], top_k: 2 } },
    { target_words: { positions: [1], targets: [7, 9] } },
    { target_words: { positions: [1], targets: [8], top_k: 1 } },
    { word_probabilities: { positions: [1, 2], words: [8, 9] } },
    { word_probabilities: { positions: [1, 2], words: [9, 8] } },
    { word_probabilities: { positions: [1, 2], words: [8, 9] } },
    { states: { positions: [1, 2] }, mean_state: { positions: [1, 2] } },
    { states: { positions: [2, 1] }, mean_state: { positions: [1] } },
    { states: { positions: [1, 2] }, mean_state: { positions: [1, 2] } },
    { states: { positions: [12] } },
  ];
  const together = await trunk.answer(asks.map((ask) => ({ tokens, ask })));
  for (const [i, ask] of asks.entries()) {
    const [alone] = await trunk.answer([{ tokens, ask }]);
    for (const [name, { values, ...others }] of Object.entries(alone!)) {
      const found = together[i]![name as keyof typeof alone]! as { values: ArrayLike<number> };
      assert.equal(found.values.length, values.length);
      Array.from(values, (value, v) => assert(Math.abs(found.values[v]! - value) <= 1e-5, `question ${i}, ${name}`));
      assert.deepEqual({ ...found, values: 0 }, { ...others, values: 0 });
    }
  }
});

Deno.test("no kernel of a pass takes more than an estimated 0.5 s, and a pass has 4,096 tokens at most", () => {
  const base = { hidden_size: 768, intermediate_size: 3072 };
  for (const speed of Object.values(SPEEDS)) {
    const { tokens, elements } = passLimits(base, speed);
    const { rate } = speed;
    assert(tokens * 768 * 3072 * rate <= 5e8 && tokens <= 4096);
    assert(elements * 768 * rate <= 5e8 && elements <= 2 ** 25);
  }
  assert.deepEqual(passLimits(base, SPEEDS.software), { tokens: 1324, elements: 4_069_010 });
  assert.equal(passLimits({ hidden_size: 384, intermediate_size: 1536 }, SPEEDS.software).tokens, 4096);
});
