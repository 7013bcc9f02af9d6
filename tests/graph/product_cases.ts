/** Small programs of products over views, each written once, for the graph and for float64. */

import type { MatmulCall } from "../../src/graph/ops/products/matmul.ts";
import type { Dim } from "../../src/graph/shape.ts";

/** A call whose operands are of another kind than values of a graph. */
export type ProductCall<T> =
  & Omit<MatmulCall, "label" | "a" | "b" | "bias" | "residual">
  & { a: Of<MatmulCall["a"], T>; b: Of<MatmulCall["b"], T>; residual?: T }
  & { bias?: Omit<Of<NonNullable<MatmulCall["bias"]>, T>, "scale"> & { scale?: T } };

type Of<View, T> = Omit<View, "value"> & { value: T };

/** Products over operands by name. */
export interface ProductCase {
  /** The operands by which the result is differentiated. */
  operands: Record<string, readonly Dim[]>;
  /** The scale of a bias, by which it is if the graph drops. */
  scale?: readonly Dim[];
  trace<T>(product: (call: ProductCall<T>) => T, operands: Record<string, T>): T;
}

/** H, heads, and head size. */
const [WIDTH, HEADS, SIZE] = [6, 3, 4];
/** Columns of the keys and values of two layers. */
const KEYS_AND_VALUES = 2 * 2 * HEADS * SIZE;

/** A product of `[T, 6]` with columns of a weight, and the bias's. */
function range<T>(
  { x, w, b }: Record<string, T>,
  { offset, n, ...more }: { offset: number; n: number; residual?: T },
): ProductCall<T> {
  return {
    a: { value: x! },
    b: { value: w!, offset },
    m: "T",
    n,
    k: WIDTH,
    out: { shape: ["T", n] },
    bias: { value: b!, offset },
    ...more,
  };
}

const plain = { x: ["T", WIDTH], w: [WIDTH, 22], b: [1, 22] };

/** The programs by what they are. A view whose width is no multiple of 4 ends with its value: zeros must follow it. */
export const PRODUCT_CASES: Readonly<Record<string, ProductCase>> = {
  "whole operands": {
    operands: { x: ["T", WIDTH], w: [WIDTH, 9], b: [1, 9], r: ["T", 9] },
    trace: (product, { x, w, b, r }) =>
      product({
        a: { value: x! },
        b: { value: w! },
        m: "T",
        n: 9,
        k: WIDTH,
        out: { shape: ["T", 9] },
        bias: { value: b! },
        residual: r!,
      }),
  },
  "a stored transposed": {
    operands: { x: ["T", WIDTH], y: ["T", 9], b: [9] },
    trace: (product, { x, y, b }) =>
      product({
        a: { value: x!, transposed: true },
        b: { value: y! },
        m: WIDTH,
        n: 9,
        k: "T",
        out: { shape: [WIDTH, 9] },
        bias: { value: b! },
      }),
  },
  "b stored transposed": {
    operands: { x: ["T", WIDTH], w: [9, WIDTH] },
    trace: (product, { x, w }) =>
      product({
        a: { value: x! },
        b: { value: w!, transposed: true },
        m: "T",
        n: 9,
        k: WIDTH,
        out: { shape: ["T", 9] },
      }),
  },
  "both stored transposed": {
    operands: { x: ["T", WIDTH], y: [9, "T"] },
    trace: (product, { x, y }) =>
      product({
        a: { value: x!, transposed: true },
        b: { value: y!, transposed: true },
        m: WIDTH,
        n: 9,
        k: "T",
        out: { shape: [WIDTH, 9] },
      }),
  },
  "rows of two dimensions": {
    operands: { x: ["T", 2, WIDTH], w: [WIDTH, 5], b: [1, 5] },
    trace: (product, { x, w, b }) =>
      product({
        a: { value: x! },
        b: { value: w! },
        m: ["T", 2],
        n: 5,
        k: WIDTH,
        out: { shape: ["T", 2, 5] },
        bias: { value: b! },
      }),
  },
  "matrices one behind the other": {
    operands: { x: ["T", 2, 8], y: ["T", 8, 4] },
    trace: (product, { x, y }) =>
      product({
        a: { value: x!, batch: 16 },
        b: { value: y!, batch: 32 },
        m: 2,
        n: 4,
        k: 8,
        batch: "T",
        out: { shape: ["T", 2, 4], batch: 8 },
      }),
  },
  "queries that absorb keys": {
    operands: { q: ["T", HEADS * SIZE], w: [WIDTH, KEYS_AND_VALUES] },
    trace: (product, { q, w }) =>
      product({
        a: { value: q!, batch: SIZE },
        b: { value: w!, offset: 24, batch: SIZE, transposed: true },
        m: "T",
        n: WIDTH,
        k: SIZE,
        batch: HEADS,
        out: { shape: ["T", HEADS, WIDTH], stride: HEADS * 8, batch: 8 },
      }),
  },
  "sums that absorb values": {
    operands: { x: ["T", HEADS, WIDTH], w: [WIDTH, KEYS_AND_VALUES], b: [1, KEYS_AND_VALUES] },
    scale: ["T", HEADS],
    trace: (product, { x, w, b, scale }) =>
      product({
        a: { value: x!, stride: HEADS * 8, batch: 8 },
        b: { value: w!, offset: 36, batch: SIZE },
        m: "T",
        n: SIZE,
        k: WIDTH,
        batch: HEADS,
        out: { shape: ["T", HEADS * SIZE], batch: SIZE },
        bias: { value: b!, offset: 36, batch: SIZE, scale: scale! },
      }),
  },
  "queries that absorb keys, then sums that absorb values of the same weight": {
    operands: { q: ["T", HEADS * SIZE], w: [WIDTH, KEYS_AND_VALUES], b: [1, KEYS_AND_VALUES] },
    scale: ["T", HEADS],
    trace(product, { q, w, b, scale }) {
      const expanded = product({
        a: { value: q!, batch: SIZE },
        b: { value: w!, batch: SIZE, transposed: true },
        m: "T",
        n: WIDTH,
        k: SIZE,
        batch: HEADS,
        out: { shape: ["T", HEADS, WIDTH], stride: HEADS * 8, batch: 8 },
      });
      return product({
        a: { value: expanded, stride: HEADS * 8, batch: 8 },
        b: { value: w!, offset: 12, batch: SIZE },
        m: "T",
        n: SIZE,
        k: WIDTH,
        batch: HEADS,
        out: { shape: ["T", HEADS * SIZE], batch: SIZE },
        bias: { value: b!, offset: 12, batch: SIZE, scale: scale! },
      });
    },
  },
  "matrices of 5 columns side by side": {
    operands: { x: ["T", 2, WIDTH], w: [WIDTH, 2, 5] },
    trace: (product, { x, w }) =>
      product({
        a: { value: x!, stride: 16, batch: 8 },
        b: { value: w!, stride: 16, batch: 8 },
        m: "T",
        n: 5,
        k: WIDTH,
        batch: 2,
        out: { shape: ["T", 2, 5], stride: 16, batch: 8 },
      }),
  },
  "a scaled bias of one matrix": {
    operands: { x: ["T", WIDTH], w: [WIDTH, 9], b: [1, 9] },
    scale: ["T", 1],
    trace: (product, { x, w, b, scale }) =>
      product({
        a: { value: x! },
        b: { value: w! },
        m: "T",
        n: 9,
        k: WIDTH,
        out: { shape: ["T", 9] },
        bias: { value: b!, scale: scale! },
      }),
  },
  "a scaled bias that is a part of a vector": {
    operands: { x: ["T", WIDTH], w: [WIDTH, 17], b: [17] },
    scale: ["T", 1],
    trace: (product, { b, scale, ...all }) =>
      product({ ...range(all, { offset: 8, n: 9 }), bias: { value: b!, offset: 8, scale: scale! } }),
  },
  "the projection of a context": {
    operands: { x: ["T", WIDTH], w: [WIDTH, KEYS_AND_VALUES], b: [1, KEYS_AND_VALUES] },
    trace: (product, operands) => product(range(operands, { offset: 16, n: 24 })),
  },
  "some columns of a weight": { operands: plain, trace: (product, all) => product(range(all, { offset: 4, n: 8 })) },
  "the first columns of a weight": {
    operands: plain,
    trace: (product, all) => product(range(all, { offset: 0, n: 12 })),
  },
  "the last columns of a weight": {
    operands: plain,
    trace: (product, all) => product(range(all, { offset: 16, n: 6 })),
  },
  "some columns of a": {
    operands: { x: ["T", 22], w: [WIDTH, 5], v: [8, 5] },
    trace(product, { x, w, v }) {
      const more = { m: "T", n: 5, out: { shape: ["T", 5] } };
      const last = product({ a: { value: x!, offset: 16 }, b: { value: w! }, k: WIDTH, ...more });
      return product({ a: { value: x!, offset: 4 }, b: { value: v! }, k: 8, ...more, residual: last });
    },
  },
  "neighbouring columns of one weight": {
    operands: plain,
    trace(product, all) {
      const first = product(range(all, { offset: 4, n: 4 }));
      const second = product(range(all, { offset: 8, n: 4, residual: first }));
      return product(range(all, { offset: 0, n: 4, residual: second }));
    },
  },
  "the same columns twice": {
    operands: plain,
    trace: (product, all) =>
      product(range(all, { offset: 16, n: 6, residual: product(range(all, { offset: 16, n: 6 })) })),
  },
  "overlapping columns, one the result of the other": {
    operands: plain,
    trace: (product, all) =>
      product(range({ ...all, x: product(range(all, { offset: 16, n: 6 })) }, { offset: 12, n: 10 })),
  },
  "a weight as a whole, then some of its columns": {
    operands: { x: ["T", WIDTH], w: [WIDTH, WIDTH], b: [1, WIDTH] },
    trace: (product, all) =>
      product(range({ ...all, x: product(range(all, { offset: 0, n: WIDTH })) }, { offset: 4, n: 2 })),
  },
  "some columns of a weight, then the whole": {
    operands: { x: ["T", WIDTH], w: [WIDTH, WIDTH], b: [1, WIDTH] },
    trace: (product, all) =>
      product({
        ...range({ ...all, x: product(range(all, { offset: 4, n: 2 })) }, { offset: 0, n: WIDTH }),
        a: { value: all.x! },
        residual: product({
          a: { value: product(range(all, { offset: 4, n: 2 })) },
          b: { value: all.w!, offset: 4, transposed: true },
          m: "T",
          n: WIDTH,
          k: 2,
          out: { shape: ["T", WIDTH] },
        }),
      }),
  },
  "operands that are one value": {
    operands: { x: ["T", 20] },
    trace: (product, { x }) => {
      const scores = product({
        a: { value: x!, offset: 4 },
        b: { value: x!, offset: 12, transposed: true },
        m: "T",
        n: "T",
        k: 8,
        out: { shape: ["T", "T"] },
      });
      return product({
        a: { value: scores },
        b: { value: x! },
        m: "T",
        n: 20,
        k: "T",
        out: { shape: ["T", 20] },
      });
    },
  },
};
