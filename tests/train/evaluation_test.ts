/** Whoever uses the weights of a model in training sees them as they are after the last step. */

import assert from "node:assert/strict";
import {
  AdamW,
  type FilledMask,
  labelLogits,
  NarrowBertForMaskedLM,
  type NarrowBertForSequenceClassification,
  NarrowBertModel,
  pipeline,
  type PreTrainedModel,
  type TopWordsAnswer,
  Trunk,
  writeSafetensors,
} from "../../mod.ts";
import { SHIPPED_MLM, shippedTokenizer } from "../pipelines/fakes.ts";
import { gpu, inSteps, maskedBatch, SINGLE, texts, WIDE } from "./helpers.ts";

/** The files of a model as it is now. */
async function filesOf(model: PreTrainedModel): Promise<Map<string, Uint8Array>> {
  const tensors = [...await model.state_dict()].map(([name, { data, dims }]) =>
    [name, { dtype: "F32" as const, shape: [...dims], data: Float32Array.from(data as Float32Array) }] as const
  );
  const json = new TextEncoder().encode(JSON.stringify(model.config.to_json()));
  return new Map([["config.json", json], ["model.safetensors", await writeSafetensors(tensors)]]);
}

const { labels: _, ...INPUTS } = WIDE.batch;
const NARROW = { ...INPUTS, narrow_mask: INPUTS.attention_mask };

const FOUR = texts(4, 7);

/** Large enough for textures, and small. */
const QUESTIONS = [NARROW, { input_ids: [[1, 2, 3]], narrow_mask: [[0, 1, 0]] }];

async function wide(): Promise<NarrowBertForMaskedLM> {
  return await WIDE.make() as NarrowBertForMaskedLM;
}

async function answersOf(model: NarrowBertForMaskedLM, narrow: "absorbed" | "projected"): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const inputs of QUESTIONS) answers.push((await model.forward(inputs, { narrow })).logits.data);
  return answers;
}

for (const narrow of ["absorbed", "projected"] as const) {
  Deno.test(`forward between steps gives what a model gives that is loaded with the weights of then, ${narrow}`, async () => {
    using model = await wide();
    using optimizer = new AdamW(model, { lr: 0.01 });
    let before = await answersOf(model, narrow);
    if (gpu.adapterClass === "software") assert.ok(gpu.textures.weightBytes > 0, "weights are read from textures");
    for (let step = 0; step < 4; step++) {
      await optimizer.step(WIDE.batch, { narrow });
      const found = await answersOf(model, narrow);
      assert.notDeepEqual(found, before);
      using fresh = await NarrowBertForMaskedLM.from_pretrained(await filesOf(model));
      assert.deepEqual(found, await answersOf(fresh, narrow), `after step ${step}`);
      before = found;
    }
  });
}

Deno.test("a step by gradients that are not finite leaves what forward gives", async () => {
  using model = await wide();
  using optimizer = new AdamW(model, { lr: 1e38 });
  await optimizer.step(WIDE.batch);
  const before = await answersOf(model, "absorbed");
  assert.ok(!(await optimizer.step(WIDE.batch)).applied);
  assert.deepEqual(await answersOf(model, "absorbed"), before);
});

Deno.test("evaluations during steps see the weights of before or after one, never of between", async () => {
  const forward = async (model: NarrowBertForMaskedLM) => (await model.forward(NARROW)).logits.data;
  using alone = await wide();
  using careful = new AdamW(alone, { lr: 0.01, seed: 4 });
  const known = [await forward(alone)];
  for (let step = 0; step < 4; step++) {
    await careful.step(WIDE.batch);
    known.push(await forward(alone));
  }
  using model = await wide();
  using optimizer = new AdamW(model, { lr: 0.01, seed: 4 });
  const found: unknown[] = [];
  await inSteps(() => {}, async () => {
    const all: Promise<unknown>[] = [];
    for (let step = 0; step < 4; step++) {
      const stepped = optimizer.step(WIDE.batch);
      for (let i = 0; i < 2; i++) all.push(forward(model).then((logits) => found.push(logits)));
      if (step % 2 === 1) await stepped;
      all.push(stepped);
    }
    await Promise.all(all);
  });
  assert.equal(found.length, 8);
  for (const [i, logits] of found.entries()) {
    const same = known.some((one) => one.every((value, j) => value === (logits as number[])[j]));
    assert.ok(same, `evaluation ${i} saw weights that there never were`);
  }
  assert.deepEqual(await forward(model), known.at(-1));
});

Deno.test("a base model shares the weights of any other, with a pooler or without one", async () => {
  using classifier = await SINGLE.make();
  using pooled = NarrowBertModel.share(classifier);
  assert.deepEqual((await pooled.forward(FOUR)).pooler_output!.dims, [4, 16]);
  using language = await wide();
  using states = NarrowBertModel.share(language);
  const { last_hidden_state, pooler_output } = await states.forward({ ...FOUR, narrow_mask: FOUR.attention_mask });
  assert.deepEqual([last_hidden_state.dims.length, pooler_output], [3, undefined]);
});

Deno.test("a model, a trunk and a base model that share the weights see each step", async () => {
  using model = await SINGLE.make() as NarrowBertForSequenceClassification;
  using base = NarrowBertModel.share(model);
  using other = (model.constructor as typeof NarrowBertForSequenceClassification).share(model);
  using optimizer = new AdamW(model, { lr: 0.01 });
  const input_ids = (SINGLE.batch.input_ids as number[][])[0]!;
  const queries = [{ tokens: { input_ids }, ask: { label_logits: {} } }];
  const ask = async () => {
    const [answer] = await model.trunk.answer(queries);
    const { logits } = await other.forward({ input_ids: [input_ids] });
    const { pooler_output } = await base.forward({ input_ids: [input_ids] });
    return [answer!.label_logits!.values, logits.data, pooler_output!.data].map((values) => Array.from(values, Number));
  };
  let before = await ask();
  for (let step = 0; step < 3; step++) {
    await optimizer.step(SINGLE.batch);
    const found = await ask();
    found.forEach((values, i) => assert.notDeepEqual(values, before[i]));
    using fresh = await Trunk.load(await filesOf(model), { readouts: [labelLogits] });
    assert.deepEqual(found[0], Array.from((await fresh.answer(queries))[0]!.label_logits!.values));
    before = found;
  }
});

Deno.test("pipelines on a model in training see each step", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(SHIPPED_MLM);
  const tokenizer = await shippedTokenizer();
  using fill = await pipeline("fill-mask", { model, tokenizer });
  using embed = await pipeline("feature-extraction", { model, tokenizer });
  const text = "a large [MASK] with a long neck";
  const ids = tokenizer.encode(text);
  const target = tokenizer.encode("volcano").at(1)!;
  const batch = { input_ids: [ids], labels: [ids.map((id) => id === tokenizer.mask_token_id ? target : -100)] };
  const best = async () => (await fill(text, { top_k: 1 }) as FilledMask[])[0]!.token;
  const [before, vector] = [await best(), await embed(text, { pooling: "mean" })];
  assert.notEqual(before, target);
  using optimizer = new AdamW(model, { lr: 1e-3, max_grad_norm: 0 });
  for (let step = 0; step < 12; step++) await optimizer.step(batch, { dropout: 0 });
  assert.equal(await best(), target);
  assert.notDeepEqual(await embed(text, { pooling: "mean" }), vector);
  const positions = [ids.indexOf(tokenizer.mask_token_id!)];
  const [answer] = await model.trunk.answer([{ tokens: { input_ids: ids }, ask: { top_words: { positions } } }]);
  assert.equal((answer!.top_words as TopWordsAnswer).words[0], target);
});

Deno.test("what is learned is what is saved: gradients, steps and scores agree with a model that is loaded anew", async () => {
  using model = await wide();
  using optimizer = new AdamW(model, { lr: 0.01 });
  for (let step = 0; step < 3; step++) await optimizer.step(WIDE.batch);
  using fresh = await NarrowBertForMaskedLM.from_pretrained(await filesOf(model));
  const [own, loaded] = [await model.gradients(WIDE.batch), await fresh.gradients(WIDE.batch)];
  assert.equal(own.loss.item(), loaded.loss.item());
  assert.deepEqual(own.gradients, loaded.gradients);
  const other = maskedBatch(2, 5, 77);
  assert.deepEqual(await model.log_probabilities(other), await fresh.log_probabilities(other));
});
