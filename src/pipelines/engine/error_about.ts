/** Errors about one input of many. */

import { NarrowBertError } from "../../base/errors.ts";

/**
 * Says which input an error is about, unless that is said already; of other errors than this library's nothing is.
 *
 * @param index Its number, from 0.
 */
export function errorAbout(error: unknown, index: number, input: unknown): unknown {
  if (!(error instanceof NarrowBertError) || error.index !== undefined) return error;
  Object.defineProperty(error, "index", { value: index, enumerable: false });
  return Object.defineProperty(error, "input", { value: input, enumerable: false });
}
