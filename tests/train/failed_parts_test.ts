/** Micro-batches of which one fails: nothing is applied, and nothing runs any more once the step has settled. */

import assert from "node:assert/strict";
import { AdamW, type ModelInputs, type PreTrainedModel } from "../../mod.ts";
import { assertState, gpu, inSteps, MASKED, maskedBatch, part, SINGLE, started, weightsOf } from "./helpers.ts";

const PARTS = [part(MASKED.batch, 0, 1), part(MASKED.batch, 1, 2), part(MASKED.batch, 2)];
const OPTIONS = { dropout: 0 };

const adamW = (model: PreTrainedModel) => new AdamW(model, { lr: 0.01 });

/** Runs `body`, in which the call number `at` of a method of the device throws, before it has done anything. */
async function withFailure(
  { of, method, at }: { of: object; method: string; at: number },
  body: () => Promise<void>,
): Promise<void> {
  const own = of as Record<string, unknown>;
  const { [method]: original } = own as Record<string, (...args: unknown[]) => unknown>;
  let count = 0;
  own[method] = function (...args: unknown[]) {
    if (++count === at) throw new Error("planted");
    return original!.apply(this, args);
  };
  try {
    await body();
  } finally {
    own[method] = original;
  }
  assert.ok(count >= at, `${count} calls of ${method}, which number ${at} is not among`);
}

/** Asserts that a step in parts that fails as planted changes nothing, and that the next ones are right. */
async function assertNothingApplied(plant: (step: () => Promise<void>) => Promise<void>, what: string): Promise<void> {
  using undisturbed = await started(MASKED, adamW, PARTS);
  using run = await started(MASKED, adamW, PARTS);
  const before = await run.state();
  await plant(() => assert.rejects(run.optimizer.step(PARTS, OPTIONS), /^Error: planted$/, what));
  await gpu.device.queue.onSubmittedWorkDone();
  assertState(await run.state(), before, what);
  for (const inputs of [PARTS, MASKED.batch]) {
    assert.deepEqual(await run.optimizer.step(inputs, OPTIONS), await undisturbed.optimizer.step(inputs, OPTIONS));
    assertState(await run.state(), await undisturbed.state(), `the step after ${what}`);
  }
}

/** How many submissions a step in parts has, if each kernel call has its own. */
async function submissions(): Promise<number> {
  using run = await started(MASKED, adamW, PARTS);
  let submissions = 0;
  await inSteps((count) => submissions = count, async () => void await run.optimizer.step(PARTS, OPTIONS));
  return submissions;
}

Deno.test("a micro-batch of which a submission fails leaves nothing of the step", async () => {
  const all = await submissions();
  // In all parts: before the sums, in their midst, and at their ends.
  for (const share of [0, 0.1, 0.26, 0.29, 0.5, 0.6, 0.7]) {
    const at = 1 + Math.floor(share * all);
    await assertNothingApplied(
      (step) => inSteps(() => {}, () => withFailure({ of: GPUQueue.prototype, method: "submit", at }, step)),
      `a failure of submission ${at} of ${all}`,
    );
  }
});

Deno.test("a micro-batch that cannot be encoded leaves nothing of the step, if all share a submission too", async () => {
  for (const at of [1, 2, 3]) {
    await assertNothingApplied(
      (step) => withFailure({ of: GPUDevice.prototype, method: "createCommandEncoder", at }, step),
      `a failure of command encoder ${at}`,
    );
  }
});

Deno.test("a micro-batch that the device refuses for an earlier error leaves nothing of the step", async () => {
  const { scheduler } = gpu;
  for (const at of [1, 2, 3]) {
    await assertNothingApplied(async (step) => {
      const { run } = scheduler;
      const { check } = gpu;
      let jobs = 0;
      scheduler.run = (job) => {
        if (++jobs === at) {
          gpu.check = () => {
            gpu.check = check; // It throws an error once.
            throw new Error("planted");
          };
        }
        return run.call(scheduler, job) as ReturnType<typeof scheduler.run<never>>;
      };
      try {
        await step();
      } finally {
        scheduler.run = run;
        gpu.check = check;
      }
    }, `an error before job ${at}`);
  }
});

/** Asserts that the moments of a new optimizer are zeros, now that another may have given its buffers back. */
async function assertFresh(model: PreTrainedModel, what: string): Promise<void> {
  using optimizer = adamW(model);
  for (let i = 0; i < 2; i++) {
    for (const [name, { data }] of await optimizer.state_dict()) {
      assert.ok(Array.from(data, Number).every((value) => value === 0), `${what}: ${name} must be zeros`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20)); // for what may run still
  }
}

Deno.test("a step that is aborted in a micro-batch settles when nothing of it runs any more", async () => {
  const all = await submissions();
  for (const [i, share] of [0.02, 0.1, 0.2, 0.24, 0.25, 0.26, 0.27, 0.28, 0.3, 0.5, 0.6].entries()) {
    const waits = i % 2 === 0;
    const at = 1 + Math.floor(share * all);
    using model = await MASKED.make();
    const before = await weightsOf(model);
    const optimizer = adamW(model);
    await optimizer.state_dict(); // makes the moments
    const controller = new AbortController();
    let submitted = 0;
    await inSteps((count) => (submitted = count) === at && controller.abort(new Error("enough")), async () => {
      await assert.rejects(optimizer.step(PARTS, { ...OPTIONS, signal: controller.signal }), /^Error: enough$/);
      const settled = submitted;
      optimizer.dispose();
      if (waits) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(submitted, settled, `after ${at} of ${all} submissions`);
      }
      await assertFresh(model, `aborted after submission ${at} of ${all}`);
    });
    assert.deepEqual(await weightsOf(model), before);
  }
});

Deno.test("a micro-batch that cannot be computed is refused before any part runs", async () => {
  using model = await SINGLE.make();
  const optimizer = adamW(model);
  const { input_ids } = maskedBatch(20, 20);
  const large: ModelInputs = { input_ids: input_ids!, labels: Array.from({ length: 20 }, (_, b) => b % 3) };
  const before = { ...gpu.counts };
  for (const call of ["step", "memory"] as const) {
    await assert.rejects(optimizer[call]([large, { input_ids: [[]], labels: [1] }], OPTIONS), {
      name: "InputError",
      message: "micro-batch 1: Cannot take a step: every sequence needs a token at position 0, got empty sequences",
    });
  }
  assert.deepEqual({ ...gpu.counts }, before);
  optimizer.dispose();
  await assertFresh(model, "refused");
});

Deno.test("errors of inputs say in which micro-batch they are", async () => {
  using model = await SINGLE.make();
  using optimizer = adamW(model);
  const good = SINGLE.batch;
  const bad = { ...good, labels: [0, 3, 0, 0] };
  const refusals: [inputs: unknown, message: RegExp][] = [
    [[bad, good], /^micro-batch 0: .*labels\[1\] must be .*got 3$/],
    [[good, good, bad], /^micro-batch 2: .*labels\[1\] must be .*got 3$/],
    [[bad], /^micro-batch 0: /],
    [[good, null], /^micro-batch 1: .*inputs must be an object with input_ids, got null$/],
    [bad, /^Cannot .*labels\[1\] must be .*got 3$/],
  ];
  for (const [inputs, message] of refusals) {
    await assert.rejects(optimizer.step(inputs as ModelInputs), { name: "InputError", message });
  }
});
