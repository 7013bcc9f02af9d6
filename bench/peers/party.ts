/**
 * A party runs in a process of its own, as several WebGPU runtimes do not share one. It is given a work, hands in the
 * result of doing it once, and then times one sample for each line on its standard input: by the clock, and by the CPU time
 * of all of its threads.
 */

import process from "node:process";
import { createInterface } from "node:readline";
import type { GemmWork, ModelWork, StepWork, Work } from "./works.ts";

/** Does a work so many times and reads the last result. */
export type Run = (times: number) => Promise<Float32Array>;

/** Training steps of a party, on weights that its steps change. */
export interface StepRun {
  /** The loss, and the gradient of each weight by name, in the checkpoint's shape. */
  gradients(): Promise<{ loss: number; gradients: ReadonlyMap<string, Float32Array> }>;
  /** Takes so many steps, reads the loss of each, and gives the last one. */
  run: Run;
}

/** How a party does the works; when it is prepared, weights and inputs are where it computes. */
export interface Party {
  gemm(work: GemmWork): Promise<Run>;
  /** Left out by a party that is not asked to run models. */
  model?(work: ModelWork): Promise<Run>;
  /** Left out by a party that cannot train. */
  step?(work: StepWork): Promise<StepRun>;
}

/** Prepares the work in the first argument, writes its result to the file in the second, and then answers with times. */
export async function serve(party: Party): Promise<void> {
  console.log = console.error; // What libraries print must not mix with the answers.
  const [description = "", file = ""] = Deno.args;
  const work: Work = JSON.parse(description);
  const { run, result } = await prepare(party, work);
  await Deno.writeFile(file, new Uint8Array((await result()).slice().buffer));
  await run(work.times); // Compiles what is left.
  process.stdout.write("ready\n");
  for await (const _ of createInterface({ input: process.stdin })) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await run(work.times);
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`${wall} ${(user + system) / 1000}\n`);
  }
  Deno.exit(0); // Some runtimes leave timers or threads behind.
}

/** A work that is ready to be timed, and what it gives. */
async function prepare(party: Party, work: Work): Promise<{ run: Run; result: () => Promise<Float32Array> }> {
  if (work.kind === "step") {
    if (party.step === undefined) throw new Error(`Cannot run ${work.name}: this party trains no models`);
    const steps = await party.step(work);
    return { run: steps.run, result: () => stepResult(steps) };
  }
  const run = work.kind === "gemm" ? await party.gemm(work) : await party.model?.(work);
  if (run === undefined) throw new Error(`Cannot run ${work.name}: this party runs no models`);
  return { run, result: () => run(1) };
}

/** The loss, that of the third step, and all gradients by rising name. */
async function stepResult({ gradients: derive, run }: StepRun): Promise<Float32Array> {
  const { loss, gradients } = await derive();
  const [third = NaN] = await run(3);
  const sorted = [...gradients].sort(([a], [b]) => a < b ? -1 : 1).map(([, data]) => data);
  const all = new Float32Array(sorted.reduce((sum, { length }) => sum + length, 2));
  all.set([loss, third]);
  let at = 2;
  for (const data of sorted) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}
