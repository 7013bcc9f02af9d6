/** A step whose loss or gradients are not finite changes no bit of weights and moments, and the next good one is right. */

import assert from "node:assert/strict";
import { AdamW, type ModelInputs, type PreTrainedModel, SGD } from "../../mod.ts";
import {
  assertState,
  keepWeights,
  MASKED,
  maskedBatch,
  part,
  poke,
  SINGLE,
  started,
  type Task,
  TASKS,
} from "./helpers.ts";

const LAYER = "narrow_bert.encoder.layer.0";
const NARROW = "narrow_bert.encoder_narrow.layer.1";

const adamW = (model: PreTrainedModel) => new AdamW(model, { lr: 0.01 });
const sgd = (model: PreTrainedModel) => new SGD(model, { lr: 0.05, momentum: 0.9 });

/** A word of the first text. */
const WORD = (MASKED.batch.input_ids as number[][])[0]![0]! * 16;

/** What is written over a weight. */
interface Fault {
  name: string;
  index?: number;
  values: readonly number[];
}

const ANY = [NaN, Infinity, -Infinity];

/** Weights that the loss of masked language modelling cannot do without. */
const FAULTS: readonly Fault[] = [
  { name: "narrow_bert.embeddings.word_embeddings.weight", index: WORD, values: ANY },
  { name: "narrow_bert.embeddings.position_embeddings.weight", values: [NaN] },
  { name: "narrow_bert.embeddings.LayerNorm.weight", values: ANY },
  { name: `${LAYER}.attention.self.query.weight`, values: [NaN] },
  { name: `${LAYER}.attention.self.key.weight`, values: [NaN] },
  { name: `${LAYER}.attention.self.value.weight`, values: ANY },
  { name: `${LAYER}.attention.output.dense.bias`, values: ANY },
  { name: `${LAYER}.intermediate.dense.weight`, values: [NaN] },
  { name: `${LAYER}.output.dense.weight`, values: ANY },
  { name: `${NARROW}.attention.self.query.bias`, values: [NaN] },
  { name: `${NARROW}.attention.self.key.weight`, values: [NaN] },
  { name: `${NARROW}.attention.self.value.bias`, values: ANY },
  { name: `${NARROW}.output.LayerNorm.bias`, values: ANY },
  { name: "cls.predictions.transform.dense.weight", values: [NaN] },
  { name: "cls.predictions.transform.LayerNorm.weight", values: ANY },
  // Each row has a loss of 3e38, and their sum is too large.
  { name: "cls.predictions.bias", index: 29, values: [NaN, Infinity, 3e38] },
];

interface Case {
  how: string;
  task?: Task;
  make?: (model: PreTrainedModel) => AdamW | SGD;
  inputs?: ModelInputs | ModelInputs[];
  narrow?: "absorbed" | "projected";
  faults: readonly Fault[];
}

/** Each fault by itself, between good steps, which are those of a training without faults. */
function testFaults({ how, task = MASKED, make = adamW, inputs = task.batch, narrow, faults }: Case) {
  Deno.test(`weights that are not finite stop steps, ${how}`, async () => {
    using undisturbed = await started(task, make, inputs);
    using run = await started(task, make, inputs);
    const options = { dropout: 0, ...(narrow && { narrow }) };
    for (const { name, index = 0, values } of faults) {
      for (const value of values) {
        const what = `${value} in ${name}`;
        const undo = await poke(run.model, name, { index, value });
        const before = await run.state();
        const { loss, grad_norm, applied } = await run.optimizer.step(inputs, options);
        assert.ok(!applied, `${what} must not be applied, got a loss of ${loss} and a norm of ${grad_norm}`);
        assert.ok(!Number.isFinite(loss) || !Number.isFinite(grad_norm), what);
        assertState(await run.state(), before, what);
        undo();
      }
    }
    for (let step = 0; step < 2; step++) {
      assert.deepEqual(await run.optimizer.step(inputs, options), await undisturbed.optimizer.step(inputs, options));
      assertState(await run.state(), await undisturbed.state(), `good step ${step}`);
    }
  });
}

testFaults({ how: "absorbed", narrow: "absorbed", faults: FAULTS });
testFaults({ how: "projected", narrow: "projected", faults: FAULTS.map((fault) => ({ ...fault, values: [NaN] })) });
testFaults({ how: "SGD", make: sgd, faults: FAULTS.slice(0, 3) });
for (const task of TASKS.slice(1)) {
  testFaults({ how: task.name, task, faults: [{ name: `${LAYER}.output.dense.weight`, values: [NaN, Infinity] }] });
}

/** Only the first part has the word 28, and only the last has the word 29. */
const PARTS = [0, 1, 2].map((i): ModelInputs => {
  const { input_ids, ...others } = maskedBatch(2, 5, 30 + i);
  const own = i === 0 ? 28 : i === 2 ? 29 : 1;
  return { ...others, input_ids: (input_ids as number[][]).map((row) => [own, ...row.slice(1).map((id) => id % 28)]) };
});

testFaults({
  how: "in one of three micro-batches",
  inputs: PARTS,
  faults: [28, 29].map((word) => ({
    name: "narrow_bert.embeddings.word_embeddings.weight",
    index: 16 * word,
    values: ANY,
  })),
});

Deno.test("a good whole step after bad micro-batches is right, and good micro-batches after a bad whole step", async () => {
  const whole = part(PARTS[0]!, 0);
  for (const [bad, good] of [[PARTS, whole], [whole, PARTS]] as const) {
    using undisturbed = await started(MASKED, sgd, PARTS);
    using run = await started(MASKED, sgd, PARTS);
    const name = "narrow_bert.embeddings.word_embeddings.weight";
    const undo = await poke(run.model, name, { index: 16 * 28, value: NaN });
    assert.ok(!(await run.optimizer.step(bad as ModelInputs, { dropout: 0 })).applied);
    undo();
    await run.optimizer.step(good as ModelInputs, { dropout: 0 });
    await undisturbed.optimizer.step(good as ModelInputs, { dropout: 0 });
    assertState(await run.state(), await undisturbed.state(), "the good step");
  }
});

Deno.test("a finite loss with gradients that overflow is not applied", async () => {
  using run = await started(SINGLE, adamW);
  const undo = await poke(run.model, "classifier.weight", { value: 1e30 });
  const before = await run.state();
  const { loss, grad_norm, applied } = await run.optimizer.step(SINGLE.batch, { dropout: 0 });
  assert.deepEqual([Number.isFinite(loss), grad_norm, applied], [true, Infinity, false]);
  assertState(await run.state(), before, "gradients that overflow");
  undo();
  assert.ok((await run.optimizer.step(SINGLE.batch, { dropout: 0 })).applied);
});

Deno.test("a learning rate that makes a training diverge stops it in the step after", async () => {
  for (const make of [adamW, sgd]) {
    using run = await started(MASKED, make);
    const { optimizer, model } = run;
    const restore = await keepWeights(model);
    const before = await run.state();
    optimizer.lr = 1e38;
    assert.ok((await optimizer.step(MASKED.batch, { dropout: 0 })).applied, "the loss was finite");
    const diverged = await run.state();
    for (let step = 0; step < 3; step++) {
      assert.ok(!(await optimizer.step(MASKED.batch, { dropout: 0 })).applied);
      assertState(await run.state(), diverged, "diverged");
    }
    restore();
    assertState({ ...await run.state(), moments: before.moments }, before, "weights of before");
    optimizer.lr = 0.01;
    assert.ok((await optimizer.step(MASKED.batch, { dropout: 0 })).applied);
    // A step by nothing leaves the same moments as one that diverges.
    using other = await started(MASKED, make);
    const decay = other.optimizer.weight_decay;
    Object.assign(other.optimizer, { lr: 0, weight_decay: 0 });
    await other.optimizer.step(MASKED.batch, { dropout: 0 });
    Object.assign(other.optimizer, { lr: 0.01, weight_decay: decay });
    await other.optimizer.step(MASKED.batch, { dropout: 0 });
    assertState(await run.state(), await other.state(), "the step after");
  }
});
