/** Pipelines of several tasks on one model: in this thread and in a Worker, with a queue and without. */

import assert from "node:assert/strict";
import { type CallTiming, type FilledMask, pipeline, readSafetensors, type Tensor } from "../../mod.ts";
import { rowsOfQuery } from "../../src/heads/trunk/query_rows.ts";
import type { Query } from "../../src/heads/trunk/query.ts";
import { folderOf } from "../cli/folders.ts";

const TEXT = "the wife of a [MASK]";
const mean = { pooling: "mean", normalize: true } as const;
const near = (one: Tensor, other: Tensor) =>
  one.data.length === other.data.length &&
  Array.from(one.data, Number).every((x, i) => Math.abs(x - Number(other.data[i])) <= 1e-5);

Deno.test("pipelines share a model in a Worker, which ends with the last of them", async () => {
  using fillHere = await pipeline("fill-mask");
  using embedHere = await pipeline("feature-extraction", fillHere);
  const fill = await pipeline("fill-mask", undefined, { worker: true });
  const embed = await pipeline("feature-extraction", fill);
  assert.deepEqual(Object.keys(embed.model), ["config", "weightBytes"]);
  assert.deepEqual(embed.model, fill.model);
  assert(near(await embed(TEXT, mean), await embedHere(TEXT, mean)));
  fill.dispose();
  await assert.rejects(fill(TEXT), { code: "disposed" });
  await assert.rejects(pipeline("score", fill), { code: "disposed" });
  using score = await pipeline("score", embed); // the Worker's model has the head, though embed does not use it
  embed.dispose();
  using scoreHere = await pipeline("score", fillHere);
  assert.deepEqual(await score("a large animal"), await scoreHere("a large animal"));
  assert.throws(() => (score.model as unknown as { forward: unknown }).forward, /of this NarrowBertForMaskedLM/);
});

Deno.test("a pipeline on a Worker's model is saved as one on a model here", async () => {
  await using folders = await folderOf({});
  const [here, there] = await Promise.all([false, true].map(async (worker) => {
    using fill = await pipeline("fill-mask", undefined, { worker });
    using embed = await pipeline("feature-extraction", fill);
    const path = `${folders.path}/${worker}`;
    await embed.save_pretrained(path);
    const config = await Deno.readTextFile(`${path}/config.json`);
    return { config, names: [...(await readSafetensors(`${path}/model.safetensors`)).keys()] };
  }));
  assert.deepEqual(there, here);
});

Deno.test("a model that lacks the task's head is refused, in a Worker too, and nothing is left behind", async () => {
  const message =
    "Cannot make a pipeline for fill-mask on the weights of a NarrowBertForTokenClassification: they must " +
    'include the masked_lm head, got token_classification; load pipeline("fill-mask", FOLDER) on its own';
  for (const worker of [false, true]) {
    const tag = await pipeline("token-classification", undefined, { worker });
    const batched = tag.batched();
    await assert.rejects(pipeline("fill-mask", tag), { name: "TypeError", message });
    await assert.rejects(pipeline("fill-mask", batched), { name: "TypeError", message });
    await assert.rejects(pipeline("feature-extraction", tag, { worker: true } as never), /it takes no options/);
    batched.dispose();
    await assert.rejects(pipeline("feature-extraction", batched), { code: "disposed" });
    tag.dispose();
    await assert.rejects(pipeline("feature-extraction", tag), Error);
  }
});

Deno.test("queries of several tasks on a batched pipeline are answered in one pass, as each is alone", async () => {
  for (const worker of [false, true]) {
    const batches: number[] = [];
    const fill = await pipeline("fill-mask", undefined, { worker });
    const shared = fill.batched({ onBatch: ({ queries }) => batches.push(queries) });
    using embed = await pipeline("feature-extraction", shared);
    using score = await pipeline("score", embed); // which has the queue too
    const expected = [await fill(TEXT), await (await pipeline("score", fill))("a king")];
    fill.dispose();
    const calls = [shared(TEXT), embed(TEXT, mean), score("a king"), embed(TEXT, mean)] as const;
    shared.dispose(); // the queue goes on
    const [words, vector, scored, again] = await Promise.all(calls);
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(batches, [4], "fill-mask, one embedding for both, and two texts of score");
    const tokens = (found: unknown) => (found as FilledMask[]).map(({ token }) => token);
    assert.deepEqual(tokens(words), tokens(expected[0]));
    assert(Math.abs(scored.score - (expected[1] as typeof scored).score) < 1e-4);
    assert(near(vector, again));
    assert(near(await embed(TEXT, mean), vector));
  }
});

Deno.test("a call tells what it took, and a stream when it ends", async () => {
  using tag = await pipeline("token-classification");
  using shared = tag.batched();
  const told: CallTiming[] = [];
  const timing_callback = (timing: CallTiming) => void told.push(timing);
  await Promise.all([shared(["a b", "c"], { timing_callback }), tag("a b", { timing_callback })]);
  await Array.fromAsync(shared.stream(["a b", "c"], { timing_callback }));
  await shared([], { timing_callback });
  const sorted = told.map(({ tokens }) => tokens).sort();
  assert.deepEqual(sorted, [0, 4, 7, 7]);
  for (const { tokens, tokenizeMs, queueMs, computeMs } of told) {
    assert(tokenizeMs >= 0 && queueMs >= 0 && (tokens === 0 ? computeMs === 0 : computeMs > 0));
  }
  await assert.rejects(tag("a", { timing_callback: 1 as never }), /timing_callback must be a function, got a number/);
  const error = new Error("mine");
  const thrown = () => {
    throw error;
  };
  await assert.rejects(tag("a", { timing_callback: thrown }), error);
});

Deno.test("a query's narrow rows are counted as its readouts take them", async () => {
  using tag = await pipeline("token-classification");
  const { config } = tag.model;
  const rows = (ask: object, length = 5) =>
    rowsOfQuery({ tokens: { input_ids: new Array(length).fill(1) }, ask } as unknown as Query, config);
  assert.equal(rows({ label_logits: {} }), 1);
  assert.equal(rows({ states: {} }), 5);
  assert.equal(rows({ mean_state: { positions: [1, 2] }, token_logits: { positions: [4] } }), 3);
  assert.equal(rows({ pooled_state: { poolings: ["cls", "lasttoken"] } }), 2);
  assert.equal(rows({ nothing_such: {} }), 0);
  assert.equal(rows({ states: { positions: [9] } }), 0);
});
