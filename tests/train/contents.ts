/** What the checkpoints of tests hold: bytes that follow from the step. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import type { Checkpoint } from "../../src/train/checkpoint/reader.ts";
import type { CheckpointFile } from "../../src/train/checkpoint/writer.ts";

const NAMES = ["model.safetensors", "optimizer.safetensors", "training_state.json", "empty"];

function bytesOf(step: number, name: string): Uint8Array<ArrayBuffer> {
  const next = random(step * NAMES.length + NAMES.indexOf(name));
  const size = name === "empty" ? 0 : name === "training_state.json" ? 40 : 20_000 + 1000 * (step % 7);
  return Uint8Array.from({ length: size }, () => 128 * (next() + 1));
}

/** The files of a step's checkpoint: whole, in parts, and in parts that come later. */
export function filesOf(step: number): CheckpointFile[] {
  return NAMES.map((name, i) => {
    const bytes = bytesOf(step, name);
    const parts = [bytes.subarray(0, 9000), bytes.subarray(9000)];
    return { name, data: [bytes, parts, later(parts)][i % 3]! };
  });
}

async function* later(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** Checks that a checkpoint holds all that was written at its step. */
export async function assertWhole(checkpoint: Checkpoint): Promise<void> {
  assert.deepEqual(checkpoint.names, NAMES);
  for (const name of NAMES) assert.deepEqual(await checkpoint.read(name), bytesOf(checkpoint.step, name), name);
}
