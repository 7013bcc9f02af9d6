/** Weights go to the GPU a window at a time, in memory that does not grow with them. */

import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { ParameterSet } from "../../src/nn/parameters.ts";
import { type Placement, scatterPlacement } from "../../src/nn/layout/placement.ts";
import { type Elements, layOutTile } from "../../src/nn/layout/lay_out.ts";
import { readTensors } from "../../src/nn/layout/reading.ts";
import { type Tile, tilesOf } from "../../src/nn/layout/tiles.ts";

const gpu = await requestGpu();

/** Elements that a source hands out at once, and bytes that are sent at once, at most. */
const PIECE = 2 ** 18;
const WRITE_BYTES = 8 * 2 ** 20;

function numbersFor({ shape }: Placement, first: number): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i);
}

/** Matrices of each kind that a model declares, of any size. */
const parts = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 9 }),
  heads: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom("vector", "table", "transposed", "projections", "biases", "output"),
}).map(({ rows, columns, heads, kind }) => {
  const parameters = new ParameterSet();
  const group = { size: rows, padded: Math.ceil(rows / 4) * 4 };
  const inner = heads * group.padded;
  const declared = () => {
    switch (kind) {
      case "vector":
        return parameters.vector("w", columns);
      case "table":
        return parameters.table("w", rows, columns);
      case "transposed":
        return parameters.transposed("w", rows, columns);
      case "projections": // [heads rows, columns] twice, side by side
        return parameters.declare(
          "w",
          [columns, 2 * inner],
          [0, inner].map((offset) => ({
            ...{ name: "w", shape: [heads * rows, columns], offset },
            ...{ rowStride: 1, rowGroup: group, columnStride: 2 * inner },
          })),
        );
      case "biases":
        return parameters.declare(
          "w",
          [1, 2 * inner],
          [0, inner].map((offset) => ({
            ...{ name: "w", shape: [heads * rows], offset, rowStride: 0, columnStride: 1, columnGroup: group },
          })),
        );
      default: // [columns, heads rows], heads padded along the inputs
        return parameters.declare("w", [inner, columns], [{
          ...{ name: "w", shape: [columns, heads * rows], offset: 0 },
          ...{ rowStride: 1, columnStride: Math.ceil(columns / 4) * 4, columnGroup: group },
        }]);
    }
  };
  return declared();
});

/** A tensor that counts how often each of its elements is asked for. */
class Watched implements Elements {
  readonly asked: Uint8Array;

  constructor(readonly numbers: Float32Array) {
    this.asked = new Uint8Array(numbers.length);
  }

  subarray(begin: number, end: number): Float32Array {
    for (let i = begin; i < end; i++) this.asked[i]!++;
    return this.numbers.subarray(begin, end);
  }
}

/** Copies a tile, laid out by itself, to its place in a matrix. */
function place(elements: Float32Array, { row, rows, column, columns }: Tile, to: Float32Array, width: number): void {
  for (let r = 0; r < rows; r++) {
    to.set(elements.subarray(r * columns, (r + 1) * columns), (row + r) * width + column);
  }
}

Deno.test("tiles of any size make up the whole matrix, and ask for every element once", () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 60 }), ({ parts, elements, shape }, most) => {
      const rows = shape[0]!;
      const width = elements / rows;
      const tensors = parts.map((part, i) => new Watched(numbersFor(part, 1 + 1000 * i)));
      const whole = new Float32Array(elements);
      parts.forEach((part, i) => scatterPlacement(part, tensors[i]!.numbers, whole));
      const joined = new Float32Array(elements).fill(NaN);
      const memory = new Float32Array(Math.max(most, 4 * rows)).fill(NaN);
      for (const tile of tilesOf({ rows, width, parts }, most)) {
        const laid = memory.subarray(0, tile.rows * tile.columns);
        assert.equal(laid.length, tile.rows * tile.columns, "a tile is no larger than asked for, or four columns");
        layOutTile(parts, tensors, { elements: laid, width, tile });
        place(laid, tile, joined, width);
      }
      assert.deepEqual(joined, whole);
      for (const { asked } of tensors) assert.ok(asked.every((times) => times === 1), `asked ${asked}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("slices of a table are laid out tile by tile, and all together ask for every element once", () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(fc.property(size, size, size, fc.integer({ min: 1, max: 60 }), (rows, columns, fits, most) => {
    const stride = 4 * Math.ceil(columns / 4);
    const slices = new ParameterSet({ largest: 4 * stride * fits }).words("w", rows, columns);
    const tensor = new Watched(Float32Array.from({ length: rows * columns }, (_, i) => 1 + i));
    let first = 0; // row of the table
    for (const { parts, shape } of slices) {
      const height = shape[0]!;
      const joined = new Float32Array(height * stride).fill(NaN);
      for (const tile of tilesOf({ rows: height, width: stride, parts }, most)) {
        const laid = new Float32Array(tile.rows * tile.columns);
        layOutTile(parts, [tensor], { elements: laid, width: stride, tile });
        place(laid, tile, joined, stride);
      }
      const expected = joined.map((_, i) => {
        const [row, column] = [first + Math.floor(i / stride), i % stride];
        return column < columns ? 1 + row * columns + column : 0;
      });
      assert.deepEqual(joined, expected);
      first += height;
    }
    assert.equal(first, rows);
    assert.ok(tensor.asked.every((times) => times === 1));
  }));
});

/** A tensor that counts what is asked of it; its elements are their own numbers. */
class Counted implements Elements {
  asked = 0;
  largest = 0;

  subarray(begin: number, end: number): Float32Array {
    this.asked += end - begin;
    this.largest = Math.max(this.largest, end - begin);
    return Float32Array.from({ length: end - begin }, (_, i) => begin + i);
  }
}

/**
 * Loads one parameter, and checks that each element was asked for once and is in its place on the GPU.
 *
 * @returns The writes that sent it, and the bytes of the memory that they were sent from.
 */
async function loadCounted(declare: (parameters: ParameterSet) => void): Promise<{ writes: number; memory: number }> {
  const parameters = new ParameterSet();
  declare(parameters);
  const tensor = new Counted();
  const sent: { memory: ArrayBufferLike; bytes: number }[] = [];
  const { queue } = gpu.device;
  const writeBuffer = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, from, size) => {
    if (data instanceof ArrayBuffer) sent.push({ memory: data, bytes: size! });
    writeBuffer(buffer, offset, data, from, size);
  };
  try {
    await parameters.load(gpu, { get: () => tensor });
  } finally {
    queue.writeBuffer = writeBuffer;
  }
  const { data } = (await readTensors(gpu, parameters.all)).get("w")!;
  const wrong = data.findIndex((value, i) => value !== i);
  parameters.dispose();
  assert.equal(wrong, -1);
  assert.equal(tensor.asked, data.length);
  assert.ok(sent.every(({ bytes }) => bytes <= WRITE_BYTES), "no write is larger than 8 MiB");
  assert.equal(new Set(sent.map(({ memory }) => memory)).size, 1, "the same memory is used for all");
  assert.ok(tensor.largest <= PIECE, `${tensor.largest} elements were asked for at once`);
  return { writes: sent.length, memory: sent[0]!.memory.byteLength };
}

const MIB = 2 ** 20;

Deno.test("a table of 16 MiB is read once, through 8 MiB of memory", async () => {
  const { writes, memory } = await loadCounted((parameters) => parameters.table("w", 14_001, 301));
  assert.ok(writes === 3 && memory <= 8 * MIB, `${writes} writes from ${memory} bytes`);
});

Deno.test("a transposed matrix of 15 MiB is read once, into memory of its own size", async () => {
  const { writes, memory } = await loadCounted((parameters) => parameters.transposed("w", 1991, 2003));
  assert.ok(writes === 2 && memory === 4 * 1992 * 2003, `${writes} writes from ${memory} bytes`);
});

Deno.test("a transposed matrix of 40 MiB is read once, and written in columns, through 16 MiB of memory", async () => {
  const { writes, memory } = await loadCounted((parameters) => parameters.transposed("w", 5201, 2003));
  assert.ok(writes === 3 * 2003 && memory <= 16 * MIB, `${writes} writes from ${memory} bytes`);
});

Deno.test("a vector of 16 MiB is read once, through 8 MiB of memory", async () => {
  const { writes, memory } = await loadCounted((parameters) => parameters.vector("w", 2 ** 22 + 3));
  assert.ok(writes === 3 && memory <= 8 * MIB, `${writes} writes from ${memory} bytes`);
});

Deno.test("weights as f16 are written in columns too, the end of their buffer included", async () => {
  const halves = Float32Array.from({ length: 3001 * 2003 }, (_, i) => i % 2048);
  const parameters = new ParameterSet({ dtype: "f16" });
  parameters.transposed("w", 3001, 2003);
  await parameters.load(gpu, { get: () => halves });
  const { data } = (await readTensors(gpu, parameters.all)).get("w")!;
  parameters.dispose();
  assert.equal(data.findIndex((value, i) => value !== halves[i]), -1);
});
