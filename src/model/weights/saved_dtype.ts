/** The element types that weights are saved in. */

import { encodeBfloat16, encodeFloat16 } from "../../base/dtype.ts";
import { describe, quote } from "../../base/messages.ts";
import { placeOf, shapeText } from "../../base/shape.ts";

/** An element type that weights are saved in. */
export type SavedDtype = "F32" | "F16" | "BF16";

/** Every {@linkcode SavedDtype}. */
export const SAVED_DTYPES: readonly SavedDtype[] = ["F32", "F16", "BF16"];

/** The element type of a name, in capitals or small letters. @throws {RangeError} If there is none. */
export function savedDtypeNamed(name: unknown): SavedDtype {
  const found = SAVED_DTYPES.find((dtype) => name === dtype || name === dtype.toLowerCase());
  if (found !== undefined) return found;
  throw new RangeError(`Cannot save a model: dtype must be one of ${SAVED_DTYPES.join(", ")}, got ${describe(name)}`);
}

/** Elements of a weight, and where they are in it. */
export interface SavedElements {
  /** The weight. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The first of the elements, counted in row-major order. */
  readonly begin: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * Elements rounded to the type that they are saved in; those of F32 as they are.
 *
 * @throws {RangeError} If one is beyond the range of the type.
 */
export function savedElements(
  { name, shape, begin, values }: SavedElements,
  dtype: SavedDtype,
): Float32Array<ArrayBuffer> | Float16Array | Uint16Array {
  if (dtype === "F32") return values;
  const isF16 = dtype === "F16";
  const rounded = isF16 ? encodeFloat16(values) : encodeBfloat16(values);
  const exponent = isF16 ? 0x7c00 : 0x7f80;
  const bits = new Uint16Array(rounded.buffer, rounded.byteOffset, rounded.length);
  const at = bits.findIndex((word) => (word & exponent) === exponent);
  if (at < 0) return rounded;
  throw new RangeError(
    `Cannot save weight ${quote(name)} as ${dtype}: element ${shapeText(placeOf(begin + at, shape))} must be in its ` +
      `range, got ${values[at]}; save the model with dtype "F32"`,
  );
}
