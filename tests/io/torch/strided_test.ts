/** Tensors that do not lie row-major in their storage come out row-major, whole and piece by piece. */

import assert from "node:assert/strict";
import { random } from "../../../src/base/random.ts";
import { elementCount, placeOf } from "../../../src/base/shape.ts";
import { type FileBytes, MemoryBytes } from "../../../src/io/folder/file_bytes.ts";
import { openTorchCheckpoint, type TorchTensor } from "../../../src/io/torch/torch.ts";
import { buildTorch, type BuiltTensor, dict, pickle, STORAGES, tensor } from "./build.ts";

/** A file that is read as one on a disk is: into the caller's memory. It counts what is read. */
class ReadBytes implements FileBytes {
  count = 0;
  reads = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(begin: number, end: number, into = new Uint8Array(end - begin)): Uint8Array {
    assert.ok(begin >= 0 && begin <= end && end <= this.size, `bytes ${begin} to ${end} of ${this.size}`);
    assert.equal(into.length, end - begin);
    into.set(this.#bytes.subarray(begin, end));
    this.count += end - begin;
    this.reads++;
    return into;
  }
}

const next = random(11);
const below = (limit: number) => Math.floor((next() + 1) / 2 * limit);
const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, i) => i * 167 + (i >> 8) * 59 + (i >> 16));

/** The tensor's bytes, element by element. */
function expectedBytes(built: BuiltTensor, storage: Uint8Array): Uint8Array {
  const size = STORAGES[built.dtype][1];
  const shape = built.shape as number[];
  const count = elementCount(shape);
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const at = placeOf(i, shape).reduce((sum, index, axis) => sum + index * Number(built.strides![axis]), 0);
    const from = (Number(built.offset) + at) * size;
    bytes.set(storage.subarray(from, from + size), i * size);
  }
  return bytes;
}

/** A view as PyTorch makes them: a tensor permuted, cut with steps, and repeated. */
function randomView(): BuiltTensor {
  const rank = 1 + below(4);
  const full = Array.from({ length: rank }, () => 1 + below(9));
  const axes = full.map((size, i) => ({ size, stride: elementCount(full.slice(i + 1)) }));
  let offset = 0;
  for (const axis of axes) {
    const begin = below(axis.size);
    const step = 1 + below(3);
    offset += begin * axis.stride;
    axis.size = Math.ceil((axis.size - begin) / step);
    axis.stride *= step;
  }
  axes.sort(() => next());
  if (below(3) === 0) axes.splice(below(rank + 1), 0, { size: 1 + below(5), stride: 0 });
  return {
    dtype: pick(["F64", "F32", "F16", "U8"] as const),
    key: "0",
    count: elementCount(full),
    offset,
    shape: axes.map(({ size }) => size),
    strides: axes.map(({ stride }) => stride),
  };
}

async function open(
  built: BuiltTensor,
  storage: Uint8Array,
): Promise<[memory: TorchTensor, disk: TorchTensor, ReadBytes]> {
  const file = buildTorch(pickle(dict({ w: tensor(built) })), { 0: storage });
  const disk = new ReadBytes(file);
  const [a, b] = [await openTorchCheckpoint(new MemoryBytes(file), "a"), await openTorchCheckpoint(disk, "b")];
  disk.count = disk.reads = 0;
  return [a.get("w")!, b.get("w")!, disk];
}

Deno.test("500 random views: the bytes of each element, whole and in pieces", async () => {
  for (let number = 0; number < 500; number++) {
    const built = randomView();
    const item = STORAGES[built.dtype][1];
    const storage = bytesOf(Number(built.count) * item);
    const expected = expectedBytes(built, storage);
    const [memory, disk] = await open(built, storage);
    for (const found of [memory, disk]) {
      assert.deepEqual(found.shape, built.shape);
      assert.deepEqual(found.bytes, expected, `view ${number}`);
      const pieces: number[] = [];
      for (let at = 0; at < expected.length;) {
        const end = Math.min(expected.length, at + item * (1 + below(7)));
        pieces.push(...found.read(at, end, new Uint8Array(end - at)));
        at = end;
      }
      assert.deepEqual(pieces, [...expected], `pieces of view ${number}`);
      const begin = item * below(expected.length / item);
      assert.deepEqual([...found.read(begin, begin + item)], [...expected.subarray(begin, begin + item)]);
    }
  }
});

Deno.test("a large transposed matrix in pieces of 1 MiB is read from the file a few times, not once a piece", async () => {
  const [rows, columns] = [2999, 3500];
  const storage = new Uint8Array(new Float32Array(rows * columns).map((_, i) => i).buffer);
  const built: BuiltTensor = {
    dtype: "F32",
    key: "0",
    count: rows * columns,
    shape: [columns, rows],
    strides: [1, columns],
  };
  const [, found, file] = await open(built, storage);
  const memory = new Uint8Array(2 ** 20);
  for (let at = 0; at < storage.length; at += memory.length) {
    const end = Math.min(storage.length, at + memory.length);
    const piece = new Float32Array(found.read(at, end, memory.subarray(0, end - at)).slice().buffer);
    for (let i = 0; i < piece.length; i += 1009) {
      const index = at / 4 + i;
      assert.equal(piece[i], (index % rows) * columns + Math.floor(index / rows));
    }
  }
  // 42 MB are two bands, each a box of whole rows and one of the row that is cut.
  assert.ok(file.count <= 2.5 * storage.length, `${file.count} bytes of ${storage.length} were read`);
});

Deno.test("a few elements far apart are read without all that lies between", async () => {
  const storage = bytesOf(40_000_000);
  const built: BuiltTensor = {
    dtype: "U8",
    key: "0",
    count: storage.length,
    offset: 7,
    shape: [2, 4],
    strides: [19_000_000, 1_000_000],
  };
  const [, found, file] = await open(built, storage);
  assert.deepEqual(found.bytes, expectedBytes(built, storage));
  assert.equal(file.count, 8);
});

Deno.test("elements that lie apart in two directions at once do not take a reading of the file each", async () => {
  const [size, strides] = [400, [16_385, 16_386]];
  const storage = bytesOf(size * (strides[0]! + strides[1]!));
  const built: BuiltTensor = { dtype: "U8", key: "0", count: storage.length, offset: 0, shape: [size, size], strides };
  const [, found, file] = await open(built, storage);
  assert.deepEqual(found.bytes, expectedBytes(built, storage));
  assert.ok(file.reads < 100, `${file.reads} readings`);
  assert.ok(file.count < 40 * storage.length, `${file.count} bytes of ${storage.length} were read`);
});
