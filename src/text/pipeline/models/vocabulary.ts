/** The `vocab` of a model: tokens and their ids. */

import { isObject } from "../../../base/json.ts";
import type { Part } from "../fields.ts";

/** Whether a value can be an id. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Id of each token of a `vocab` that is an object. */
export function readVocabulary(part: Part): Map<string, number> {
  const vocab = part.raw("vocab");
  if (!isObject(vocab)) return part.wrong("vocab", "an object");
  const ids = new Map(Object.entries(vocab)) as Map<string, number>;
  for (const [token, id] of ids) {
    if (!isId(id)) part.fail(`the id of ${JSON.stringify(token)}`, "a whole number from 0 up", id);
  }
  return ids;
}
