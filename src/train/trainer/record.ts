/** What a trainer keeps in a checkpoint, beside weights and moments. */

import { CheckpointError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { listed, quote, shown } from "../../base/messages.ts";
import { checkPosition, type DataPosition } from "../data/order/position.ts";
import type { TrainingCheckpoint } from "../saving/training_checkpoint.ts";
import type { ResolvedArguments } from "./arguments.ts";
import type { CourseRecord } from "./course.ts";

/** The arguments that a training which goes on may change: they change no step. */
const FREE: readonly string[] = ["output_dir", "per_device_eval_batch_size", "save_total_limit"];

/** What a checkpoint of a trainer holds. */
export interface TrainerRecord {
  readonly position: DataPosition;
  readonly course: CourseRecord;
  /** Whether an interruption left it: a training without a stop has no checkpoint there. */
  readonly isInterim: boolean;
}

/** The JSON that a checkpoint keeps. */
export function trainerRecord(
  { args, fingerprint, ...record }: TrainerRecord & { args: ResolvedArguments; fingerprint: string },
): object {
  return { trainer: 1, fingerprint, args: fixedArguments(args), ...record };
}

/**
 * Reads what a checkpoint keeps.
 *
 * @throws {CheckpointError} If it is no trainer's, or that of another training.
 */
export function readTrainerRecord(
  { path, data }: TrainingCheckpoint,
  { args, fingerprint }: { args: ResolvedArguments; fingerprint: string },
): TrainerRecord {
  if (!isObject(data) || data.trainer !== 1 || !isObject(data.course) || !isObject(data.args)) {
    throw new CheckpointError(
      `Cannot go on from ${quote(path)}: it must be a checkpoint of a Trainer, and is another one`,
    );
  }
  const now = fixedArguments(args);
  const before = data.args;
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  const problems = [...names]
    .filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]))
    .map((name) => `${name} must be ${shown(before[name])}, got ${shown(now[name])}`);
  if (data.fingerprint !== fingerprint) problems.push("the data must be those of its beginning, and are others");
  if (problems.length > 0) {
    throw new CheckpointError(
      `Cannot go on from ${quote(path)}: it is a checkpoint of another training:${listed(problems)}`,
    );
  }
  const { position, course, isInterim } = data;
  checkPosition(position);
  return { position, course: course as unknown as CourseRecord, isInterim: isInterim === true };
}

function fixedArguments(args: ResolvedArguments): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !FREE.includes(name)));
}
