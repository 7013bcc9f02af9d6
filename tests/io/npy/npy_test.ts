/** `.npy` files are numpy's, byte for byte, and what is none is refused by name. */

import assert from "node:assert/strict";
import { InputError, type NestedArray, readNpy, Tensor, type TensorType, writeNpy } from "../../../mod.ts";

/** A header of 128 bytes, as numpy 2.4.6 writes it. */
function numpyHeader(text: string): Uint8Array {
  return Uint8Array.from(`\x93NUMPY\x01\x00v\x00${text.padEnd(117)}\n`, (c) => c.charCodeAt(0));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const FLOATS = new Uint8Array(new Float32Array([1, 2, 3, 4, 5, -6.5]).buffer);

const SAME: [TensorType, NestedArray, number[], string, Uint8Array][] = [
  ["float32", [[1, 2, 3], [4, 5, -6.5]], [2, 3], "'<f4', 'fortran_order': False, 'shape': (2, 3), }", FLOATS],
  ["float32", 1.5, [], "'<f4', 'fortran_order': False, 'shape': (), }", new Uint8Array(new Float32Array([1.5]).buffer)],
  ["float32", [], [0, 3], "'<f4', 'fortran_order': False, 'shape': (0, 3), }", new Uint8Array()],
  [
    "float64",
    [0.1],
    [1],
    "'<f8', 'fortran_order': False, 'shape': (1,), }",
    new Uint8Array(new Float64Array([0.1]).buffer),
  ],
  ["int8", [[-128, 127]], [1, 2], "'|i1', 'fortran_order': False, 'shape': (1, 2), }", Uint8Array.of(0x80, 0x7f)],
  ["uint8", [[0, 255]], [1, 2], "'|u1', 'fortran_order': False, 'shape': (1, 2), }", Uint8Array.of(0, 0xff)],
  ["bool", [true, false], [2], "'|b1', 'fortran_order': False, 'shape': (2,), }", Uint8Array.of(1, 0)],
  ["int64", [2n ** 40n], [1], "'<i8', 'fortran_order': False, 'shape': (1,), }", Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0)],
  ["int32", [-1], [1], "'<i4', 'fortran_order': False, 'shape': (1,), }", Uint8Array.of(255, 255, 255, 255)],
  ["uint32", [7], [1], "'<u4', 'fortran_order': False, 'shape': (1,), }", Uint8Array.of(7, 0, 0, 0)],
];

for (const [type, list, dims, text, data] of SAME) {
  Deno.test(`a ${type} [${dims}] is written as numpy writes it, and read`, async () => {
    const bytes = join(numpyHeader(`{'descr': ${text}`), data);
    const tensor = new Tensor(type, [list].flat(9) as number[], dims);
    assert.deepEqual(await writeNpy(tensor), bytes);
    const read = await readNpy(bytes);
    assert.deepEqual([read.type, read.dims, read.data], [type, dims, tensor.data]);
  });
}

Deno.test("halves are read as float32, and bytes may begin anywhere", async () => {
  const bytes = join(
    Uint8Array.of(9),
    numpyHeader("{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2), }"),
    new Uint8Array(new Float16Array([0.5, -1]).buffer),
  );
  const { type, dims, data } = await readNpy(bytes.subarray(1));
  assert.deepEqual([type, dims, [...data]], ["float32", [1, 2], [0.5, -1]]);
});

Deno.test("headers of versions 2 and 3, and of other spacing, are read", async () => {
  for (const version of [2, 3]) {
    const text = "{'shape':(2,3,),'fortran_order':False,'descr':'<f4'}\n";
    const head = Uint8Array.from(`\x93NUMPY${String.fromCharCode(version)}\x00`, (c) => c.charCodeAt(0));
    const bytes = join(head, Uint8Array.of(text.length, 0, 0, 0), new TextEncoder().encode(text), FLOATS);
    assert.deepEqual((await readNpy(bytes)).dims, [2, 3]);
  }
});

Deno.test("a file is written whole, and read by its path", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/v.npy`;
  const tensor = new Tensor("float32", [1, 2, 3, 4], [2, 2]);
  await writeNpy(tensor, { path });
  assert.deepEqual((await readNpy(path)).tolist(), tensor.tolist());
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["v.npy"]);
  await assert.rejects(readNpy(`${folder}/none.npy`), /none.npy".*there is no such file/);
  await Deno.remove(folder, { recursive: true });
});

const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
const WRONG: [string, Uint8Array, RegExp][] = [
  ["no bytes", new Uint8Array(), /it must be a .npy file of numpy, and begins otherwise/],
  ["a zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0), /begins otherwise/],
  ["a version to come", Uint8Array.from([...numpyHeader(HEADER)].with(6, 9)), /of version 1, 2 or 3.*got version 9/],
  ["half a header", numpyHeader(HEADER).subarray(0, 60), /its header must have 118 bytes, and the file ends before/],
  ["half of its magic", numpyHeader(HEADER).subarray(0, 7), /must be of version 1, 2 or 3, and complete/],
  [
    "a header of other words",
    numpyHeader("{'descr': '<f4'}"),
    /must name descr, fortran_order and shape, got "{'descr'/,
  ],
  ["a structure", numpyHeader(HEADER.replace("'<f4'", "[('a', '<f4')]")), /must name descr/],
  [
    "columns",
    join(numpyHeader(HEADER.replace("False", "True")), FLOATS),
    /must lie row by row.*save a C-contiguous copy/,
  ],
  ["big-endian numbers", join(numpyHeader(HEADER.replace("<", ">")), FLOATS), /one of the types <f2, <f4,.* got >f4/],
  ["texts", join(numpyHeader(HEADER.replace("<f4", "<U1")), FLOATS), /one of the types .* got <U1/],
  ["too few bytes", join(numpyHeader(HEADER), FLOATS.subarray(1)), /<f4 \[2, 3\] must have 24 bytes, got 23/],
  ["too many bytes", join(numpyHeader(HEADER), FLOATS, Uint8Array.of(0)), /must have 24 bytes, got 25/],
  ["a shape beyond all files", numpyHeader(HEADER.replace("(2, 3)", "(99999999999, 999999999)")), /fewer than 2\^53/],
  ["a shape of more digits than a number has", numpyHeader(HEADER.replace("(2, 3)", "(9007199254740993, 0)")), /2\^53/],
  [
    "a shape without its commas",
    numpyHeader(HEADER.replace("(2, 3)", "(1 128)")),
    /whole numbers with commas.*\(1 128\)/,
  ],
];

for (const [what, bytes, message] of WRONG) {
  Deno.test(`${what} in place of a .npy file is refused`, async () => {
    await assert.rejects(readNpy(bytes), (error) => {
      assert(error instanceof InputError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("a header that is made to take long is refused at once", async () => {
  const start = performance.now();
  await assert.rejects(readNpy(numpyHeader(HEADER.replace("(2, 3)", `(${"1".repeat(50)}x`))), /must name descr/);
  await assert.rejects(readNpy(numpyHeader(HEADER.replace("(2, 3)", `(${"1 ".repeat(25)}x)`))), /must name descr/);
  assert(performance.now() - start < 1000);
});
