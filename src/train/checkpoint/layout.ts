/** Names of checkpoints in their folder, and of files in a checkpoint. */

import { quote } from "../../base/messages.ts";
import { pathIn } from "../../io/folder/path.ts";

/** The manifest, which is written last. */
export const MANIFEST = "manifest.json";

/** The file of what a checkpoint holds of a training beside tensors. */
export const RECORD_FILE = "training_state.json";

/** The file of the optimizer's state. */
export const OPTIMIZER_FILE = "optimizer.safetensors";

/** The file that a trainer locks. */
export const LOCK = ".lock";

/** What a folder's name begins with while it is being written or removed. */
const TEMPORARY = ".tmp-";

/** A place in the folder of checkpoints. */
export interface Place {
  step: number;
  path: string;
}

const PREFIX = "checkpoint-";

/** The folder of a step's checkpoint, as Hugging Face's trainer names it: `checkpoint-120`. */
export function checkpointName(step: number): string {
  return `${PREFIX}${step}`;
}

/** A name that no reader takes for a checkpoint, and that is used once. */
export function temporaryName(step: number): string {
  return `${TEMPORARY}${checkpointName(step)}-${crypto.randomUUID()}`;
}

/** The checkpoints among names of a folder, whole or not, the newest first. */
export function checkpointsAmong(names: readonly string[], folder: string): Place[] {
  return names
    .filter((name) => /^checkpoint-(0|[1-9]\d{0,14})$/.test(name))
    .map((name) => ({ step: Number(name.slice(PREFIX.length)), path: pathIn(folder, name) }))
    .sort((a, b) => b.step - a.step);
}

/** The name of a checkpoint in the moment in which another one of its step takes its place. */
export function replacedName(step: number): string {
  return `.old-${checkpointName(step)}`;
}

/** Checkpoints that a trainer left when it ended in the moment in which it replaced them. */
export function replacedAmong(names: readonly string[], folder: string): Place[] {
  return checkpointsAmong(names.filter((name) => name.startsWith(".old-")).map((name) => name.slice(5)), folder)
    .map(({ step }) => ({ step, path: pathIn(folder, replacedName(step)) }));
}

/** A name that {@linkcode temporaryName} gives. */
const LEFTOVER =
  /^\.tmp-checkpoint-(0|[1-9]\d{0,14})-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Folders that a trainer left when it ended while it wrote or removed them. Other temporary folders are not ours. */
export function leftoversAmong(names: readonly string[], folder: string): string[] {
  return names.filter((name) => LEFTOVER.test(name)).map((name) => pathIn(folder, name));
}

/** Checks a step. @throws {RangeError} If it is not a whole number from 0 to 10^15 - 1. */
export function checkStep(step: number): void {
  if (Number.isInteger(step) && step >= 0 && step < 1e15) return;
  throw new RangeError(`Cannot write a checkpoint: step must be a whole number from 0 to 999999999999999, got ${step}`);
}

/** What is wrong with the name of a file of a checkpoint; null if nothing is. */
export function nameProblem(name: string): string | null {
  if (name === MANIFEST) return `${quote(name)} is the manifest's name`;
  if (/^[\w][\w.-]*$/.test(name)) return null;
  return `a file's name must be letters, digits, dots, dashes and underscores, and begin with none of the latter two ` +
    `or a dot, got ${quote(name)}`;
}
