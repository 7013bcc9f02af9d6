/** One trunk, several readouts: a shared pass gives what each question gives alone, and what the model classes give. */

import assert from "node:assert/strict";
import {
  choiceLogit,
  InputError,
  labelLogits,
  meanState,
  NarrowBertForMaskedLM,
  NarrowBertModel,
  pipeline,
  type Query,
  states,
  tokenLogits,
  topWords,
  Trunk,
  wordLogits,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { CONFIG, longTokensOf, type READOUTS, smallTrunk, tokensOf } from "./small_trunk.ts";

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, name: string) {
  assert.equal(found.length, expected.length, name);
  for (let i = 0; i < found.length; i++) {
    assert(Math.abs(found[i]! - expected[i]!) <= 1e-5, `${name}[${i}]: expected ${expected[i]}, got ${found[i]}`);
  }
}

Deno.test("several readouts on one pass give what each gives in a pass of its own", async () => {
  using all = await smallTrunk();
  const asks: Query<typeof READOUTS[number]>["ask"][] = [
    { top_words: { positions: [2, 0], top_k: 3 }, label_logits: {} },
    { states: {}, mean_state: { positions: [1, 2] } },
    { label_logits: {} },
    { top_words: { positions: [1] }, states: { positions: [2, 2, 1] }, mean_state: {} },
    { word_logits: { positions: [0, 1] }, target_words: { positions: [1], targets: [7, 9], top_k: 2 } },
    { word_probabilities: { positions: [2, 1], words: [8, 9] }, states: { positions: [] } },
  ];
  const queries = asks.map((ask, i) => ({ tokens: tokensOf(i), ask }));
  const together = await all.answer(queries);
  for (const [i, { tokens, ask }] of queries.entries()) {
    for (const [name, options] of Object.entries(ask)) {
      const [alone] = await all.answer([{ tokens, ask: { [name]: options } }]);
      const [found, expected] = [together[i]!, alone!].map((answers) =>
        Object.entries(answers).find(([n]) => n === name)![1]
      );
      assertClose(found!.values, expected!.values, `query ${i}, ${name}`);
      if ("words" in found! && "words" in expected!) assert.deepEqual(found.words, expected.words);
    }
  }
  assert.deepEqual([together[0]!.top_words!.words.length, together[3]!.top_words!.words.length], [6, 5]);
  assert.equal(together[1]!.states!.values.length, tokensOf(1).input_ids.length * 32);
  assert.equal(together[5]!.states!.values.length, 0);
});

Deno.test("states at repeated and unsorted positions come in the order asked for", async () => {
  using all = await smallTrunk();
  const tokens = tokensOf(3);
  const [one, other] = await all.answer([
    { tokens, ask: { states: { positions: [3, 0, 3] } } },
    { tokens, ask: { states: { positions: [0, 3] } } },
  ]);
  const row = (answer: typeof one, r: number) => Array.from(answer!.states!.values).slice(32 * r, 32 * (r + 1));
  assert.deepEqual(row(one, 0), row(other, 1));
  assert.deepEqual(row(one, 1), row(other, 0));
  assert.deepEqual(row(one, 2), row(one, 0));
});

Deno.test("equal token lists are encoded once, other types are another list", async () => {
  const bytes = async (queries: Query<typeof READOUTS[number]>[]) => {
    using fresh = await smallTrunk();
    await fresh.answer(queries);
    return fresh.activationBytes;
  };
  const tokens = tokensOf(2);
  const copies = Array.from({ length: 50 }, () => ({ tokens: { ...tokens }, ask: { label_logits: {} } }));
  const one = await bytes(copies.slice(0, 1));
  assert.equal(await bytes(copies), one);
  const types = tokens.input_ids.map((_, i) => Number(i > 1));
  const typed = { tokens: { ...tokens, token_type_ids: types }, ask: { label_logits: {} } };
  assert(await bytes([...copies, typed]) > one, "two texts take more memory than one");
  using all = await smallTrunk();
  const [first, ...others] = await all.answer([...copies, typed]);
  assert.notDeepEqual(others.pop(), first);
  for (const other of others) assert.deepEqual(other, first);
});

Deno.test("a long list is answered in several passes, in its order", async () => {
  using all = await smallTrunk();
  const queries = Array.from({ length: 600 }, (_, i) => ({
    tokens: longTokensOf(i),
    ask: { label_logits: {} },
  }));
  const answers = await all.answer(queries);
  for (const i of [0, 203, 204, 205, 599]) {
    const [alone] = await all.answer([queries[i]!]);
    assertClose(answers[i]!.label_logits!.values, alone!.label_logits!.values, `query ${i}`);
  }
  assert.deepEqual(await all.answer([]), []);
});

Deno.test("a trunk gives what the model classes give", async () => {
  const folder = goldenModel("masked-lm");
  using model = await NarrowBertForMaskedLM.from_pretrained(folder);
  using base = await NarrowBertModel.from_pretrained(folder, { add_pooling_layer: false });
  using all = await Trunk.load(folder, { readouts: [topWords, states, meanState, wordLogits] });
  const input_ids = [3, 9, 4, 12, 5, 20];
  const positions = [1, 3, 4];
  const narrow_mask = [input_ids.map((_, i) => Number(positions.includes(i)))];
  const [answer] = await all.answer([{
    tokens: { input_ids },
    ask: {
      top_words: { positions, top_k: 4 },
      states: { positions },
      mean_state: { positions },
      word_logits: { positions },
    },
  }]);
  const best = await model.top_k({ input_ids: [input_ids], narrow_mask }, 4);
  assert.deepEqual(Array.from(answer!.top_words!.words), Array.from(best.indices.data, Number));
  const numbers = (data: ArrayLike<number | bigint>) => Array.from(data, Number);
  assertClose(answer!.top_words!.values, numbers(best.scores.data), "top words");
  const { logits } = await model.forward({ input_ids: [input_ids], narrow_mask });
  assertClose(answer!.word_logits!.values, numbers(logits.data), "logits");
  const { last_hidden_state } = await base.forward({ input_ids: [input_ids], narrow_mask });
  assertClose(answer!.states!.values, numbers(last_hidden_state.data), "states");
  const mean = await base.mean_pooling({ input_ids: [input_ids], narrow_mask });
  assertClose(answer!.mean_state!.values, numbers(mean.data), "mean");
  assert.deepEqual(
    numbers((await model.trunk.answer([{ tokens: { input_ids }, ask: { states: { positions } } }]))[0]!.states!.values)
      .length,
    96,
  );
});

Deno.test("queries that cannot be answered are refused by name before anything is computed", async () => {
  using all = await smallTrunk();
  const good = { tokens: tokensOf(1), ask: { label_logits: {} } };
  const cases: [query: unknown, message: RegExp][] = [
    [
      { tokens: tokensOf(1), ask: {} },
      /^Cannot answer query 2 of 2: it must ask a readout, of top_words, .*; got none$/,
    ],
    [{ tokens: tokensOf(1), ask: { colours: {} } }, /there is no readout "colours"; this trunk has top_words, /],
    [{ tokens: tokensOf(1), ask: { states: 5 } }, /states must be an object of options, got 5$/],
    [
      { tokens: tokensOf(1), ask: { top_words: {} } },
      /top_words\.positions must be an array of positions, got undefined$/,
    ],
    [
      { tokens: tokensOf(1), ask: { states: { positions: [0, 8] } } },
      /states\.positions\[1\] must be a position from 0 to 7 of its text, got 8$/,
    ],
    [{ tokens: tokensOf(1), ask: { states: { positions: [-1] } } }, /positions\[0\] .*got -1$/],
    [
      { tokens: tokensOf(1), ask: { top_words: { positions: [1], top_k: 61 } } },
      /top_k must be a whole number from 1 to 60, got 61/,
    ],
    [
      { tokens: tokensOf(1), ask: { word_probabilities: { positions: [1], words: [60] } } },
      /word_probabilities\.words\[0\] must be a word from 0 to 59, got 60$/,
    ],
    [
      { tokens: tokensOf(1), ask: { word_probabilities: { positions: [1, 2], words: [6] } } },
      /a word for each of 2 positions, got 1$/,
    ],
    [{ tokens: { input_ids: [] }, ask: good.ask }, /it must have 1 to 40 tokens, got 0$/],
    [{ tokens: { input_ids: new Array(41).fill(5) }, ask: good.ask }, /it must have 1 to 40 tokens, got 41$/],
    [{ tokens: {}, ask: good.ask }, /it must have 1 to 40 tokens, got no input_ids$/],
    [{ tokens: { input_ids: [1, 60] }, ask: good.ask }, /input_ids\[1\] must be a whole number from 0 to 59, got 60$/],
    [{ tokens: { input_ids: [1, 1.5] }, ask: good.ask }, /input_ids\[1\] .*got 1\.5$/],
    [{ tokens: { input_ids: [1], token_type_ids: [2] }, ask: good.ask }, /token_type_ids\[0\] .*from 0 to 1, got 2$/],
    [
      { tokens: { input_ids: [1], token_type_ids: [0, 0] }, ask: good.ask },
      /token_type_ids must have 1 elements, got 2$/,
    ],
    [
      { tokens: { input_ids: [1, 2], attention_mask: [1, 0] }, ask: good.ask },
      /attention_mask\[1\] must be 1, .*got 0$/,
    ],
    [{ tokens: { input_ids: [1], attention_mask: [1, 0] }, ask: good.ask }, /attention_mask must have 1 .*, got 2$/],
    [{ tokens: { input_ids: [1], attention_mask: null }, ask: good.ask }, /attention_mask must have 1 .*, got null$/],
    [null, /^Cannot answer query 2 of 2: it must be an object of tokens and ask, got null$/],
    [{ ...good, top_k: 3 }, /^Cannot answer query 2 of 2: it must be an object of tokens and ask, got "top_k"$/],
    [{ ask: good.ask }, /^Cannot answer query 2 of 2: tokens must be an object with input_ids, got undefined$/],
    [
      { tokens: tokensOf(1), ask: { top_words: { positions: [1], topk: 2 } } },
      /query 2 of 2: top_words has no option "topk"; its options are positions, top_k$/,
    ],
    [{ tokens: tokensOf(1), ask: { label_logits: { top_k: 1 } } }, /label_logits has no option "top_k"; it has none$/],
    [{ tokens: tokensOf(1), ask: { states: [1] } }, /states must be an object of options, got an array$/],
    ...([[{ positions: [1] }, "undefined"], [{ positions: [1], targets: "abc" }, '"abc"']] as const).map(
      ([target_words, found]): typeof cases[number] => [
        { tokens: tokensOf(1), ask: { target_words } },
        new RegExp(`target_words\\.targets must be an array of words, got ${found}$`),
      ],
    ),
    ...[-1, 0, 1.5, 61, "x", null].map((top_k): typeof cases[number] => [
      { tokens: tokensOf(1), ask: { target_words: { positions: [1], targets: [7], top_k } } },
      new RegExp(`target_words\\.top_k must be a whole number from 1 to 60, got ${top_k}$`),
    ]),
  ];
  for (const [query, message] of cases) {
    await assert.rejects(() => all.answer([good, query as typeof good]), (error: Error) => {
      assert(error instanceof InputError, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(() => all.answer([good], { narow: "auto" } as object), /there is no option "narow"/);
  const aborted = AbortSignal.abort(new Error("enough"));
  for (const queries of [[good], []]) await assert.rejects(() => all.answer(queries, { signal: aborted }), /enough/);
  for (const [queries, found] of [[undefined, "undefined"], [good, "another object"]] as const) {
    await assert.rejects(() => all.answer(queries as never), {
      name: "InputError",
      message: `Cannot answer queries: they must be in an array, got ${found}`,
    });
  }
});

Deno.test("a trunk needs readouts, each with a name of its own", async () => {
  await assert.rejects(() => Trunk.from_config(CONFIG, { readouts: ["states"] as never }), {
    name: "TypeError",
    message: "Cannot make a Trunk: readouts must be readouts of this library, such as topWords, got a string",
  });
  await assert.rejects(() => Trunk.from_config(CONFIG, { readouts: [] }), {
    name: "RangeError",
    message: "Cannot make a Trunk: readouts must name one at least, got none",
  });
  await assert.rejects(() => Trunk.from_config(CONFIG, { readouts: [states, { ...meanState, name: "states" }] }), {
    name: "RangeError",
    message: 'Cannot make a Trunk: readouts must have names of their own, got two called "states"',
  });
  for (const readouts of [[labelLogits, tokenLogits], [labelLogits, choiceLogit]]) {
    const [one, other] = readouts.map(({ name }) => name);
    await assert.rejects(() => Trunk.from_config(CONFIG, { readouts }), {
      name: "RangeError",
      message: `Cannot make a Trunk: readouts must read different weights or the same head, got ${one} and ${other}, ` +
        'whose heads are both "classifier" in a checkpoint; make a Trunk for each',
    });
  }
  await assert.rejects(
    () => Trunk.load(goldenModel("base"), { readouts: [topWords] }),
    /the masked_lm head is missing/,
  );
});

Deno.test("pipelines on one trunk have its weights on the GPU once, and free them when the last is disposed of", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  const fill = await pipeline("fill-mask");
  const one = buffers.liveBytes - before;
  const embed = await pipeline("feature-extraction", fill);
  const score = await pipeline("score", { model: fill.model, tokenizer: fill.tokenizer });
  assert(buffers.liveBytes - before <= 1.05 * one, `${buffers.liveBytes - before} bytes, ${one} for one pipeline`);
  const [text, masked] = ["a large animal with a long trunk", "a large [MASK] with a long neck"];
  using alone = await pipeline("feature-extraction");
  assert(buffers.liveBytes - before > 1.5 * one, "two loads of one path stay two");
  assert.deepEqual(await embed(text, { pooling: "mean" }), await alone(text, { pooling: "mean" }));
  const words = await fill(masked, { top_k: 1 });
  fill.dispose();
  await assert.rejects(() => fill(masked), /it was disposed/);
  assert((await score(text)).score < 0);
  const again = await pipeline("fill-mask", score);
  assert.deepEqual(await again(masked, { top_k: 1 }), words);
  for (const one of [embed, score, again]) one.dispose();
  alone.dispose();
  assert.equal(buffers.liveBytes, before);
});

Deno.test("a pipeline on a trunk without its head is refused", async () => {
  using embed = await pipeline("feature-extraction");
  await assert.rejects(() => pipeline("fill-mask", embed), {
    name: "TypeError",
    message:
      "Cannot make a pipeline for fill-mask on the weights of a NarrowBertModel: they must include the masked_lm " +
      'head, got none; load pipeline("fill-mask", FOLDER) on its own',
  });
  await assert.rejects(() => pipeline("score", embed, { dtype: "f32" }), /there is no option "dtype"/);
  const { tokenizer } = embed;
  await assert.rejects(
    () => pipeline("score", { model: {}, tokenizer } as never),
    /model must be a model of this library/,
  );
});
