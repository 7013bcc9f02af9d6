import assert from "node:assert/strict";
import {
  type ForwardOptions,
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertModel,
  type NarrowBertModelOutput,
  type Tensor,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { warningsOf } from "./warnings.ts";

const BOUND = 1e-5;
const INPUTS = {
  input_ids: [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]],
  attention_mask: [[1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 0, 0]],
  narrow_mask: [[1, 0, 0, 1, 0, 1], [0, 1, 0, 0, 0, 0]],
};
const { narrow_mask: _, ...ORDINARY } = INPUTS;

/** Heads of full layers, of narrow ones, of all but one head, of none. */
const PRUNED = { 0: [1], 1: [0, 2, 3], 2: [3], 4: [2, 0], 3: [] };

/** The head mask `[5, 4]` with zeros for some heads. */
function maskOf(heads: Record<number, number[]>): number[][] {
  return Array.from({ length: 5 }, (_, layer) => [0, 1, 2, 3].map((head) => heads[layer]?.includes(head) ? 0 : 1));
}

async function load(name = "base"): Promise<NarrowBertModel> {
  return await NarrowBertModel.from_pretrained(goldenModel(name), { add_pooling_layer: false });
}

/** Runs a model with all hidden states, and without its warning of the ordinary mode. */
async function forward(
  model: NarrowBertModel,
  inputs: ModelInputs,
  options: ForwardOptions,
): Promise<NarrowBertModelOutput> {
  let output: NarrowBertModelOutput | undefined;
  await warningsOf(async () => output = await model.forward(inputs, { output_hidden_states: true, ...options }));
  return output!;
}

function assertClose(found: Tensor, expected: Tensor, what: string): void {
  assert.deepEqual(found.dims, expected.dims, what);
  const worst = (found.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - Number(expected.data[i]))),
    0,
  );
  assert.ok(worst <= BOUND, `${what}: they differ by ${worst}`);
}

for (const name of ["base", "relative-key", "relative-key-query"]) {
  Deno.test(`${name}: pruned heads are heads whose mask is 0, in every mode`, async () => {
    using masked = await load(name);
    using pruned = await load(name);
    pruned.prune_heads(PRUNED);
    const head_mask = maskOf(PRUNED);
    const calls: [ModelInputs, ForwardOptions][] = [
      [ORDINARY, {}],
      [INPUTS, { narrow: "projected" }],
      [INPUTS, { narrow: "projected", output_attentions: true }],
    ];
    if (name !== "relative-key-query") calls.push([INPUTS, { narrow: "absorbed" }]);
    for (const [inputs, options] of calls) {
      const found = await forward(pruned, inputs, options);
      const expected = await forward(masked, { ...inputs, head_mask }, options);
      found.hidden_states!.forEach((state, layer) =>
        assertClose(state, expected.hidden_states![layer]!, `${JSON.stringify(options)}, state ${layer}`)
      );
      assertClose(found.last_hidden_state, expected.last_hidden_state, JSON.stringify(options));
    }
  });
}

Deno.test("attentions and head masks of a pruned model: remaining heads only, numbered as before", async () => {
  using whole = await load();
  using pruned = await load();
  pruned.prune_heads(PRUNED);
  const half = [1, 0.5, 0.25, 2];
  const head_mask = maskOf(PRUNED).map((row) => row.map((kept, head) => kept * half[head]!));
  const options = { output_attentions: true };
  const found = await pruned.forward({ ...INPUTS, head_mask: half }, options);
  const expected = await whole.forward({ ...INPUTS, head_mask }, options);
  const kept = [[0, 2, 3], [1], [0, 1, 2], [0, 1, 2, 3], [1, 3]];
  found.attentions!.forEach((tensor, layer) => {
    const [B, , rows, L] = expected.attentions![layer]!.dims as [number, number, number, number];
    assert.deepEqual(tensor.dims, [B, kept[layer]!.length, rows, L]);
    const all = expected.attentions![layer]!.tolist() as number[][][][];
    const remaining = all.map((heads) => kept[layer]!.map((head) => heads[head]!));
    remaining.flat(3).forEach((value, i) =>
      assert.ok(Math.abs(Number(tensor.data[i]) - value) <= BOUND, `layer ${layer}, element ${i}`)
    );
  });
});

Deno.test("pruning in steps, or twice, is pruning at once", async () => {
  using once = await load();
  using steps = await load();
  once.prune_heads({ 0: [1, 2], 3: [0] });
  steps.prune_heads({ 0: [2] });
  steps.prune_heads({ 3: [0] });
  await steps.forward(INPUTS);
  steps.prune_heads({ 0: [1, 2] });
  assert.deepEqual(steps.config.pruned_heads, { 0: [1, 2], 3: [0] });
  assert.deepEqual(await steps.state_dict(), await once.state_dict());
  assert.deepEqual(await steps.forward(INPUTS), await once.forward(INPUTS));
});

Deno.test("the weights of a pruned model are the whole one's without its heads", async () => {
  using model = await load();
  const before = await model.state_dict();
  model.prune_heads({ 2: [1] });
  const after = await model.state_dict();
  const path = "narrow_bert.encoder_narrow.layer.0.attention";
  const kept = [...Array(8).keys(), ...Array.from({ length: 16 }, (_, i) => 16 + i)];
  for (const [name, tensor] of before) {
    const rows = tensor.tolist() as number[][];
    const cut = name.startsWith(`${path}.self.`)
      ? kept.map((i) => rows[i])
      : name === `${path}.output.dense.weight`
      ? rows.map((row) => kept.map((i) => row[i]))
      : rows;
    assert.deepEqual(after.get(name)!.tolist(), cut, name);
  }
});

Deno.test("a pruned model saved and loaded gives the same bits", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
    model.prune_heads(PRUNED);
    await model.save_pretrained(folder);
    using again = await NarrowBertForMaskedLM.from_pretrained(folder, { strict: true });
    assert.deepEqual(again.config.pruned_heads, { 0: [1], 1: [0, 2, 3], 2: [3], 4: [0, 2] });
    assert.deepEqual(await again.forward(INPUTS), await model.forward(INPUTS));
    again.prune_heads({ 0: [0] });
    model.prune_heads({ 0: [0] });
    assert.deepEqual(await again.forward(INPUTS), await model.forward(INPUTS));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("pruning makes a model smaller, and leaves nothing behind", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  {
    using model = await load();
    await model.forward(INPUTS);
    const whole = model.weightBytes;
    model.prune_heads({ 0: [0, 1], 4: [3] });
    await model.state_dict();
    // Per head of size 8: 3 x (32 + 1) x 8 weights of query, key and value, 8 x 32 of the output.
    assert.equal(whole - model.weightBytes, 3 * 4 * (3 * (32 + 1) * 8 + 8 * 32));
    assert.equal(buffers.liveBytes - before, model.weightBytes, "the programs are gone until the next call");
    await model.forward(INPUTS);
  }
  assert.equal(buffers.liveBytes, before);
});

const WRONG: [what: string, heads: unknown, message: RegExp][] = [
  ["a layer past the last", { 5: [0] }, /pruned_heads must name layers 0 to 4, got "5"/],
  ["a layer below 0", { "-1": [0] }, /pruned_heads must name layers 0 to 4, got "-1"/],
  ["a head past the last", { 0: [4] }, /pruned_heads\.0 must be a list of heads 0 to 3, got \[4\]/],
  ["a fractional head", { 0: [0.5] }, /pruned_heads\.0 must be a list of heads 0 to 3, got \[0\.5\]/],
  ["a text for a head", { 0: ["1"] }, /pruned_heads\.0 must be a list of heads 0 to 3, got \["1"\]/],
  ["all heads of a layer", { 1: [0, 1, 2, 3] }, /pruned_heads\.1 must leave a head, got all 4/],
  ["a head instead of a list", { 0: 1 }, /pruned_heads\.0 must be a list of heads 0 to 3, got 1/],
  ["nothing", null, /pruned_heads must be an object with a list of heads for each layer, got null/],
];

Deno.test("heads that cannot be pruned are an error at once, and the model stays as it is", async () => {
  using model = await load();
  const expected = await model.forward(INPUTS);
  for (const [what, heads, message] of WRONG) {
    assert.throws(() => model.prune_heads(heads as Record<number, number[]>), { name: "ConfigError", message }, what);
  }
  assert.deepEqual(model.config.pruned_heads, {});
  assert.deepEqual(await model.forward(INPUTS), expected);
  model.prune_heads({ 1: [0, 1] });
  assert.throws(() => model.prune_heads({ 1: [2, 3] }), { name: "ConfigError", message: /must leave a head/ });
  assert.deepEqual(model.config.pruned_heads, { 1: [0, 1] });
});

Deno.test("calls under way when a model is pruned keep all heads, those after lack them", async () => {
  using whole = await load();
  using pruned = await load();
  const { last_hidden_state: before } = await whole.forward(INPUTS, { narrow: "projected" });
  whole.prune_heads(PRUNED);
  const { last_hidden_state: after } = await whole.forward(INPUTS, { narrow: "projected" });
  const calls = [pruned.forward(INPUTS, { narrow: "projected" }), pruned.forward(INPUTS, { narrow: "projected" })];
  pruned.prune_heads(PRUNED);
  calls.push(pruned.forward(INPUTS, { narrow: "projected" }));
  const [first, second, third] = await Promise.all(calls);
  assert.deepEqual([first!.last_hidden_state, second!.last_hidden_state], [before, before]);
  assert.deepEqual(third!.last_hidden_state, after);
});

Deno.test("a model disposed of while it is pruned gives everything back", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  const prune = async () => {
    const model = await load();
    model.prune_heads(PRUNED);
    return model;
  };
  const start = performance.now();
  const timed = await prune();
  await timed.forward(INPUTS);
  const whole = performance.now() - start;
  timed.dispose();
  for (const part of [0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1]) {
    const model = await prune();
    await new Promise((resolve) => setTimeout(resolve, part * whole));
    model.dispose();
    await assert.rejects(model.forward(INPUTS), /disposed/);
  }
  await new Promise((resolve) => setTimeout(resolve, 2 * whole));
  assert.equal(buffers.liveBytes, before);
});
