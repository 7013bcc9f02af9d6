/** Whether what a pickle says of a tensor fits its storage. Sums and products are exact, whatever is claimed. */

import type { Dtype } from "../../base/dtype.ts";
import { shapeText } from "../../base/shape.ts";
import { itemBytes, type StridedLayout } from "./layout.ts";
import { kindOfValue, type Storage, Tuple, type Value } from "./pickle/values.ts";
import { Refusal } from "./refusal.ts";

/** A tensor may have this many dimensions, as in PyTorch. */
const MAX_DIMENSIONS = 64;

/** A tensor that repeats elements of its storage may have this many. */
const MAX_REPEATED = 2n ** 24n;

/** What is claimed. */
export interface TensorClaim {
  /** What messages call the tensor. */
  readonly tensor: string;
  readonly storage: Storage;
  readonly dtype: Dtype;
  readonly offset: Value;
  readonly shape: Value;
  readonly strides: Value;
}

/** How much memory all tensors of a file may take. */
export class TensorLimits {
  readonly #most: number;
  #bytes = 0;

  /** @param fileSize Bytes of the file. */
  constructor(fileSize: number) {
    this.#most = 2 ** 26 + 16 * fileSize;
  }

  /** Counts a tensor. @throws {Refusal} If all tensors take too much. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#most) return;
    throw new Refusal("too_large", `its tensors must take at most ${this.#most} bytes, 64 MiB and 16 times the file`);
  }
}

/**
 * The place of a tensor in the file.
 *
 * @throws {Refusal} If a number is none, an element lies outside of the storage, or there are far more than it holds.
 */
export function tensorLayout(claim: TensorClaim, limits: TensorLimits): StridedLayout {
  const { tensor, storage, dtype } = claim;
  const [offset] = wholeNumbers([claim.offset], `the offset of ${tensor}`) as [bigint];
  const shape = wholeNumbers(itemsOf(claim.shape, `the shape of ${tensor}`), `the shape of ${tensor}`);
  const strides = wholeNumbers(itemsOf(claim.strides, `the strides of ${tensor}`), `the strides of ${tensor}`);
  if (shape.length !== strides.length) {
    throw new Refusal(
      "bad_tensor",
      `${tensor} must have a stride for each of ${shape.length} dimensions, got ${strides.length}`,
    );
  }
  const dims = shape.map((size) => {
    if (size <= Number.MAX_SAFE_INTEGER) return Number(size);
    throw new Refusal("bad_tensor", `a dimension of ${tensor} must be at most 2^53 - 1, got ${kindOfValue(size)}`);
  });
  const item = BigInt(itemBytes(dtype));
  const count = shape.reduce((product, size) => product * size, 1n);
  if (count === 0n) return { dtype, shape: dims, strides: dims.map(() => 0), begin: storage.begin };

  const last = shape.reduce((sum, size, i) => sum + (size - 1n) * (strides[i] as bigint), offset);
  const held = BigInt(storage.size) / item;
  if (last >= held) {
    throw new Refusal(
      "bad_tensor",
      `${tensor} of shape ${shapeText(dims)} must lie in its storage of ${held} elements, and reaches element ` +
        kindOfValue(last),
    );
  }
  if (count > held && count > MAX_REPEATED) {
    throw new Refusal(
      "too_large",
      `${tensor} must have at most ${MAX_REPEATED} elements, as its storage has ${held}, got ${kindOfValue(count)}`,
    );
  }
  limits.count(Number(count * item));
  return {
    dtype,
    shape: dims,
    // The stride of a dimension of one element leads nowhere, however large it is.
    strides: strides.map((stride, i) => dims[i] === 1 ? 0 : Number(stride)),
    begin: storage.begin + Number(offset * item),
  };
}

function itemsOf(value: Value, what: string): readonly Value[] {
  if (!(value instanceof Tuple)) throw new Refusal("bad_tensor", `${what} must be a tuple, got ${kindOfValue(value)}`);
  if (value.items.length <= MAX_DIMENSIONS) return value.items;
  throw new Refusal("bad_tensor", `${what} must have at most ${MAX_DIMENSIONS} numbers, got ${value.items.length}`);
}

function wholeNumbers(values: readonly Value[], what: string): bigint[] {
  return values.map((value) => {
    if (typeof value === "bigint" && value >= 0n) return value;
    throw new Refusal("bad_tensor", `${what} must be of whole numbers from 0, got ${kindOfValue(value)}`);
  });
}
