/** Checks of tensors by name that are to be put in the place of others. */

import { firstNonFinite } from "./dtype.ts";
import { CheckpointError } from "./errors.ts";
import { classOf, listed, quote, quoted } from "./messages.ts";
import { placeOf, shapeText } from "./shape.ts";
import { Tensor, type TensorType } from "./tensor.ts";

/** What a tensor must be. */
export interface ExpectedTensor {
  readonly dims: readonly number[];
  /** Default: `float32`. */
  readonly type?: TensorType;
  /** Whether its numbers may be NaN or infinite. Default: no. */
  readonly mayBeNonFinite?: boolean;
}

/** Names that a problem shows. */
const SHOWN = 4;

/** Problems that an error lists. */
const LISTED = 12;

/**
 * The problems of tensors that should be some others: those missing, those without a use, those of another type or shape
 * or with numbers that are not finite.
 */
export function stateDictProblems(
  tensors: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, ExpectedTensor>,
): string[] {
  const problems: string[] = [];
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) problems.push(`${countOf(missing)} missing: ${some(missing)}`);
  const unexpected = [...tensors.keys()].filter((name) => !expected.has(name));
  if (unexpected.length > 0) problems.push(`${countOf(unexpected)} of no use: ${some(unexpected)}`);
  for (const [name, tensor] of tensors) {
    const wanted = expected.get(name);
    const problem = wanted === undefined ? null : problemOf(tensor, wanted);
    if (problem !== null) problems.push(`${quote(name)} must ${problem}`);
  }
  return problems;
}

/**
 * Throws an error that lists problems, if there are any: the first of them, if there are many.
 *
 * @param action What was asked for: `load the weights`.
 * @throws {CheckpointError} If there are problems.
 */
export function refuseProblems(action: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const rest = problems.length - LISTED;
  const shown = rest > 0 ? [...problems.slice(0, LISTED), `and ${rest} more`] : problems;
  throw new CheckpointError(`Cannot ${action}:${listed(shown)}`);
}

/** @throws {TypeError} If tensors are no map. */
export function expectMap(action: string, tensors: unknown): void {
  if (tensors instanceof Map) return;
  throw new TypeError(`Cannot ${action}: it must be a Map of tensors by name, got ${classOf(tensors)}`);
}

function problemOf(tensor: unknown, { dims, type = "float32", mayBeNonFinite = false }: ExpectedTensor): string | null {
  if (!(tensor instanceof Tensor)) return `be a Tensor, got ${classOf(tensor)}`;
  if (tensor.type !== type) return `be of type ${type}, got ${tensor.type}`;
  if (tensor.dims.length !== dims.length || tensor.dims.some((size, axis) => size !== dims[axis])) {
    return `have the shape ${shapeText(dims)}, got ${shapeText(tensor.dims)}`;
  }
  if (type !== "float32" || mayBeNonFinite) return null;
  const at = firstNonFinite(tensor.data as Float32Array);
  return at < 0 ? null : `be finite, but element ${shapeText(placeOf(at, dims))} is ${tensor.data[at]}`;
}

function countOf({ length }: readonly string[]): string {
  return length === 1 ? "1 tensor is" : `${length} tensors are`;
}

function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return quoted(names.slice(0, SHOWN)) + (rest > 0 ? ` and ${rest} more` : "");
}
