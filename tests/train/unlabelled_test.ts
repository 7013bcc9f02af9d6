/** A loss in which no label counts, or only labels of weight 0, is 0, and so are its gradients: a step by it only decays weights. */

import assert from "node:assert/strict";
import { AdamW, type LabelOptions, type ModelInputs, SGD, type Tensor } from "../../mod.ts";
import { assertSame, MASKED, part, SINGLE, type Task, TASKS, texts, weightsOf } from "./helpers.ts";

const FOUR = texts(4, 7);
const IGNORED = FOUR.input_ids.map((row) => row.map(() => -100));

const task = (name: string): Task => TASKS.find((task) => task.name === name)!;

/** Weights of 0 for all labels of a batch, and of 1 for the others. */
function zeroWeights({ labels }: ModelInputs, classes: number): number[] {
  const found = new Set((labels as (number | number[])[]).flat());
  return Array.from({ length: classes }, (_, label) => found.has(label) ? 0 : 1);
}

const ALIKE = { ...FOUR, labels: [1, 1, 1, 1] };

const EMPTY: [what: string, task: Task, inputs: ModelInputs, options?: LabelOptions][] = [
  ["all labels -100", MASKED, { ...FOUR, labels: IGNORED }],
  ["all labels -100", task("token classification"), { ...FOUR, labels: IGNORED }],
  ["all labels -100", SINGLE, { ...FOUR, labels: [-100, -100, -100, -100] }],
  ["all labels -100", task("multiple choice"), { ...task("multiple choice").batch, labels: [-100, -100] }],
  ["labels of weight 0", MASKED, MASKED.batch, { class_weights: zeroWeights(MASKED.batch, 30), label_smoothing: 0.1 }],
  ["labels of weight 0", SINGLE, ALIKE, { class_weights: zeroWeights(ALIKE, 3) }],
  ["no sequences", MASKED, { input_ids: [], labels: [] }],
  ["sequences of no tokens", MASKED, { input_ids: [[], []], labels: [[], []] }],
  ["no sequences", SINGLE, { input_ids: [], labels: [] }],
  ["no sequences", task("multi label"), { input_ids: [], labels: [] }],
  ["no sequences", task("regression"), { input_ids: [], labels: [] }],
];

/** What a step finds. */
const NOTHING = { loss: 0, grad_norm: 0, applied: true };

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array);

const decays = (name: string) => !name.endsWith(".bias") && !name.includes("LayerNorm");

for (const [what, of, inputs, options] of EMPTY) {
  for (const narrow of ["absorbed", "projected"] as const) {
    Deno.test(`${of.name}, ${what}, ${narrow}: the loss is 0, the gradients are zeros, and weights decay`, async () => {
      using model = await of.make();
      const { loss, gradients } = await model.gradients(inputs, { narrow, ...options });
      assert.equal(loss.item(), 0);
      for (const [name, gradient] of gradients) assert.ok(numbers(gradient).every((value) => value === 0), name);
      const before = await model.state_dict();
      for (const optimizer of [new AdamW(model, { weight_decay: 0 }), new SGD(model, { momentum: 0.9 })]) {
        assert.deepEqual(await optimizer.step(inputs, { narrow, ...options }), NOTHING);
        optimizer.dispose();
        assert.deepEqual(await model.state_dict(), before, "without decay nothing changes");
      }
      using optimizer = new AdamW(model, { lr: 0.1, weight_decay: 0.5 });
      assert.deepEqual(await optimizer.step(inputs, { narrow, ...options }), NOTHING);
      for (const [name, tensor] of await model.state_dict()) {
        const found = numbers(tensor);
        numbers(before.get(name)!).forEach((weight, i) => {
          const expected = decays(name) ? 0.95 * weight : weight;
          assert.ok(
            Math.abs(found[i]! - expected) <= 1e-7 * Math.abs(weight),
            `${name}[${i}]: ${found[i]}, ${expected}`,
          );
        });
      }
    });
  }
}

Deno.test("a micro-batch in which no label counts adds nothing", async () => {
  const weights = [];
  for (const inputs of [[MASKED.batch, { ...FOUR, labels: IGNORED }], [{ ...FOUR, labels: IGNORED }, MASKED.batch]]) {
    using model = await MASKED.make();
    using optimizer = new AdamW(model);
    const { loss, applied } = await optimizer.step(inputs, { dropout: 0 });
    assert.ok(applied && loss > 0);
    weights.push(await weightsOf(model));
  }
  using model = await MASKED.make();
  using optimizer = new AdamW(model);
  await optimizer.step([MASKED.batch, part(MASKED.batch, 4)], { dropout: 0 });
  for (const found of weights) assertSame(found, await weightsOf(model), "weights");
});

Deno.test("a good step after one without labels is right", async () => {
  const trained = async (first: readonly ModelInputs[]) => {
    using model = await MASKED.make();
    using optimizer = new SGD(model, { lr: 0.1, momentum: 0.9 });
    for (const inputs of first) await optimizer.step(inputs, { dropout: 0 });
    const result = await optimizer.step(MASKED.batch, { dropout: 0 });
    return { result, weights: await weightsOf(model) };
  };
  const [alone, after] = [
    await trained([]),
    await trained([{ ...FOUR, labels: IGNORED }, { input_ids: [], labels: [] }]),
  ];
  assert.deepEqual(after.result, alone.result);
  assertSame(after.weights, alone.weights, "weights");
});
