/** A place in the data of a training. */

import { InputError } from "../../../base/errors.ts";
import { isObject } from "../../../base/json.ts";
import { shown } from "../../../base/messages.ts";

/** A place in the data of a training: before a batch of a window of an epoch, all counted from 0. It is JSON. */
export interface DataPosition {
  /** How many passes over the data are done. */
  readonly epoch: number;
  /** How many windows of the pass are done. */
  readonly window: number;
  /** How many batches of the window are done. */
  readonly batch: number;
}

/** The beginning of a training. */
export const DATA_START: DataPosition = { epoch: 0, window: 0, batch: 0 };

/** @throws {InputError} If a value, which a checkpoint may hold, is no position. */
export function checkPosition(value: unknown): asserts value is DataPosition {
  const names = ["epoch", "window", "batch"];
  const isPosition = isObject(value) &&
    names.every((name) => Number.isSafeInteger(value[name]) && Number(value[name]) >= 0);
  if (isPosition) return;
  throw new InputError(
    `Cannot go on in the data: a position must have ${names.join(", ")}, whole numbers from 0, got ${shown(value)}`,
  );
}
