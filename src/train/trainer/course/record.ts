/** What a trainer keeps in a checkpoint, beside weights and moments. */

import { CheckpointError } from "../../../base/errors.ts";
import { isObject } from "../../../base/json.ts";
import { listed, quote, shown } from "../../../base/messages.ts";
import { checkPosition, type DataPosition } from "../../data/order/position.ts";
import type { TrainingCheckpoint } from "../../saving/training_checkpoint.ts";
import { parseTrainerState, trainerStateText } from "../../trainer_state/trainer_state.ts";
import type { CourseRecord } from "./course.ts";
import type { TrainingIdentity } from "./identity.ts";

/** What follows a step. */
export interface Due {
  readonly evaluates: boolean;
  readonly saves: boolean;
  /** Whether it is the last step. */
  readonly ends: boolean;
}

/** What a checkpoint of a trainer holds. */
export interface TrainerRecord {
  /** Where the next step begins in the data. */
  readonly position: DataPosition;
  /** Batches of the epoch so far. */
  readonly batches: number;
  readonly course: CourseRecord;
  /** Whether an interruption left it: a training without a stop has no checkpoint there. */
  readonly isInterim: boolean;
  /** What has yet to follow the step: an evaluation was interrupted. */
  readonly due: Due | null;
  /** Whether the training has ended with it. */
  readonly isLast: boolean;
}

/** The version of the form of what a checkpoint keeps. */
const FORMAT = 2;

/** The file of the course in a checkpoint, and in the end in the folder of the model, as in Hugging Face's. */
export const STATE_FILE = "trainer_state.json";

/** What a checkpoint keeps: JSON, and the files of its own. */
export function trainerRecord(
  { course: { state, ...course }, ...record }: TrainerRecord,
  identity: TrainingIdentity,
): { data: object; files: Map<string, Uint8Array> } {
  return {
    data: { trainer: FORMAT, ...identity, ...record, course },
    files: new Map([[STATE_FILE, new TextEncoder().encode(trainerStateText(state))]]),
  };
}

/**
 * Reads what a checkpoint keeps.
 *
 * @throws {CheckpointError} If it is no trainer's, or that of another training.
 */
export async function readTrainerRecord(
  checkpoint: TrainingCheckpoint,
  identity: TrainingIdentity,
): Promise<TrainerRecord> {
  const { path, data } = checkpoint;
  if (!isObject(data) || data.trainer !== FORMAT) {
    throw new CheckpointError(
      `Cannot go on from ${quote(path)}: it must be a checkpoint of a Trainer of this version, and is another one`,
    );
  }
  const { settings, digests, ...record } = data as unknown as
    & TrainingIdentity
    & Omit<TrainerRecord, "course">
    & { course: Omit<CourseRecord, "state"> };
  const problems = [
    ...changed(settings, identity.settings).map((name) => {
      return `${name} must be ${textOf(settings[name])}, got ${textOf(identity.settings[name])}`;
    }),
    // What only one of them has, its settings tell.
    ...changed(digests, identity.digests).filter((name) => name in digests && name in identity.digests)
      .map((name) => `${name} must be that of its beginning, and is another one`),
  ];
  if (problems.length > 0) {
    throw new CheckpointError(
      `Cannot go on from ${quote(path)}: it is a checkpoint of another training:${listed(problems)}`,
    );
  }
  checkPosition(record.position);
  const state = parseTrainerState(new TextDecoder().decode(await checkpoint.read(STATE_FILE)));
  return { ...record, course: { ...record.course, state } };
}

/** The names of what differs. */
function changed(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

function textOf(value: unknown): string {
  return value === undefined ? "left out" : shown(value);
}
