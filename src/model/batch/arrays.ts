/** Reads the inputs of callers, tensors or nested plain arrays, into flat numbers with dimensions. */

import { InputError } from "../../base/errors.ts";
import { kindOf } from "../../base/messages.ts";
import { elementCount } from "../../base/shape.ts";
import { Tensor, type TensorData } from "../../base/tensor.ts";

/** A tensor, or plain numbers nested as its dimensions. */
export type ArrayInput = Tensor | NestedInput | ArrayLike<number>;

/** Plain arrays of numbers, bigints or booleans, nested as the dimensions of a tensor. */
export type NestedInput = readonly (number | bigint | boolean | NestedInput | ArrayLike<number>)[];

/** Most levels of nesting; no input has more than four. */
const MAX_LEVELS = 5;

/** An input as flat numbers. */
export interface FlatArray {
  data: Float64Array;
  dims: number[];
  /** Whether the values are floats. A tensor's are by its type; plain arrays' if they have a fraction or two levels. */
  float: boolean;
}

/**
 * Flattens one input.
 *
 * @param name Its name, for messages.
 * @throws {InputError} If it is neither a tensor nor regular nested arrays of numbers.
 */
export function readArray(name: string, input: ArrayInput): FlatArray {
  if (input instanceof Tensor) {
    const float = input.type === "float32" || input.type === "float64";
    return { data: float64Of(input.data), dims: [...input.dims], float };
  }
  if (!isList(input)) {
    throw new InputError(
      `Cannot read ${name}: it must be a Tensor or nested arrays of numbers, got ${describe(input)}`,
    );
  }
  const dims: number[] = [];
  for (let level: unknown = input; isList(level); level = level[0]) {
    dims.push(level.length);
    if (dims.length > MAX_LEVELS) {
      throw new InputError(`Cannot read ${name}: arrays may be nested ${MAX_LEVELS} deep, got more`);
    }
  }
  checkRegular(name, input, dims, "");
  const data = new Float64Array(elementCount(dims));
  fill(name, input, dims.length, { data, at: 0, path: "" });
  const float = dims.length >= 2 || data.some((value) => !Number.isInteger(value));
  return { data, dims, float };
}

/** Numbers as float64. A typed array is copied at once: a call for each element takes twenty times as long. */
function float64Of(data: TensorData): Float64Array {
  if (!(data instanceof BigInt64Array)) return new Float64Array(data);
  const copy = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) copy[i] = Number(data[i]);
  return copy;
}

/** Checks that all arrays of a level have one length, before memory is allocated for their elements. */
function checkRegular(name: string, input: ArrayLike<unknown>, dims: readonly number[], path: string): void {
  const [length = 0, ...inner] = dims;
  if (input.length !== length) {
    const cure = name === "input_ids" ? "; pad the rows to one length and mask the padding with attention_mask" : "";
    throw new InputError(
      `Cannot read ${name}: its rows must have one length, got ${length} elements at first and ` +
        `${input.length} in ${name}${path}${cure}`,
    );
  }
  if (inner.length === 0) return;
  for (let i = 0; i < length; i++) {
    const item = input[i];
    const here = `${path}[${i}]`;
    if (!isList(item)) {
      throw new InputError(
        `Cannot read ${name}: ${name}${here} must be an array of ${inner[0]}, got ${describe(item)}`,
      );
    }
    checkRegular(name, item, inner, here);
  }
}

/** Writes the numbers of regular arrays to `data` from `at` on, and returns their end. */
function fill(
  name: string,
  input: ArrayLike<unknown>,
  levels: number,
  { data, at, path }: { data: Float64Array; at: number; path: string },
): number {
  for (let i = 0; i < input.length; i++) {
    const item = input[i];
    if (levels > 1) {
      at = fill(name, item as ArrayLike<unknown>, levels - 1, { data, at, path: `${path}[${i}]` });
    } else if (typeof item === "number" || typeof item === "bigint" || typeof item === "boolean") {
      data[at++] = Number(item);
    } else {
      throw new InputError(`Cannot read ${name}: ${name}${path}[${i}] must be a number, got ${describe(item)}`);
    }
  }
  return at;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function describe(value: unknown): string {
  if (isList(value)) return `an array of ${value.length}`;
  return typeof value === "string" ? `the string ${JSON.stringify(value.slice(0, 40))}` : kindOf(value);
}
