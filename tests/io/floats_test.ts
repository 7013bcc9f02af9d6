/** Reading tensors piece by piece. */

import assert from "node:assert/strict";
import { encodeBfloat16 } from "../../src/base/dtype.ts";
import { Checkpoint } from "../../src/io/checkpoint/checkpoint.ts";
import { FloatMemory, pieces } from "../../src/io/checkpoint/floats.ts";
import { openSafetensors, parseSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { LocalFile } from "../../src/io/local/local_file.ts";
import { buildFile } from "./build.ts";
import { inTemporaryFolder } from "./temporary.ts";

const SHAPE = [5, 7];
const VALUES = Float32Array.from({ length: 35 }, (_, i) => (i - 17) / 4);
const DATA = {
  F32: VALUES,
  F64: Float64Array.from(VALUES),
  F16: Float16Array.from(VALUES),
  BF16: encodeBfloat16(VALUES),
};

/** A file of one tensor "w", whose data begins at a multiple of 8 bytes, or `shift` bytes after one. */
function fileOf(dtype: keyof typeof DATA, shift = 0): Uint8Array {
  const { buffer } = DATA[dtype];
  const header = JSON.stringify({ w: { dtype, shape: SHAPE, data_offsets: [0, buffer.byteLength] } });
  const length = 8 * Math.ceil(header.length / 8) + shift;
  return buildFile({ header: header.padEnd(length), data: new Uint8Array(buffer) });
}

function assertRanges(checkpoint: Checkpoint, label: string): void {
  const memory = new FloatMemory();
  assert.deepEqual(checkpoint.float32("w"), VALUES, label);
  for (const [begin, end] of [[0, 35], [30, 35], [3, 4], [8, 8], [1, 24]] as const) {
    const expected = VALUES.subarray(begin, end);
    assert.deepEqual(checkpoint.float32("w", { begin, end }), expected, label);
    assert.deepEqual(checkpoint.float32("w", { begin, end, memory }), expected, label);
  }
}

Deno.test("ranges of a tensor are those of the whole: every dtype, aligned or not, in memory or on disk", () =>
  inTemporaryFolder(async (folder) => {
    for (const dtype of Object.keys(DATA) as (keyof typeof DATA)[]) {
      for (const shift of [0, 1, 4]) {
        const bytes = fileOf(dtype, shift);
        const path = `${folder}/${dtype}${shift}`;
        await Deno.writeFile(path, bytes);
        assertRanges(new Checkpoint("m", parseSafetensors(bytes)), `${dtype}, ${shift}, in memory`);
        assertRanges(new Checkpoint("m", openSafetensors(new LocalFile(path), path)), `${dtype}, ${shift}, on disk`);
      }
    }
  }));

Deno.test("an element that is not finite has its place in the tensor, whatever the range", () => {
  const bytes = fileOf("F32");
  new DataView(bytes.buffer).setFloat32(bytes.length - 4 * 35 + 4 * 23, -Infinity, true);
  const checkpoint = new Checkpoint("m", parseSafetensors(bytes));
  const message = 'Cannot load weight "w" of "m": element [3, 2] of shape [5, 7] must be finite as a 32-bit float, ' +
    "got -Infinity";
  for (const memory of [undefined, new FloatMemory()]) {
    assert.throws(() => checkpoint.float32("w", { begin: 20, end: 30, memory }), { name: "CheckpointError", message });
    assert.equal(checkpoint.float32("w", { begin: 24, memory }).length, 11);
  }
});

Deno.test("memory is used again, and grows with what is asked for", () => {
  const memory = new FloatMemory();
  const { buffer } = memory.floats(10);
  assert.equal(memory.floats(4).buffer, buffer);
  assert.deepEqual([memory.floats(4).length, memory.floats(11).length], [4, 11]);
  assert.deepEqual([memory.raw(3).length, memory.raw(2).length], [3, 2]);
});

Deno.test("pieces make up a range, of 1 MiB of 32-bit floats at most", () => {
  const MIB = 2 ** 18;
  assert.deepEqual([...pieces(5, 5)], []);
  assert.deepEqual([...pieces(5, MIB + 5)], [{ begin: 5, end: MIB + 5 }]);
  assert.deepEqual([...pieces(0, 2 * MIB + 1)], [
    { begin: 0, end: MIB },
    { begin: MIB, end: 2 * MIB },
    { begin: 2 * MIB, end: 2 * MIB + 1 },
  ]);
});
