/**
 * For how large calls a program's memory is allocated.
 *
 * The bytes of a tensor are a fixed number times a product of symbols, such as `T`, or `K * T` for a table of
 * probabilities. Memory has a capacity for each of these products, not for each symbol: many short sequences and a few
 * long ones have the same `K * T`, while the largest `K` times the largest `T` is far more than any of them needs.
 */

import { pitch } from "../kernels/kernel.ts";
import type { Dim, Scalars } from "./shape.ts";
import type { Type } from "./value.ts";

/** The shape and layout of a tensor. */
type Shape = Pick<Type, "shape" | "layout">;

/** A number for each product of symbols. */
export type Counts = Readonly<Record<string, number>>;

/** Buffers have room for at most this many times what the largest call needs. */
const BUFFERS = 2;

/** All memory, textures included, is at most this many times what the largest call needs. */
const TOTAL = 3;

/** The products of symbols that size some tensors. */
export class Products {
  readonly #symbols = new Map<string, readonly string[]>();

  constructor(tensors: Iterable<Shape>) {
    for (const { shape, layout } of tensors) {
      const symbols = symbolsOf(shape, layout);
      if (symbols.length > 0) this.#symbols.set(symbols.join(" * "), symbols);
    }
  }

  /** The products in a call. */
  in(scalars: Scalars): Counts {
    const counts: Record<string, number> = {};
    for (const [key, symbols] of this.#symbols) {
      counts[key] = symbols.reduce((product, symbol) => product * valueOf(symbol, scalars), 1);
    }
    return counts;
  }

  /** Whether memory with a capacity of `counts` is large enough for a call. */
  fit(scalars: Scalars, counts: Counts): boolean {
    for (const [key, symbols] of this.#symbols) {
      let product = 1;
      for (const symbol of symbols) product *= valueOf(symbol, scalars);
      if (product > (counts[key] as number)) return false;
    }
    return true;
  }
}

/** Bytes of a tensor of 32-bit elements if the products of symbols are `counts`. */
export function bytesAt({ shape, layout }: Shape, counts: Counts): number {
  const symbols = symbolsOf(shape, layout);
  let elements = symbols.length === 0 ? 1 : counts[symbols.join(" * ")] as number;
  shape.forEach((dim, i) => {
    if (typeof dim === "number") elements *= i === shape.length - 1 && layout === "pitched" ? pitch(dim) : dim;
  });
  return 4 * elements;
}

/** What {@linkcode Headroom} must know of a program's buffers with a capacity of some counts. */
export interface Sizing {
  /** Bytes that calls take, one at a time. */
  bytesAt(counts: Counts): number;
  /** Whether the device can hold each buffer. */
  isAllowed(counts: Counts): boolean;
}

/**
 * Chooses capacities with headroom, so that calls of all sizes settle after few reallocations, and within a bound: what
 * is asked for is never far more than a call needs, however the sizes of earlier calls differ from its own.
 */
export class Headroom {
  readonly #sizing: Sizing;
  /** Bytes that the largest call needs, of those that lacked memory when they came. */
  #largest = 0;
  /** Bytes that the device did not have. */
  #refused = Infinity;

  constructor(sizing: Sizing) {
    this.#sizing = sizing;
  }

  /** Most bytes that all memory may take. */
  get bound(): number {
    return Math.min(TOTAL * this.#largest, this.#refused - 1);
  }

  /** Notes that a call needs so many bytes. */
  note(bytes: number): void {
    this.#largest = Math.max(this.#largest, bytes);
  }

  /** Notes that the device did not have so many bytes: headroom is never asked for again up to there. */
  refuse(bytes: number): void {
    this.#refused = Math.min(this.#refused, bytes);
  }

  /**
   * The capacity for a call that does not fit: enough for earlier calls too, if the bound and the device allow it.
   *
   * @param wanted The call's own counts.
   * @param call `earlier` is the capacity before; `textures` are the bytes of the textures that the call copies to.
   */
  choose(wanted: Counts, { earlier, textures }: { earlier: Counts | null; textures: number }): Counts {
    this.note(this.#sizing.bytesAt(wanted) + textures);
    const joint = map(wanted, (count, key) => Math.max(count, earlier?.[key] ?? 0));
    const choices = [
      map(joint, (count) => roundUp(Math.max(8, count))),
      map(joint, roundUp),
      joint,
      map(wanted, roundUp),
    ];
    const bound = Math.min(BUFFERS * this.#largest, this.bound);
    return choices.find((choice) => this.#sizing.isAllowed(choice) && this.#sizing.bytesAt(choice) <= bound) ?? wanted;
  }
}

/** The next of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, …, so that growing calls settle after few reallocations. */
export function roundUp(count: number): number {
  if (count <= 2) return count;
  const power = 2 ** Math.floor(Math.log2(count));
  if (count === power) return count;
  return count <= power * 1.5 ? power * 1.5 : power * 2;
}

/** The symbols in a shape, sorted; one that sizes padded rows is in brackets. */
function symbolsOf(shape: readonly Dim[], layout: Shape["layout"]): string[] {
  const symbols: string[] = [];
  shape.forEach((dim, i) => {
    if (typeof dim === "string") symbols.push(i === shape.length - 1 && layout === "pitched" ? `(${dim})` : dim);
  });
  return symbols.sort();
}

function valueOf(symbol: string, scalars: Scalars): number {
  if (symbol.startsWith("(")) return pitch(scalars[symbol.slice(1, -1)] as number);
  return scalars[symbol] as number;
}

function map(counts: Counts, change: (count: number, key: string) => number): Counts {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, change(count, key)]));
}
