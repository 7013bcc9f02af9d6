/** Contexts that stay: what they answer is what a fresh call answers, and only the narrow layers are computed for it. */

import assert from "node:assert/strict";
import {
  AdamW,
  type Context,
  type ContextQuery,
  maskedWords,
  type meanState,
  NarrowBertConfig,
  NarrowBertForSequenceClassification,
  type Query,
  type Readout,
  states,
  type topWords,
  Trunk,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { coreOf } from "../../src/heads/pretrained.ts";
import { ownDevice } from "../gpu/own_device.ts";
import { countOf, gpuCallsOf } from "../properties/gpu_calls.ts";
import { CONFIG, longTokensOf, READOUTS, smallTrunk, tokensOf } from "./small_trunk.ts";

type Small = typeof READOUTS[number];

function assertSameAnswers(found: readonly object[], expected: readonly object[]) {
  assert.equal(found.length, expected.length);
  for (const [q, answers] of expected.entries()) {
    assert.deepEqual(Object.keys(found[q]!), Object.keys(answers));
    for (const [name, { values, words }] of Object.entries(answers)) {
      const own = (found[q] as Record<string, { values: ArrayLike<number>; words?: Uint32Array }>)[name]!;
      assert.equal(own.values.length, values.length, name);
      for (let i = 0; i < values.length; i++) {
        const difference = Math.abs(own.values[i]! - values[i]!);
        assert(difference <= 1e-5, `query ${q}, ${name}[${i}]: expected ${values[i]}, got ${own.values[i]}`);
      }
      assert.deepEqual(own.words, words);
    }
  }
}

/** The same questions of a fresh call. */
const freshOf = (texts: readonly Query["tokens"][], queries: readonly ContextQuery<Small>[]): Query<Small>[] =>
  queries.map(({ text = 0, ask }) => ({ tokens: texts[text]!, ask: ask as Query<Small>["ask"] }));

/** One question for each readout, and mixtures of them, about texts in no order. */
const QUERIES: ContextQuery<Small>[] = [
  { text: 3, ask: { top_words: { positions: [2, 0], top_k: 3 }, label_logits: {} } },
  { text: 0, ask: { states: {}, mean_state: { positions: [1, 2] } } },
  { text: 3, ask: { label_logits: {} } },
  { text: 5, ask: { top_words: { positions: [1] }, states: { positions: [2, 2, 1] }, mean_state: {} } },
  { text: 1, ask: { word_logits: { positions: [0, 1] }, target_words: { positions: [1], targets: [7, 9], top_k: 2 } } },
  { text: 2, ask: { pooled_state: { poolings: ["max", "lasttoken"], from: 1 }, mean_state: {} } },
  { text: 5, ask: { word_probabilities: { positions: [2, 1], words: [8, 9] }, states: { positions: [] } } },
  { text: 2, ask: { pooled_state: { poolings: ["max", "lasttoken", "weightedmean"] }, label_logits: {} } },
];

const CONFIGS: Record<string, Partial<ConstructorParameters<typeof NarrowBertConfig>[0]>> = {
  "two full layers": {},
  "no full layer": { full_length_layers: 0 },
  "an ordinary BERT": { full_length_layers: 4 },
  "distances of keys": { position_embedding_type: "relative_key" },
  "distances of keys and queries": { position_embedding_type: "relative_key_query" },
  "a width that is no multiple of 4": { hidden_size: 30, num_attention_heads: 3 },
};

for (const [name, keys] of Object.entries(CONFIGS)) {
  Deno.test(`a context answers what a fresh call answers: ${name}`, async () => {
    const config = new NarrowBertConfig({ ...CONFIG, ...keys });
    using trunk = await Trunk.from_config(config, { readouts: READOUTS, seed: 4 });
    const texts = [0, 1, 2, 3, 4, 5].map(tokensOf);
    using context = await trunk.encode(texts);
    const forms = keys!.position_embedding_type === "relative_key_query"
      ? ["auto", "projected"] as const
      : ["auto", "absorbed", "projected"] as const;
    for (const narrow of forms) {
      const expected = await trunk.answer(freshOf(texts, QUERIES), { narrow });
      assertSameAnswers(await trunk.ask(context, QUERIES, { narrow }), expected);
      for (const [q, query] of QUERIES.entries()) {
        assertSameAnswers(await trunk.ask(context, [query], { narrow }), [expected[q]!]);
      }
    }
  });
}

Deno.test("the readouts of this test are all that a context can be asked", () => {
  const asked = new Set(QUERIES.flatMap(({ ask }) => Object.keys(ask)));
  assert.deepEqual([...asked].sort(), READOUTS.map(({ name }) => name).filter((n) => n !== "masked_words").sort());
});

Deno.test("many texts are in several buffers, and equal ones in one place", async () => {
  using trunk = await smallTrunk();
  const texts = Array.from({ length: 900 }, (_, i) => longTokensOf(i % 600));
  using context = await trunk.encode(texts);
  assert.equal(context.texts, 900);
  assert.equal(context.bytes, 600 * 20 * 32 * 4);
  const queries = [899, 0, 450, 299, 599, 1].map((text): ContextQuery<Small> => ({
    text,
    ask: { label_logits: {}, states: { positions: [text % 20] } },
  }));
  assertSameAnswers(await trunk.ask(context, queries), await trunk.answer(freshOf(texts, queries)));
});

Deno.test("a question of a context computes the narrow layers alone, and a warm one makes nothing new", async () => {
  using trunk = await Trunk.from_config(CONFIG, { readouts: [states], seed: 4 });
  const tokens = tokensOf(4);
  const ask = { states: { positions: [0] } };
  using context = await trunk.encode([tokens]);
  await Promise.all([trunk.answer([{ tokens, ask }]), trunk.ask(context, [{ ask }])]);
  const gpu = await requestGpu();
  const { buffers, bindGroups, pipelines } = gpu.counts;
  const fresh = await gpuCallsOf(() => trunk.answer([{ tokens, ask }]));
  const asked = await gpuCallsOf(() => trunk.ask(context, [{ ask }]));
  assert.deepEqual({ buffers, bindGroups, pipelines }, {
    buffers: gpu.counts.buffers,
    bindGroups: gpu.counts.bindGroups,
    pipelines: gpu.counts.pipelines,
  });
  const encoded = await gpuCallsOf(async () => (await trunk.encode([tokens])).dispose());
  const [all, narrow, full] = [fresh, asked, encoded].map((calls) => countOf(calls, "dispatchWorkgroups"));
  assert.equal(narrow! + full!, all);
  assert(narrow! > 0 && full! > 0);
  assert.equal(countOf(asked, "submit"), 1);
  assert.equal(countOf(asked, "mapAsync"), 1);
});

Deno.test("what a caller changes after the call has no effect on a context", async () => {
  using trunk = await smallTrunk();
  const input_ids = Uint32Array.from(tokensOf(3).input_ids);
  const token_type_ids = input_ids.map((_, i) => Number(i > 2));
  const before = { input_ids: Array.from(input_ids), token_type_ids: Array.from(token_type_ids) };
  const encoding = trunk.encode([{ input_ids, token_type_ids }]);
  input_ids.fill(9999);
  token_type_ids.fill(0);
  using context = await encoding;
  const positions = [1, 2];
  const asking = trunk.ask(context, [{ ask: { states: { positions } } }]);
  positions.fill(7);
  const expected = await trunk.answer([{ tokens: before, ask: { states: { positions: [1, 2] } } }]);
  assertSameAnswers(await asking, expected);
});

Deno.test("masked_words gives what top_words gives of a text that is masked", async () => {
  using trunk = await smallTrunk();
  const tokens = { ...tokensOf(4), token_type_ids: tokensOf(4).input_ids.map((_, i) => Number(i > 3)) };
  const masked = { ...tokens, input_ids: tokens.input_ids.map((id, i) => i === 2 || i === 5 ? 4 : id) };
  const ask = { positions: [5, 2], top_k: 3 };
  const [found, plain] = await trunk.answer([
    { tokens, ask: { masked_words: { ...ask, mask_token_id: 4 }, top_words: ask } },
    { tokens: masked, ask: { top_words: ask } },
  ]);
  assertSameAnswers([{ words: found!.masked_words! }], [{ words: plain!.top_words! }]);
  const [alone] = await trunk.answer([{ tokens, ask: { top_words: ask } }]);
  assertSameAnswers([{ words: found!.top_words! }], [{ words: alone!.top_words! }]);
  await assert.rejects(
    () => trunk.answer([{ tokens, ask: { masked_words: { ...ask, mask_token_id: 60 } } }]),
    /masked_words\.mask_token_id must be a word from 0 to 59, got 60$/,
  );
});

Deno.test("contexts are counted, and their bytes come back", async () => {
  const gpu = await requestGpu();
  using trunk = await smallTrunk();
  const texts = [tokensOf(1), tokensOf(2)];
  const bytes = (tokensOf(1).input_ids.length + tokensOf(2).input_ids.length) * 32 * 4;
  const ask = async (context: Context) => await trunk.ask(context, [{ text: 1, ask: { label_logits: {} } }]);
  {
    using context = await trunk.encode(texts);
    await ask(context);
  }
  const before = gpu.counts.liveBytes;
  for (let round = 0; round < 100; round++) {
    const context = await trunk.encode(texts);
    assert.deepEqual([context.bytes, trunk.contextBytes, gpu.counts.liveBytes], [bytes, bytes, before + bytes]);
    if (round % 10 === 0) await ask(context);
    context.dispose();
    context.dispose();
    assert.deepEqual([trunk.contextBytes, gpu.counts.liveBytes], [0, before]);
  }
  using none = await trunk.encode([]);
  assert.deepEqual([none.texts, none.bytes, await trunk.ask(none, [])], [0, 0, []]);
});

Deno.test("a context that is printed shows nothing of the model", async () => {
  using trunk = await smallTrunk();
  using context = await trunk.encode([tokensOf(1)]);
  assert.equal(Deno.inspect(context), "KeptContext {}");
});

Deno.test("a limit of bytes holds for all contexts of a model, also for those under way", async () => {
  const text = tokensOf(2);
  const bytes = text.input_ids.length * 32 * 4;
  using trunk = await Trunk.from_config(CONFIG, { readouts: [states], maxContextBytes: 2 * bytes + 16 });
  const first = await trunk.encode([text]);
  const attempts = await Promise.allSettled([trunk.encode([text]), trunk.encode([text])]);
  assert.deepEqual(attempts.map(({ status }) => status), ["fulfilled", "rejected"]);
  const [second, refused] = attempts as [PromiseFulfilledResult<Context>, PromiseRejectedResult];
  assert.equal(refused.reason.name, "OverloadedError");
  assert.equal(
    refused.reason.message,
    `Cannot keep a context of ${bytes} bytes: maxContextBytes is ${2 * bytes + 16}, and contexts of ${
      2 * bytes
    } bytes ` +
      "are kept; dispose of contexts that are not needed any more, or load the model with a larger maxContextBytes",
  );
  first.dispose();
  (await trunk.encode([text])).dispose();
  second.value.dispose();
  await assert.rejects(() => trunk.encode([0, 1, 2, 3].map(longTokensOf)), /encode fewer texts at once, or load/);
  assert.equal(trunk.contextBytes, 0);
  for (const maxContextBytes of [-1, 0.5, NaN, "1"] as number[]) {
    await assert.rejects(() => Trunk.from_config(CONFIG, { readouts: [states], maxContextBytes }), {
      name: "RangeError",
      message: /^Cannot make a model with maxContextBytes .*: it must be a whole number of bytes, or Infinity$/,
    });
  }
});

Deno.test("a context that is disposed of while it is asked answers, and refuses later questions", async () => {
  const gpu = await requestGpu();
  using trunk = await smallTrunk();
  const context = await trunk.encode([tokensOf(3)]);
  const query = { ask: { states: { positions: [0] } } };
  const expected = await trunk.ask(context, [query]);
  const before = gpu.counts.liveBytes;
  const asking = trunk.ask(context, [query]);
  context.dispose();
  assert.equal(gpu.counts.liveBytes, before);
  assert.deepEqual(await asking, expected);
  assert.equal(gpu.counts.liveBytes, before - tokensOf(3).input_ids.length * 32 * 4);
  await assert.rejects(() => trunk.ask(context, [query]), /^DisposedError: Cannot ask this context: it was disposed/);
});

Deno.test("a model frees its contexts when its last owner disposes of it", async () => {
  const gpu = await requestGpu();
  const before = gpu.counts.liveBytes;
  const trunk = await Trunk.from_config(CONFIG, { readouts: [states] });
  const context = await trunk.encode([tokensOf(1)]);
  const asking = trunk.ask(context, [{ ask: { states: {} } }]);
  trunk.dispose();
  assert.equal((await asking)[0]!.states!.values.length, tokensOf(1).input_ids.length * 32);
  assert.equal(gpu.counts.liveBytes, before);
  await assert.rejects(() => trunk.ask(context, [{ ask: { states: {} } }]), /Cannot use this Trunk: it was disposed/);
  context.dispose();
  assert.equal(gpu.counts.liveBytes, before);
});

Deno.test("an encoding that is aborted, or fails, leaves nothing", async () => {
  const gpu = await requestGpu();
  using trunk = await smallTrunk();
  (await trunk.encode([tokensOf(1)])).dispose();
  const before = gpu.counts.liveBytes;
  const abort = new AbortController();
  const encoding = trunk.encode([tokensOf(1)], { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(encoding, /enough/);
  await assert.rejects(trunk.encode([tokensOf(1)], { signal: abort.signal }), /enough/);
  assert.deepEqual([trunk.contextBytes, gpu.counts.liveBytes], [0, before]);
});

Deno.test("another trunk on the same weights may ask, one on other weights may not", async () => {
  using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 4 });
  using other = await smallTrunk();
  using context = await model.trunk.encode([tokensOf(2)]);
  const ask = { label_logits: {} };
  using fine = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 4 });
  await assert.rejects(() => fine.trunk.ask(context, [{ ask }]), /it is of another model/);
  const [found] = await new Trunk(coreOf(model)).ask(context, [{ ask }]);
  const [expected] = await model.trunk.answer([{ tokens: tokensOf(2), ask }]);
  assertSameAnswers([found!], [expected!]);
  await assert.rejects(() => other.ask(context, [{ ask }]), {
    name: "InputError",
    message: "Cannot ask this context: it is of another model; ask a trunk on the weights that it was encoded with",
  });
});

Deno.test("a context is refused once its full layers have changed, and only then", async () => {
  using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 4 });
  const { trunk } = model;
  const text = tokensOf(2);
  const ask = { label_logits: {} };
  const batch = { input_ids: [text.input_ids], labels: [1] };
  using context = await trunk.encode([text]);
  const frozen = ["narrow_bert.embeddings", "narrow_bert.encoder.layer.0", "narrow_bert.encoder.layer.1"];
  const refused = {
    name: "InputError",
    message:
      "Cannot ask this context: the model was pruned, or the weights of its full layers were changed, since it " +
      "was encoded; encode the texts again",
  };
  {
    using optimizer = new AdamW(model, { lr: 0.1, frozen });
    const before = await trunk.ask(context, [{ ask }]);
    await optimizer.step(batch);
    const after = await trunk.ask(context, [{ ask }]);
    assert.notDeepEqual(after, before);
    assertSameAnswers(after, await trunk.answer([{ tokens: text, ask }]));
  }
  using optimizer = new AdamW(model, { lr: 0.1 });
  await optimizer.step(batch);
  await assert.rejects(() => trunk.ask(context, [{ ask }]), refused);
  using second = await trunk.encode([text]);
  assertSameAnswers(await trunk.ask(second, [{ ask }]), await trunk.answer([{ tokens: text, ask }]));
  await model.load_state_dict(await model.state_dict());
  await assert.rejects(() => trunk.ask(second, [{ ask }]), refused);
  using third = await trunk.encode([text]);
  model.prune_heads({ 3: [0] });
  await assert.rejects(() => trunk.ask(third, [{ ask }]), refused);
  using fourth = await trunk.encode([text]);
  assertSameAnswers(await trunk.ask(fourth, [{ ask }]), await trunk.answer([{ tokens: text, ask }]));
});

Deno.test("a question before an update of the weights is answered, and none after it", async () => {
  const gpu = await requestGpu();
  using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 4 });
  const { trunk } = model;
  using context = await trunk.encode([tokensOf(2)]);
  const queries = [{ ask: { label_logits: {} } }];
  const expected = await trunk.ask(context, queries);
  const { scheduler } = gpu;
  const [weight] = await coreOf(model).use((runner) => Promise.resolve(runner.parameters));
  /** Queues an update right behind the next job. */
  const run: typeof scheduler.run = async (job) => {
    delete (scheduler as Partial<typeof scheduler>).run;
    const result = scheduler.run(job);
    await scheduler.run({
      label: "an update",
      steps: [],
      encode: () => {
        gpu.versions.changed(weight!.buffer);
        return gpu.device.createCommandEncoder().finish();
      },
      staging: gpu.staging.acquire(16),
      bytes: 16,
      take: () => null,
    });
    return await result;
  };
  Object.assign(scheduler, { run });
  assert.deepEqual(await trunk.ask(context, queries), expected);
  await assert.rejects(() => trunk.ask(context, queries), /the weights of its full layers were changed/);
  Object.assign(scheduler, { run });
  using before = await trunk.encode([tokensOf(2)]);
  await assert.rejects(() => trunk.ask(before, queries), /the weights of its full layers were changed/);
  using after = await trunk.encode([tokensOf(2)]);
  assertSameAnswers(await trunk.ask(after, queries), expected);
});

Deno.test("a question that comes before an update is answered by the weights as they were", async () => {
  for (const latency of ["normal", "low"] as const) {
    using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 4, latency });
    using optimizer = new AdamW(model, { lr: 0.1 });
    const { trunk } = model;
    const text = tokensOf(2);
    const batch = { input_ids: [text.input_ids], labels: [1] };
    const queries = [{ ask: { label_logits: {} } }];
    await optimizer.step(batch);
    using context = await trunk.encode([text]);
    const expected = await trunk.ask(context, queries);
    const asking = [trunk.ask(context, queries), trunk.ask(context, queries)];
    const step = optimizer.step(batch);
    for (const answers of await Promise.all(asking)) assert.deepEqual(answers, expected);
    await step;
    await assert.rejects(() => trunk.ask(context, queries), /the weights of its full layers were changed/);
  }
});

Deno.test("questions that a context cannot answer are refused by name", async () => {
  using trunk = await smallTrunk();
  using context = await trunk.encode([tokensOf(1), tokensOf(2)]);
  const cases: [query: unknown, message: RegExp][] = [
    [{ ask: { label_logits: {} } }, /text must be the number of a text of the context, from 0 to 1, got none$/],
    [{ text: 2, ask: { label_logits: {} } }, /^Cannot answer query 2 of 2: text must be .*from 0 to 1, got 2$/],
    [{ text: "0", ask: { label_logits: {} } }, /got "0"$/],
    [{ text: 0.5, ask: { label_logits: {} } }, /got 0\.5$/],
    [{ text: 0, tokens: tokensOf(3), ask: { label_logits: {} } }, /names its text by text, and must have no tokens/],
    [
      { text: 0, ask: { states: { positions: [8] } } },
      /positions\[0\] must be a position from 0 to 7 of its text, got 8$/,
    ],
    [{ text: 0, ask: {} }, /it must ask a readout, of top_words, .*; got none$/],
    [
      { text: 0, ask: { masked_words: { positions: [1], mask_token_id: 4 } } },
      /masked_words changes tokens of its text, and a context was computed from the text as it was; ask a trunk's answer$/,
    ],
    [null, /it must be an object of text and ask, got null$/],
    [{ texts: 1, ask: { label_logits: {} } }, /it must be an object of text and ask, got "texts"$/],
  ];
  const good = { text: 1, ask: { label_logits: {} } };
  for (const [query, message] of cases) {
    await assert.rejects(() => trunk.ask(context, [good, query as ContextQuery<Small>]), {
      name: "InputError",
      message,
    });
  }
  await assert.rejects(() => trunk.ask({} as Context, []), {
    name: "InputError",
    message: /^Cannot ask a context: it must be one that a trunk's encode made, got /,
  });
  await assert.rejects(() => trunk.encode({} as []), /^InputError: Cannot encode texts: they must be in an array/);
  await assert.rejects(() => trunk.encode([tokensOf(1), { input_ids: [60] }]), {
    name: "InputError",
    message: "Cannot encode text 2 of 2: input_ids[0] must be a whole number from 0 to 59, got 60",
  });
  await assert.rejects(() => trunk.encode([], { narrow: "auto" } as object), /there is no option "narrow"/);
});

Deno.test("the types say which readouts a context can be asked", () => {
  const words: ContextQuery<typeof topWords | typeof meanState> = { ask: { top_words: { positions: [1] } } };
  const masked: ContextQuery<typeof topWords | typeof maskedWords> = {
    // @ts-expect-error masked_words changes tokens
    ask: { masked_words: { positions: [1], mask_token_id: 4 } },
  };
  const readout: Readout = maskedWords;
  assert.deepEqual([Object.keys(words.ask), Object.keys(masked.ask), readout.name], [
    ["top_words"],
    ["masked_words"],
    "masked_words",
  ]);
});

Deno.test("a context whose device is lost says so, and gives back what it holds", async () => {
  const device = await ownDevice();
  const trunk = await Trunk.from_config(CONFIG, { readouts: [states], device });
  const context = await trunk.encode([tokensOf(1)]);
  const gpu = await requestGpu({ device });
  device.destroy();
  await device.lost;
  await assert.rejects(() => trunk.ask(context, [{ ask: { states: {} } }]), { name: "DeviceLostError" });
  await assert.rejects(() => trunk.encode([tokensOf(1)]), { name: "DeviceLostError" });
  context.dispose();
  trunk.dispose();
  assert.equal(gpu.counts.liveBytes, 0);
});
