/** Why an op differs from its twin: its kernel, or the memory that it read. */

import type { Gpu } from "../../src/gpu/device.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import { outputsOf, type Value } from "../../src/graph/value.ts";
import { type BufferContents, launchKernel } from "../../src/kernels/launch.ts";
import type { Expected } from "../../tests/conformance/conformance.ts";
import { judge, type Judgement } from "./judge.ts";
import { Memory, readValues } from "./memory.ts";
import { type Checked, replayStep } from "./replay.ts";
import type { TwinCall } from "./twins/twin.ts";

/** A value whose buffer another op wrote to too early. */
export interface Overwritten {
  readonly value: Value;
  /** The label of the first op that did. */
  readonly by: string;
}

/** Why an op differs. */
export interface Diagnosis {
  /**
   * What its kernel writes if it runs alone, on the inputs that the op should have read. If that is right, the op read
   * others.
   */
  readonly alone: Judgement;
  readonly overwritten: readonly Overwritten[];
}

/** Finds out why an op differs. */
export async function diagnose(gpu: Gpu, recording: Recording, op: Checked): Promise<Diagnosis> {
  const { step, binding } = op;
  const { call, expected } = replayStep(step, await Memory.read(gpu, recording));
  const alone = judge(await runAlone(gpu, recording, { ...op, call }), expected[binding] as Expected);
  const inputs = new Set(readValues(step).map(([, value]) => value));
  const overwritten = [...inputs].flatMap((value) => {
    const by = overwriterOf(recording, value, step.index);
    return by === null ? [] : [{ value, by }];
  });
  return { alone, overwritten };
}

/**
 * The first op before number `end` that wrote to the buffer of an earlier op's value; null if there is none.
 *
 * @param end The number of the op that reads the value, or past the last if it is an output.
 */
export function overwriterOf({ steps, bufferOf }: Recording, value: Value, end: number): string | null {
  if (value.storage.kind !== "planned") return null;
  const buffer = bufferOf(value);
  const first = steps.findIndex(({ node }) => node === value.node);
  const by = steps.slice(first + 1, end).find(({ node, isEmpty }) =>
    !isEmpty && outputsOf(node).some((written) => bufferOf(written) === buffer)
  );
  return by?.node.label ?? null;
}

/** What the op's kernel writes to its binding, given the inputs that the op should have read. */
async function runAlone(
  gpu: Gpu,
  { values }: Recording,
  { step, binding, value, call }: Checked & { call: TwinCall },
): Promise<Float32Array | Uint32Array> {
  const { kernel, constants, params, node } = step;
  const buffers: Record<string, BufferContents> = {};
  for (const name of kernel.bindingNames) {
    const data = call.read[name];
    const bound = node.bindings[name] as Value;
    // What a kernel writes has as many bytes as in the call.
    if (data === undefined) buffers[name] = values.get(bound)?.byteLength ?? 0;
    else buffers[name] = bound.dtype === "f16" ? new Float16Array(data) : data;
  }
  const [found] = await launchKernel(gpu, kernel, { constants, params, buffers }, [binding]) as [Float32Array];
  return value.dtype === "u32" ? new Uint32Array(found.buffer, found.byteOffset, found.length) : found;
}
