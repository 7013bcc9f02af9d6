/** The tensor of the public API: numbers on the CPU with a type and dimensions, as in transformers.js. */

import { elementCount, shapeText } from "./shape.ts";

/** Element types of a {@linkcode Tensor}. */
export type TensorType = "float32" | "float64" | "int32" | "uint32" | "int64" | "uint8" | "int8" | "bool";

/** The typed array that holds the elements of each type; `bool` is one byte each. */
export interface TensorArrays {
  /** 32-bit floating point. */
  float32: Float32Array;
  /** 64-bit floating point. */
  float64: Float64Array;
  /** Signed, 32 bits. */
  int32: Int32Array;
  /** Unsigned, 32 bits. */
  uint32: Uint32Array;
  /** Signed, 64 bits. */
  int64: BigInt64Array;
  /** Unsigned, 8 bits. */
  uint8: Uint8Array;
  /** Signed, 8 bits. */
  int8: Int8Array;
  /** 0 or 1. */
  bool: Uint8Array;
}

/** The typed array that holds a {@linkcode Tensor}'s elements. */
export type TensorData<Type extends TensorType = TensorType> = TensorArrays[Type];

/** Nested arrays as {@linkcode Tensor.tolist} returns them; a 0-d tensor gives the bare element. */
export type NestedArray = number | bigint | boolean | NestedArray[];

/** The typed array of each type. */
export const TENSOR_ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

/** Elements that consoles show. */
const SHOWN = 6;

/**
 * An n-dimensional array on the CPU, row-major.
 *
 * @example
 * ```ts
 * const t = new Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]);
 * t.tolist(); // [[1, 2, 3], [4, 5, 6]]
 * ```
 *
 * @typeParam Type Its element type: a `Tensor<"float32">` has a `Float32Array`.
 */
export class Tensor<Type extends TensorType = TensorType> {
  /** Element type. */
  readonly type: Type;
  /** Elements in row-major order. */
  readonly data: TensorData<Type>;
  /** Dimensions; `[]` for a scalar. */
  readonly dims: readonly number[];

  /**
   * Makes a tensor.
   *
   * @param type Element type.
   * @param data A typed array of that type (used as it is, not copied), or plain numbers.
   * @param dims Dimensions, whose product must be the number of elements.
   * @throws {TypeError} On an unknown type, the wrong kind of array or a count that does not fit `dims`.
   */
  constructor(type: Type, data: TensorData<Type> | readonly (number | bigint | boolean)[], dims: readonly number[]) {
    if (!Object.hasOwn(TENSOR_ARRAYS, type)) {
      throw new TypeError(
        `Cannot make a Tensor: type must be one of ${Object.keys(TENSOR_ARRAYS).join(", ")}, got "${type}"`,
      );
    }
    const Array_ = TENSOR_ARRAYS[type];
    if (dims.some((d) => !Number.isSafeInteger(d) || d < 0)) {
      throw new TypeError(`Cannot make a Tensor: dims must be whole numbers from 0, got ${shapeText(dims)}`);
    }
    const count = elementCount(dims);
    if (count !== data.length) {
      throw new TypeError(
        `Cannot make a Tensor: dims ${shapeText(dims)} hold ${count} elements, but data has ${data.length}`,
      );
    }
    if (ArrayBuffer.isView(data)) {
      if (!(data instanceof Array_)) {
        throw new TypeError(`Cannot make a Tensor: ${type} needs a ${Array_.name}, got a ${data.constructor.name}`);
      }
      this.data = data;
    } else if (type === "int64") {
      this.data = BigInt64Array.from(data as readonly bigint[], BigInt) as TensorData<Type>;
    } else {
      this.data = (Array_ as typeof Float32Array).from(data as readonly number[], Number) as TensorData<Type>;
    }
    this.type = type;
    this.dims = [...dims];
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The elements as nested plain arrays; `int64` gives bigints, `bool` booleans, a 0-d tensor its bare element. */
  tolist(): NestedArray {
    let at = 0;
    const level = (depth: number): NestedArray => {
      if (depth === this.dims.length) {
        const value = this.data[at++] as number | bigint;
        return this.type === "bool" ? value !== 0 : value;
      }
      return Array.from({ length: this.dims[depth] as number }, () => level(depth + 1));
    };
    return level(0);
  }

  /** A tensor as Node.js's consoles show it: its type, its dimensions and its first elements. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return shownBriefly(this);
  }

  /** The same for Deno's. */
  [Symbol.for("Deno.customInspect")](): string {
    return shownBriefly(this);
  }

  /** The only element of a one-element tensor, as a number. */
  item(): number {
    if (this.data.length !== 1) {
      throw new TypeError(`Cannot take item(): the tensor must have one element, got dims ${shapeText(this.dims)}`);
    }
    return Number(this.data[0]);
  }
}

function shownBriefly({ type, dims, data }: Tensor): string {
  const shown = Array.from(data.subarray(0, SHOWN) as ArrayLike<number | bigint>, (element) => {
    if (type === "bool") return `${element !== 0}`;
    return `${type === "float32" ? Number(Number(element).toPrecision(6)) : element}`;
  });
  return `Tensor ${type} ${shapeText(dims)} { ${shown.join(", ")}${data.length > SHOWN ? ", …" : ""} }`;
}
