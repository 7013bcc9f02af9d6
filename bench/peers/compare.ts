/**
 * Times this repository against other runtimes on the same works: `deno task compare` in this folder, with a word for the
 * works whose names contain it. Each party runs in a process of its own, and must give the reference's numbers before
 * it is timed. Then they take turns, a sample each a round. Everything measured goes to a file in `bench/results/`, where
 * works that were not named keep what was measured before.
 */

import assert from "node:assert/strict";
import { requestGpu } from "../../mod.ts";
import { difference } from "../bert256.ts";
import { Contestant } from "./contestant.ts";
import { races } from "./races.ts";
import { type Measured, peersStamp, type Result, resultOf, summary, writeResult } from "./results.ts";
import { stepDifference, stepModel } from "./step_model.ts";
import type { Work } from "./works.ts";

/** A step takes some peers half a minute on a software adapter. */
const ROUNDS = { gemm: 9, model: 9, step: 5 };

/**
 * Largest difference of a result from the reference's: of numbers that are about 1, and of gradients as a share of the
 * largest one of a weight.
 */
const TOLERANCE = { gemm: 1e-4, model: 1e-4, step: 1e-3 };

/**
 * Who takes part. All others must have the numbers of the first: of ONNX Runtime on the CPU, which shares no code or driver
 * with them, and which does not train; so there our numbers are what the others must find by themselves.
 */
const PARTIES = {
  gemm: ["ort_node", "ours", "jax", "ort_web", "tfjs"],
  model: ["ort_node", "ours", "jax", "ort_web"],
  step: ["ours", "jax", "tfjs"],
};

const [word = ""] = Deno.args;
const gpu = await requestGpu();
const adapter = { name: gpu.name, class: gpu.adapterClass };
console.error(`adapter: ${adapter.name} (${adapter.class})`);
const all = races(adapter.class === "software");
const chosen = all.filter(({ name }) => name.includes(word));
if (chosen.length === 0) {
  console.error(`Cannot compare "${word}": the works are ${all.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}
for (const { prepare } of chosen) {
  const result = await race(await prepare());
  console.log(summary(result));
  // After each, as the next one may fail.
  console.log(`  in ${await writeResult(adapter, result)}`);
}

/** Has everybody do one work: first for its numbers, then for time. */
async function race(work: Work): Promise<Result> {
  const stamp = await peersStamp();
  const scratch = await Deno.makeTempDir({ prefix: "narrowbert-peers-" });
  const contestants: Contestant[] = [];
  try {
    for (const party of PARTIES[work.kind]) {
      contestants.push(await Contestant.start(party, work, `${scratch}/${party}`));
    }
    const [reference = ""] = PARTIES[work.kind];
    const expected = await numbers(`${scratch}/${reference}`);
    const differ = await differenceOf(work);
    const tolerance = TOLERANCE[work.kind];
    const parties = new Map<string, Measured>();
    for (const { party } of contestants) {
      const error = differ(await numbers(`${scratch}/${party}`), expected);
      assert(
        error <= tolerance,
        `${work.name}: ${party} differs from ${reference} by ${error}, more than ${tolerance}`,
      );
      parties.set(party, { error, milliseconds: [], cpu: [] });
    }
    for (let round = 0; round < ROUNDS[work.kind]; round++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        // Everybody comes after everybody else, so that nobody always meets the machine as the same one left it.
        const contestant = contestants[(round + turn) % contestants.length] as Contestant;
        const { wall, cpu } = await contestant.sample();
        parties.get(contestant.party)?.milliseconds.push(wall);
        parties.get(contestant.party)?.cpu.push(cpu);
      }
    }
    return resultOf(work, Object.fromEntries(parties), stamp);
  } finally {
    for (const contestant of contestants) await contestant.stop();
    await Deno.remove(scratch, { recursive: true });
  }
}

/** How much numbers of a work differ. */
async function differenceOf(work: Work): Promise<(found: Float32Array, expected: Float32Array) => number> {
  if (work.kind !== "step") return difference;
  const model = await stepModel(work);
  return (found, expected) => stepDifference(model, found, expected);
}

async function numbers(file: string): Promise<Float32Array> {
  return new Float32Array((await Deno.readFile(file)).buffer);
}
