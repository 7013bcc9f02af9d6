/** An aborted step is applied as a whole or not at all, wherever it is cut. */

import assert from "node:assert/strict";
import { AdamW, type ModelInputs, type PreTrainedModel } from "../../mod.ts";
import { assertState, gpu, inSteps, MASKED, part, started, type State } from "./helpers.ts";

const WHOLE = MASKED.batch;
const PARTS = [part(WHOLE, 0, 2), part(WHOLE, 2)];

const adamW = (model: PreTrainedModel) => new AdamW(model, { lr: 0.01 });

/** What steps leave that nobody aborts, and how many submissions a step has. */
async function undisturbed(inputs: ModelInputs | ModelInputs[]): Promise<{ states: State[]; submissions: number }> {
  using run = await started(MASKED, adamW, inputs);
  const states = [await run.state()];
  let submissions = 0;
  await inSteps((count) => submissions = count, async () => void await run.optimizer.step(inputs, { dropout: 0 }));
  states.push(await run.state());
  await run.optimizer.step(inputs, { dropout: 0 });
  states.push(await run.state());
  return { states, submissions };
}

for (const [what, inputs] of [["a step", WHOLE], ["a step in micro-batches", PARTS]] as const) {
  Deno.test(`${what} that is aborted anywhere is applied as a whole or not at all, and the next is right`, async () => {
    const asked = inputs as ModelInputs;
    const { states: [before, after, afterNext], submissions } = await undisturbed(asked);
    assert.ok(submissions > 100, `${submissions} submissions`);
    const found = { applied: 0, aborted: 0 };
    // All of the updates, which are at the end, and some of what comes before.
    const places = Array.from({ length: submissions }, (_, i) => i + 1).filter((at) =>
      at > submissions - 70 ? at % (inputs === WHOLE ? 6 : 11) === 0 : at % 61 === 1
    );
    for (const at of places) {
      using run = await started(MASKED, adamW, asked);
      const controller = new AbortController();
      const reason = new Error(`at ${at}`);
      await inSteps((count) => count === at && controller.abort(reason), async () => {
        const call = run.optimizer.step(asked, { dropout: 0, signal: controller.signal });
        const end = await call.then(({ applied }) => applied, (error) => assert.equal(error, reason));
        await gpu.device.queue.onSubmittedWorkDone();
        found[end ? "applied" : "aborted"]++;
        assertState(await run.state(), end ? after! : before!, `aborted after submission ${at} of ${submissions}`);
        await run.optimizer.step(asked, { dropout: 0 });
        assertState(await run.state(), end ? afterNext! : after!, `the step after, aborted at ${at}`);
      });
    }
    assert.ok(found.applied > 0 && found.aborted > 0, JSON.stringify(found));
  });

  Deno.test(`${what} whose signal was aborted before changes nothing, and the next is right`, async () => {
    const asked = inputs as ModelInputs;
    const { states: [before, after] } = await undisturbed(asked);
    using run = await started(MASKED, adamW, asked);
    const signal = AbortSignal.abort(new Error("not needed"));
    await assert.rejects(run.optimizer.step(asked, { signal, dropout: 0 }), /^Error: not needed$/);
    assertState(await run.state(), before!, "aborted before");
    await run.optimizer.step(asked, { dropout: 0 });
    assertState(await run.state(), after!, "the step after");
  });

  Deno.test(`of three steps at once, of which the second is ${what} that is aborted, the others are right`, async () => {
    const asked = inputs as ModelInputs;
    const { states: [, , expected] } = await undisturbed(asked);
    using run = await started(MASKED, adamW, asked);
    const controller = new AbortController();
    const steps = [undefined, controller.signal, undefined].map((signal) => {
      return run.optimizer.step(asked, { dropout: 0, ...(signal && { signal }) });
    });
    controller.abort(new Error("enough"));
    const ends = await Promise.allSettled(steps);
    assert.deepEqual(ends.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assertState(await run.state(), expected!, "two of three steps");
  });
}

Deno.test("a micro-batch for which there is no room leaves nothing of the step", async () => {
  const { states: [before, after] } = await undisturbed(PARTS);
  using run = await started(MASKED, adamW, PARTS);
  await withJobsRefusedFrom(2, () => assert.rejects(run.optimizer.step(PARTS, { dropout: 0 }), /^Error: no room$/));
  assertState(await run.state(), before!, "refused");
  await run.optimizer.step(PARTS, { dropout: 0 });
  assertState(await run.state(), after!, "the step after");
});

/** Runs `body` on a device that does `count - 1` jobs and refuses all others. */
async function withJobsRefusedFrom(count: number, body: () => Promise<void>): Promise<void> {
  const { scheduler } = gpu;
  const original = scheduler.run;
  let jobs = 0;
  scheduler.run = (job) => {
    if (++jobs < count) return original.call(scheduler, job) as ReturnType<typeof scheduler.run<never>>;
    gpu.staging.release(job.staging);
    return Promise.reject(new Error("no room"));
  };
  try {
    await body();
  } finally {
    scheduler.run = original;
  }
}
