/**
 * A party runs in a process of its own, as several WebGPU runtimes do not share one. It is given a work, hands in the
 * result of doing it once, and then times one sample for each line on its standard input.
 */

import process from "node:process";
import { createInterface } from "node:readline";
import type { GemmWork, ModelWork, Work } from "./works.ts";

/** Does a work so many times and reads the last result. */
export type Run = (times: number) => Promise<Float32Array>;

/** How a party does the works; when it is prepared, weights and inputs are where it computes. */
export interface Party {
  gemm(work: GemmWork): Promise<Run>;
  /** Left out by a party that is not asked to run models. */
  model?(work: ModelWork): Promise<Run>;
}

/** Prepares the work in the first argument, writes its result to the file in the second, and answers with milliseconds. */
export async function serve(party: Party): Promise<void> {
  console.log = console.error; // What libraries print must not mix with the answers.
  const [description = "", file = ""] = Deno.args;
  const work: Work = JSON.parse(description);
  const run = work.kind === "gemm" ? await party.gemm(work) : await party.model?.(work);
  if (run === undefined) throw new Error(`Cannot run ${work.name}: this party runs no models`);
  await Deno.writeFile(file, new Uint8Array((await run(1)).slice().buffer));
  await run(work.times); // Compiles what is left.
  process.stdout.write("ready\n");
  for await (const _ of createInterface({ input: process.stdin })) {
    const start = performance.now();
    await run(work.times);
    process.stdout.write(`${performance.now() - start}\n`);
  }
  Deno.exit(0); // Some runtimes leave timers or threads behind.
}
