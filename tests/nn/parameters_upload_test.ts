/** Weights go to the GPU a window at a time, in memory that does not grow with them. */

import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { ParameterSet } from "../../src/nn/parameters.ts";
import { type Placement, scatterPlacement } from "../../src/nn/placement.ts";
import { type Elements, layOutWindow } from "../../src/nn/upload.ts";

const gpu = await requestGpu();

/** Elements that a source hands out at once, and bytes that are sent at once, at most. */
const PIECE = 2 ** 18;
const WINDOW_BYTES = 8 * 2 ** 20;

function numbersFor({ shape }: Placement, first: number): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i);
}

/** Matrices of each kind that a model declares, of any size. */
const parts = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 9 }),
  heads: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom("vector", "table", "transposed", "projections", "biases", "output"),
}).map(({ rows, columns, heads, kind }): { kind: string; parts: readonly Placement[]; elements: number } => {
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
  const { parts, elements } = declared();
  return { kind, parts, elements };
});

Deno.test("windows of any size, down to less than a row, make up the whole matrix", () => {
  fc.assert(fc.property(parts, fc.integer({ min: 1, max: 40 }), ({ parts, elements }, size) => {
    const tensors = parts.map((part, i) => numbersFor(part, 1 + 1000 * i));
    const whole = new Float32Array(elements);
    parts.forEach((part, i) => scatterPlacement(part, tensors[i]!, whole));
    const joined = new Float32Array(elements);
    const memory = new Float32Array(size).fill(NaN);
    for (let first = 0; first < elements; first += size) {
      const window = memory.subarray(0, elements - first);
      layOutWindow(parts, tensors, { window, first });
      joined.set(window, first);
    }
    assert.deepEqual(joined, whole);
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

/** Loads one parameter of more than 16 MiB, and returns what was asked of its source and sent to the GPU. */
async function loadCounted(declare: (parameters: ParameterSet) => void) {
  const parameters = new ParameterSet();
  declare(parameters);
  const tensor = new Counted();
  const sent: { memory: ArrayBufferLike; bytes: number }[] = [];
  const { queue } = gpu.device;
  const writeBuffer = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, ...rest) => {
    const { buffer: memory, byteLength: bytes } = data as Float32Array<ArrayBuffer>;
    sent.push({ memory, bytes });
    writeBuffer(buffer, offset, data, ...rest);
  };
  try {
    parameters.load(gpu, { get: () => tensor });
  } finally {
    queue.writeBuffer = writeBuffer;
  }
  const { data } = (await parameters.read()).get("w")!;
  const wrong = data.findIndex((value, i) => value !== i);
  parameters.dispose();
  assert.equal(wrong, -1);
  // In the poisoned mode, whole buffers are written first.
  const own = sent.filter(({ bytes }) => !(gpu.buffers.poisoned && bytes > WINDOW_BYTES));
  assert.ok(own.length >= 3);
  assert.ok(own.every(({ bytes }) => bytes <= WINDOW_BYTES), "a write is no larger than a window");
  assert.equal(new Set(own.map(({ memory }) => memory)).size, 1, "the same memory is used for all");
  assert.ok(tensor.largest <= PIECE, `${tensor.largest} elements were asked for at once`);
  return { asked: tensor.asked, elements: data.length, windows: own.length };
}

Deno.test("a table larger than a window is read once, but for the rows that a window ends in", async () => {
  const { asked, elements, windows } = await loadCounted((parameters) => parameters.table("w", 14_001, 301));
  assert.ok(asked >= elements && asked <= elements + (windows - 1) * 301, `${asked} of ${elements}`);
});

Deno.test("a transposed matrix larger than a window is read for each window", async () => {
  const { asked, elements, windows } = await loadCounted((parameters) => parameters.transposed("w", 2101, 2003));
  assert.equal(asked, windows * elements);
});

Deno.test("a vector larger than a window is loaded too", async () => {
  await loadCounted((parameters) => parameters.vector("w", 2 ** 22 + 3));
});
