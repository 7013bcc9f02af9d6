/**
 * Finds a wrong number: replays recorded calls op by op through the float64 twins, and says which op is the first that
 * differs from its twin.
 *
 *     const { recordings } = await recordCalls(gpu, () => model.forward(inputs));
 *     console.log((await explain(gpu, recordings[0])).text);
 *
 * This explains any call of a program on the device: of a class, a pipeline, a trunk, or a program of your own.
 */

import type { Gpu } from "../../src/gpu/device.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";
import { agrees, type Checked, type Replay, replay } from "./replay.ts";
import { agreementText, differenceText, lostText } from "./text.ts";

export { recordCalls } from "./record.ts";
export { tableText } from "./text.ts";

/** What {@linkcode explain} finds. */
export interface Explanation {
  /** Whether all ops wrote what their twins compute, and all outputs are what their ops wrote. */
  readonly agrees: boolean;
  /** The first op that differs from its twin, and why; null if all agree. */
  readonly first: { readonly op: Checked; readonly diagnosis: Diagnosis } | null;
  readonly replay: Replay;
  /** The explanation as text. */
  readonly text: string;
}

/**
 * Explains a recorded call.
 *
 * @throws {Error} If one of its kernels has no twin.
 */
export async function explain(gpu: Gpu, recording: Recording): Promise<Explanation> {
  const replayed = await replay(gpu, recording);
  const op = replayed.ops.find((op) => !agrees(op));
  const first = op === undefined ? null : { op, diagnosis: await diagnose(gpu, recording, op) };
  const opsText = first === null ? agreementText(replayed) : differenceText(replayed, first.op, first.diagnosis);
  const text = [opsText, ...replayed.lost.map((lost) => lostText(replayed, lost))].join("\n");
  return { agrees: first === null && replayed.lost.length === 0, first, replay: replayed, text };
}
