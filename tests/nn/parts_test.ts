/** How checkpoint tensors lie in the matrices of the GPU, and come back. */

import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { gatherPlacement, type Group, type Placement, scatterPlacement } from "../../src/nn/layout/placement.ts";

/** A part in a matrix of `elements` numbers. */
interface Placed {
  part: Placement;
  elements: number;
}

/** Indices of `count`, grouped: how far they reach. */
function extent(count: number, group: Group | undefined): number {
  return group === undefined ? count : Math.ceil(count / group.size) * group.padded;
}

const group = fc.option(
  fc.record({ size: fc.integer({ min: 1, max: 5 }), room: fc.integer({ min: 0, max: 3 }) })
    .map(({ size, room }): Group => ({ size, padded: size + room })),
  { nil: undefined },
);

/** Vectors and matrices, as they are or transposed, heads padded along either axis, anywhere in a larger matrix. */
const placed: fc.Arbitrary<Placed> = fc.record({
  rows: fc.integer({ min: 0, max: 7 }),
  columns: fc.integer({ min: 0, max: 9 }),
  vector: fc.boolean(),
  transposed: fc.boolean(),
  rowGroup: group,
  columnGroup: group,
  before: fc.integer({ min: 0, max: 5 }),
  room: fc.integer({ min: 0, max: 4 }),
}).map(({ rows: asked, columns, vector, transposed, rowGroup, columnGroup, before, room }) => {
  const rows = vector ? 1 : asked;
  const [height, width] = [extent(rows, rowGroup), extent(columns, columnGroup)];
  const stride = before + room + (transposed ? height : width);
  const strides = transposed ? { rowStride: 1, columnStride: stride } : { rowStride: stride, columnStride: 1 };
  const shape = vector ? [columns] : [rows, columns];
  const part = { name: "w", shape, offset: before, ...strides, rowGroup, columnGroup };
  return { part, elements: stride * (transposed ? width : height) };
});

/** Where element (r, c) lies, by the definition of a part. */
function placeOf({ offset, rowStride, columnStride, rowGroup, columnGroup }: Placement, r: number, c: number): number {
  const at = (i: number, group?: Group) =>
    group === undefined ? i : Math.floor(i / group.size) * group.padded + i % group.size;
  return offset + at(r, rowGroup) * rowStride + at(c, columnGroup) * columnStride;
}

/** Numbers that are all different, for a part's tensor. */
function numbersFor({ shape }: Placement): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1);
}

Deno.test("what is scattered to any layout is gathered again", () => {
  fc.assert(fc.property(placed, ({ part, elements }) => {
    const data = numbersFor(part);
    const matrix = new Float32Array(elements);
    scatterPlacement(part, data, matrix);
    const tensors = new Map();
    gatherPlacement(part, matrix, tensors);
    assert.deepEqual(tensors, new Map([["w", { shape: part.shape, data }]]));
  }));
});

Deno.test("slices of the rows lie as the rows of a tensor of their size, and are gathered to the whole again", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 3 });
  fc.assert(fc.property(placed, cuts, ({ part, elements }, cuts) => {
    const columns = part.shape.at(-1)!;
    const data = numbersFor(part);
    const rows = columns === 0 ? 0 : data.length / columns;
    const borders = [0, ...cuts.map((cut) => cut % (rows + 1)).sort((a, b) => a - b), rows];
    const tensors = new Map();
    for (let i = 1; i < borders.length; i++) {
      const [begin, end] = [borders[i - 1]!, borders[i]!];
      const slice = { ...part, rows: { begin, end } };
      const [matrix, alone] = [new Float32Array(elements), new Float32Array(elements)];
      scatterPlacement(slice, data, matrix);
      scatterPlacement(
        { ...part, shape: [end - begin, columns] },
        data.subarray(begin * columns, end * columns),
        alone,
      );
      assert.deepEqual(matrix, alone);
      gatherPlacement(slice, matrix, tensors);
    }
    assert.deepEqual(tensors, new Map([["w", { shape: part.shape, data }]]));
  }));
});

Deno.test("every element goes to the place that its part defines, and nothing else is written", () => {
  fc.assert(fc.property(placed, ({ part, elements }) => {
    const data = numbersFor(part);
    const matrix = new Float32Array(elements).fill(-1);
    scatterPlacement(part, data, matrix);
    const expected = new Float32Array(elements).fill(-1);
    const columns = part.shape.at(-1)!;
    data.forEach((value, i) => expected[placeOf(part, Math.floor(i / columns), i % columns)] = value);
    assert.deepEqual(matrix, expected);
  }));
});

Deno.test("the query, key and value of two heads of size 3 lie side by side, each head padded to 4", () => {
  const width = 2;
  const columns = 24;
  const matrix = new Float32Array(width * columns);
  ["query", "key", "value"].forEach((name, i) => {
    const heads = { size: 3, padded: 4 };
    const part = { name, shape: [6, width], offset: 8 * i, rowStride: 1, rowGroup: heads, columnStride: columns };
    scatterPlacement(part, Float32Array.from({ length: 12 }, (_, e) => 100 * (i + 1) + e), matrix);
  });
  // The checkpoint has [out, in]; input 0's weights are the even elements.
  const first = [100, 102, 104, 0, 106, 108, 110, 0];
  const row = (input: number) => [0, 100, 200].flatMap((more) => first.map((e) => e === 0 ? 0 : e + more + input));
  assert.deepEqual([...matrix], [...row(0), ...row(1)]);
});
