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
import type { Work } from "./works.ts";

const ROUNDS = 9;

/** Largest difference of a result from the reference's; the numbers are about 1. */
const TOLERANCE = 1e-4;

/** Whose numbers all others must have; on the CPU, so that it shares no code or driver with them. */
const REFERENCE = "ort_node";
const PARTIES = { gemm: [REFERENCE, "ours", "jax", "ort_web", "tfjs"], model: [REFERENCE, "ours", "jax", "ort_web"] };

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
    const expected = await numbers(`${scratch}/${REFERENCE}`);
    const parties = new Map<string, Measured>();
    for (const { party } of contestants) {
      const error = difference(await numbers(`${scratch}/${party}`), expected);
      assert(
        error <= TOLERANCE,
        `${work.name}: ${party} differs from ${REFERENCE} by ${error}, more than ${TOLERANCE}`,
      );
      parties.set(party, { error, milliseconds: [] });
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (let turn = 0; turn < contestants.length; turn++) {
        // Everybody comes after everybody else, so that nobody always meets the machine as the same one left it.
        const contestant = contestants[(round + turn) % contestants.length] as Contestant;
        parties.get(contestant.party)?.milliseconds.push(await contestant.sample());
      }
    }
    return resultOf(work, Object.fromEntries(parties), stamp);
  } finally {
    for (const contestant of contestants) await contestant.stop();
    await Deno.remove(scratch, { recursive: true });
  }
}

async function numbers(file: string): Promise<Float32Array> {
  return new Float32Array((await Deno.readFile(file)).buffer);
}
