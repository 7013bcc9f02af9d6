/**
 * Replays a recorded call: each op's twin computes what the op must have written, from the op's own inputs. So wrong
 * inputs do not make an op differ, and the first op that differs is the first that is wrong.
 */

import type { Gpu } from "../../src/gpu/device.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import type { Step } from "../../src/graph/program/steps.ts";
import type { InputData } from "../../src/graph/program/upload.ts";
import type { Value } from "../../src/graph/value.ts";
import { judge, type Judgement } from "./judge.ts";
import { Memory, readValues } from "./memory.ts";
import type { Twin, TwinCall } from "./twins/twin.ts";
import { TWINS } from "./twins/twins.ts";

/** What an op wrote, compared with its twin. */
export interface Checked {
  readonly step: Step;
  /** The binding with the largest error in units of its bound, and its value. */
  readonly binding: string;
  readonly value: Value;
  readonly judgement: Judgement;
}

/** An output that is no longer what its op wrote. */
export interface LostOutput {
  readonly name: string;
  readonly value: Value;
  readonly judgement: Judgement;
}

/** What a replay finds. */
export interface Replay {
  readonly recording: Recording;
  /** The ops that had something to do, in order. */
  readonly ops: readonly Checked[];
  /** The outputs that were written over after their ops. */
  readonly lost: readonly LostOutput[];
}

/**
 * Replays a call.
 *
 * @throws {Error} If a kernel has no twin.
 */
export async function replay(gpu: Gpu, recording: Recording): Promise<Replay> {
  const memory = await Memory.read(gpu, recording);
  const ops: Checked[] = [];
  for (const step of recording.steps) {
    if (!step.isEmpty) ops.push(checkStep(step, recording, memory));
  }
  return { recording, ops, lost: lostOutputs(recording) };
}

/** Whether an op or output is as it must be. */
export function agrees({ judgement: { wrong } }: Checked | LostOutput): boolean {
  return wrong === 0;
}

/** An op's largest error, in units of its bound. */
export function ratioOf({ judgement: { worst } }: Checked): number {
  return worst?.ratio ?? 0;
}

/** What a step read, as it was written, and what its twin makes of it. */
export function replayStep(step: Step, memory: Memory): { call: TwinCall; expected: ReturnType<Twin> } {
  const { node, kernel, constants, params } = step;
  const twin = TWINS[kernel.name];
  if (twin === undefined) {
    throw new Error(
      `Cannot replay ${node.label}: kernel ${kernel.name} must have a twin in tools/explain/twins/twins.ts, got none`,
    );
  }
  const read: Record<string, InputData> = {};
  for (const [binding, value] of readValues(step)) read[binding] = memory.contents(value);
  const call = { constants, params, read };
  return { call, expected: twin(call) };
}

function checkStep(step: Step, { values }: Recording, memory: Memory): Checked {
  const { expected } = replayStep(step, memory);
  const checked = Object.entries(expected).map(([binding, one]): Checked => {
    const value = step.node.bindings[binding] as Value;
    return { step, binding, value, judgement: judge(values.get(value) as InputData, one) };
  });
  return checked.reduce((a, b) => ratioOf(b) > ratioOf(a) ? b : a);
}

/** The outputs that do not hold what their ops wrote, bit by bit. */
function lostOutputs({ graph, values, outputs }: Recording): LostOutput[] {
  return [...graph.outputs].flatMap(([name, value]) => {
    const [written, found] = [values.get(value), outputs.get(value)];
    if (written === undefined || found === undefined) return [];
    const bits = new Uint32Array(written.buffer, written.byteOffset, written.length);
    const lost = { name, value, judgement: judge(found, { values: bits }) };
    return agrees(lost) ? [] : [lost];
  });
}
