import assert from "node:assert/strict";
import { Tensor } from "../../src/base/tensor.ts";
import { quantize, rangesOf } from "../../src/pipelines/tasks/precision.ts";

/** Two embeddings of three dimensions, the last of which never varies. */
const TWO = [new Tensor("float32", [-1, 0, 0.5], [1, 3]), new Tensor("float32", [1, 2, 0.5], [1, 3])];

Deno.test("float32 is left as it is", () => {
  assert.equal(quantize(TWO[0]!, "float32"), TWO[0]);
});

Deno.test("ranges are the smallest and largest value of each dimension", () => {
  assert.deepEqual(rangesOf(TWO), [Float32Array.of(-1, 0, 0.5), Float32Array.of(1, 2, 0.5)]);
  const rows = new Tensor("float32", [1, 2, 3, -4, 0, 9], [1, 3, 2]);
  assert.deepEqual(rangesOf([rows]), [Float32Array.of(0, -4), Float32Array.of(3, 9)]);
});

Deno.test("one row alone has the range of all its values in every dimension", () => {
  const row = new Tensor("float32", [-1, 0, 0.5], [1, 3]);
  assert.deepEqual(rangesOf([row]), [Float32Array.of(-1, -1, -1), Float32Array.of(0.5, 0.5, 0.5)]);
  assert.deepEqual(quantize(row, "uint8", rangesOf([row])).data, Uint8Array.of(0, 170, 255));
});

Deno.test("uint8 and int8 are the steps of the range, cut off towards zero as by numpy", () => {
  const ranges = [[0, 0, 0, 0], [255, 255, 255, 255]] as const;
  const tensor = new Tensor("float32", [0, 127.9, 128.9, 255], [1, 4]);
  const unsigned = quantize(tensor, "uint8", ranges);
  assert.deepEqual(unsigned.data, Uint8Array.of(0, 127, 128, 255));
  assert.deepEqual([unsigned.type, unsigned.dims], ["uint8", [1, 4]]);
  const signed = quantize(tensor, "int8", ranges);
  assert.deepEqual(signed.data, Int8Array.of(-128, 0, 0, 127)); // 127.9 - 128 and 128.9 - 128 are both cut to 0
  assert.deepEqual([signed.type, signed.dims], ["int8", [1, 4]]);
});

Deno.test("values out of the range take its ends; a dimension that never varies takes the first step", () => {
  const tensor = new Tensor("float32", [-3, 7, 0.5], [1, 3]);
  assert.deepEqual(quantize(tensor, "uint8", rangesOf(TWO)).data, Uint8Array.of(0, 255, 0));
  assert.deepEqual(quantize(tensor, "int8", rangesOf(TWO)).data, Int8Array.of(-128, 127, -128));
});

Deno.test("binary packs signs, the first in the highest bit, and zero is not positive", () => {
  const tensor = new Tensor("float32", [1, -1, 0, 1, -2, 3, 4, -5, 0, 0, 0, 0, 0, 0, 0, 1e-30], [1, 16]);
  const unsigned = quantize(tensor, "ubinary");
  assert.deepEqual(unsigned.data, Uint8Array.of(0b10010110, 0b00000001));
  assert.deepEqual([unsigned.type, unsigned.dims], ["uint8", [1, 2]]);
  const signed = quantize(tensor, "binary");
  assert.deepEqual(signed.data, Int8Array.of(0b10010110 - 128, 1 - 128));
  assert.deepEqual([signed.type, signed.dims], ["int8", [1, 2]]);
});
