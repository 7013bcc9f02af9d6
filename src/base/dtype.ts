/**
 * The element types of the safetensors format, and the conversions between its floating-point types.
 *
 * Bytes are little-endian in the format and on every machine that Deno or WebGPU runs on, so bytes are viewed, not
 * swapped. The conversions are IEEE 754: widening is exact, narrowing rounds to the nearest value, ties to even.
 */

/**
 * The element types of a safetensors file, each with the typed array that shows its elements. A type without an array
 * of its own is shown as raw bits: BF16 as 16-bit words, the 8-bit floats and the packed sub-byte ones as bytes.
 */
export interface DtypeArrays {
  /** Booleans, a byte each. */
  BOOL: Uint8Array;
  /** 4-bit floats, packed. */
  F4: Uint8Array;
  /** 6-bit floats of 2 exponent and 3 mantissa bits, packed. */
  F6_E2M3: Uint8Array;
  /** 6-bit floats of 3 exponent and 2 mantissa bits, packed. */
  F6_E3M2: Uint8Array;
  /** Unsigned 8-bit integers. */
  U8: Uint8Array;
  /** Signed 8-bit integers. */
  I8: Int8Array;
  /** 8-bit floats of 5 exponent and 2 mantissa bits. */
  F8_E5M2: Uint8Array;
  /** 8-bit floats of 4 exponent and 3 mantissa bits. */
  F8_E4M3: Uint8Array;
  /** 8-bit powers of two. */
  F8_E8M0: Uint8Array;
  /** As `F8_E4M3`, with a single zero and without infinities. */
  F8_E4M3FNUZ: Uint8Array;
  /** As `F8_E5M2`, with a single zero and without infinities. */
  F8_E5M2FNUZ: Uint8Array;
  /** Signed 16-bit integers. */
  I16: Int16Array;
  /** Unsigned 16-bit integers. */
  U16: Uint16Array;
  /** IEEE 754 half precision. */
  F16: Float16Array;
  /** bfloat16: the upper half of an F32. */
  BF16: Uint16Array;
  /** Signed 32-bit integers. */
  I32: Int32Array;
  /** Unsigned 32-bit integers. */
  U32: Uint32Array;
  /** IEEE 754 single precision. */
  F32: Float32Array;
  /** Complex numbers: pairs of real and imaginary parts, 32 bits each. */
  C64: Float32Array;
  /** IEEE 754 double precision. */
  F64: Float64Array;
  /** Signed 64-bit integers. */
  I64: BigInt64Array;
  /** Unsigned 64-bit integers. */
  U64: BigUint64Array;
}

/** The name of an element type in a safetensors file. */
export type Dtype = keyof DtypeArrays;

/** A typed array over the elements of `D`; see {@linkcode DtypeArrays}. */
export type DtypeArray<D extends Dtype = Dtype> = DtypeArrays[D];

/** What a dtype is: its size, and the constructor of its typed array. */
type DtypeInfo<D extends Dtype> = {
  readonly bits: number;
  readonly array: { new (length: number): DtypeArrays[D]; readonly BYTES_PER_ELEMENT: number };
};

/**
 * Every dtype the format knows, in the reference implementation's order (writers sort by it), with its size in bits
 * and the typed array that shows its elements: see {@linkcode DtypeArrays}.
 */
export const DTYPES = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Float16Array },
  BF16: { bits: 16, array: Uint16Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: Float32Array },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const satisfies { readonly [D in Dtype]: DtypeInfo<D> };

/** The dtypes that weights may have. */
export type FloatDtype = "F64" | "F32" | "F16" | "BF16";

/** What all of the arrays' constructors have in common. */
interface ViewConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): DtypeArray;
}

/** Whether the format knows a dtype of this name. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}

/** Whether elements of this dtype can be weights, that is, can become 32-bit floats. */
export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "F64";
}

/** `bytes` as the typed array of `dtype`: a view of the same memory, or a copy if it is not aligned for that. */
export function viewAs<D extends Dtype>(dtype: D, bytes: Uint8Array): DtypeArray<D>;
export function viewAs(dtype: Dtype, bytes: Uint8Array): DtypeArray {
  const ArrayType: ViewConstructor = DTYPES[dtype].array;
  const size = ArrayType.BYTES_PER_ELEMENT;
  // Not `slice`: a node Buffer, which is a Uint8Array too, would share its memory.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/**
 * Floating-point elements as 32-bit floats. F32 is a view of `bytes` if they are aligned; F64 is rounded, and is
 * infinite beyond the range of 32 bits.
 */
export function toFloat32(dtype: FloatDtype, bytes: Uint8Array): Float32Array {
  switch (dtype) {
    case "F32":
      return viewAs("F32", bytes);
    case "F16":
      return new Float32Array(viewAs("F16", bytes));
    case "F64":
      return new Float32Array(viewAs("F64", bytes));
    case "BF16":
      return decodeBfloat16(viewAs("BF16", bytes));
  }
}

/** 32-bit floats rounded to IEEE half precision. Beyond 65,504 they round to infinity as the standard says. */
export function encodeFloat16(values: Float32Array): Float16Array {
  return new Float16Array(values);
}

/**
 * bfloat16 bits as 32-bit floats: a bfloat16 is the upper half of one, so no value changes.
 *
 * @param into As many floats as there are bits, to fill and return. Default: a new array.
 */
export function decodeBfloat16(bits: Uint16Array, into: Float32Array = new Float32Array(bits.length)): Float32Array {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return into;
}

/** 32-bit floats rounded to bfloat16 bits; NaN stays NaN. */
export function encodeBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const nan = (word & 0x7fffffff) > 0x7f800000;
    // Adds half of the dropped part, less one if the kept part is even: a carry rounds up, and ties go to even.
    // A NaN must not carry into infinity or lose its last bit, so it is cut and made quiet instead.
    bits[i] = nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** The exponent of a 32-bit float. */
const EXPONENT = 0x7f800000;

/**
 * The index of the first value that is NaN or infinite, or -1. Such values have all exponent bits set. The bits are
 * compared because V8 takes six times as long for `Number.isFinite` after some million floats.
 */
export function firstNonFinite(values: Float32Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    if (((words[i] as number) & EXPONENT) === EXPONENT) return i;
  }
  return -1;
}
