import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  decodeBfloat16,
  type Dtype,
  DTYPES,
  encodeBfloat16,
  encodeFloat16,
  isDtype,
  isFloatDtype,
  toFloat32,
  viewAs,
} from "../../src/base/dtype.ts";

/** All 16-bit patterns. */
const PATTERNS = Uint16Array.from({ length: 65_536 }, (_, i) => i);

/** The value of a floating-point bit pattern, by the definition of IEEE 754. */
function valueOf(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) === 1 ? -1 : 1;
  const highest = 2 ** exponentBits - 1;
  const exponent = (bits >> fractionBits) & highest;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = (highest - 1) / 2;
  if (exponent === highest) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function bitsOf(array: ArrayBufferView): Uint16Array {
  return new Uint16Array(array.buffer, array.byteOffset, array.byteLength / 2);
}

const HALVES = [
  {
    dtype: "F16",
    exponentBits: 5,
    fractionBits: 10,
    encode: (values: Float32Array) => bitsOf(encodeFloat16(values)),
  },
  { dtype: "BF16", exponentBits: 8, fractionBits: 7, encode: encodeBfloat16 },
] as const;

for (const { dtype, exponentBits, fractionBits, encode } of HALVES) {
  Deno.test(`${dtype}: each of the 65,536 patterns decodes to its value, and encodes back to itself`, () => {
    const decoded = toFloat32(dtype, bytesOf(PATTERNS));
    const encoded = encode(decoded);
    assert.equal(decoded.length, 65_536);
    for (const bits of PATTERNS) {
      const expected = valueOf(bits, exponentBits, fractionBits);
      const value = decoded[bits];
      if (!Object.is(value, expected)) assert.fail(`pattern ${bits}: expected ${expected}, got ${value}`);
      // A NaN stays one, but need not keep which.
      const back = encoded[bits] as number;
      const isSame = Number.isNaN(expected) ? Number.isNaN(valueOf(back, exponentBits, fractionBits)) : back === bits;
      if (!isSame) assert.fail(`pattern ${bits}: encoded as ${back}`);
    }
  });

  Deno.test(`${dtype}: encoding rounds to the nearest value, ties to even, at every midpoint`, () => {
    const infinity = (2 ** exponentBits - 1) << fractionBits;
    // Between every two neighbours, the last of which is infinity, in the place of the next power of two.
    const below = PATTERNS.subarray(0, infinity);
    const midpoints = Float32Array.from(below, (bits) => {
      const next = bits + 1 === infinity
        ? 2 ** (2 ** (exponentBits - 1))
        : valueOf(bits + 1, exponentBits, fractionBits);
      return (valueOf(bits, exponentBits, fractionBits) + next) / 2;
    });
    const words = new Uint32Array(midpoints.buffer);
    const floatsAt = (offset: number) => new Float32Array(words.map((word) => word + offset).buffer);
    const ties = encode(midpoints);
    const justBelow = encode(floatsAt(-1));
    const justAbove = encode(floatsAt(+1));
    const negative = encode(midpoints.map((value) => -value));
    for (const bits of below) {
      const even = bits % 2 === 0 ? bits : bits + 1;
      const found = [justBelow[bits], ties[bits], justAbove[bits], negative[bits]];
      assert.deepEqual(found, [bits, even, bits + 1, even | 0x8000], `above pattern ${bits}`);
    }
  });
}

Deno.test("bfloat16: NaNs whose upper half looks like infinity stay NaN", () => {
  const values = new Float32Array(new Uint32Array([0x7f800001, 0xff80ffff, 0x7fffffff, 0xffffffff]).buffer);
  assert.deepEqual([...decodeBfloat16(encodeBfloat16(values))], [NaN, NaN, NaN, NaN]);
});

Deno.test("F32: an aligned array is a view, an unaligned one a copy, of the same bits", () => {
  // Signalling NaNs are the bits that a detour through numbers would change.
  const words = new Uint32Array([0x3f800000, 0x7f800001, 0xffbfffff, 0x80000000]);
  const aligned = toFloat32("F32", bytesOf(words));
  assert.equal(aligned.buffer, words.buffer);
  assert.deepEqual(new Uint32Array(aligned.buffer), words);

  const shifted = new Uint8Array(1 + words.byteLength);
  shifted.set(bytesOf(words), 1);
  const copied = toFloat32("F32", shifted.subarray(1));
  assert.notEqual(copied.buffer, shifted.buffer);
  assert.deepEqual(new Uint32Array(copied.buffer, copied.byteOffset, copied.length), words);
});

Deno.test("F64: values are rounded to the nearest 32-bit float, and are infinite beyond its range", () => {
  const values = new Float64Array([1 / 3, -0, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e-46, 3.4028235e38, 1e39, -1e300, NaN]);
  const expected = [Math.fround(1 / 3), -0, 1, 1 + 2 ** -22, 0, 3.4028234663852886e38, Infinity, -Infinity, NaN];
  assert.deepEqual([...toFloat32("F64", bytesOf(values))], expected);
});

Deno.test("viewAs: an unaligned node Buffer is copied, though its own slice() would share memory", () => {
  const buffer = Buffer.from([0, 1, 2, 3, 4]);
  const unaligned = buffer.subarray(buffer.byteOffset % 2 === 0 ? 1 : 0).subarray(0, 4);
  const before = [...viewAs("U8", unaligned)];
  const view = viewAs("U16", unaligned);
  unaligned.fill(0xff);
  assert.deepEqual([...bytesOf(view)], before);
});

Deno.test("viewAs: every dtype has the array that its size calls for", () => {
  for (const [name, { bits, array }] of Object.entries(DTYPES)) {
    const elements = viewAs(name as Dtype, new Uint8Array(24));
    assert.ok(elements instanceof array, name);
    assert.equal(elements.byteLength, 24, name);
    // C64 is two numbers an element, the sub-byte types are several elements a number.
    if (bits >= 8 && name !== "C64") assert.equal(elements.BYTES_PER_ELEMENT * 8, bits, name);
  }
});

Deno.test("isDtype and isFloatDtype: only the format's own names", () => {
  for (const name of ["", "f32", " F32", "I128", "toString", "__proto__", "constructor"]) {
    assert.equal(isDtype(name), false, name);
  }
  const names = Object.keys(DTYPES).filter(isDtype);
  assert.equal(names.length, 22);
  assert.deepEqual(names.filter(isFloatDtype).sort(), ["BF16", "F16", "F32", "F64"]);
});

Deno.test("ten million elements convert in well under a second", () => {
  const bytes = new Uint8Array(20_000_000);
  for (const dtype of ["F16", "BF16"] as const) {
    const start = performance.now();
    const values = toFloat32(dtype, bytes);
    const encoded = dtype === "F16" ? encodeFloat16(values) : encodeBfloat16(values);
    const milliseconds = performance.now() - start;
    assert.equal(encoded.length, 10_000_000);
    assert.ok(milliseconds < 1000, `${dtype} took ${milliseconds.toFixed(0)} ms there and back`);
  }
});
