/** What graphs that are wrong are made of. */

import { Graph } from "../../src/graph/graph.ts";
import type { Dim, Layout } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";

export const label = "wrong";

/** Values of any type, each its own. */
export class Values {
  readonly g = new Graph();
  #count = 0;

  /** An input of f32, rows pitched. */
  f32(...shape: Dim[]): Value {
    return this.#input("f32", shape, "pitched");
  }

  /** An input of f32 without row padding. */
  tight(...shape: Dim[]): Value {
    return this.#input("f32", shape, "tight");
  }

  u32(...shape: Dim[]): Value {
    return this.#input("u32", shape, "tight");
  }

  /** A weight. */
  weight(dtype: "f32" | "f16", ...shape: number[]): Value {
    return this.g.parameter({ label: `w${this.#count++}`, dtype, shape, buffer: {} as GPUBuffer });
  }

  #input(dtype: "f32" | "u32", shape: Dim[], layout: Layout): Value {
    return this.g.input(`x${this.#count++}`, dtype, shape, layout);
  }
}

/** An op, what is wrong, the graph, and what the message says after `Cannot trace wrong (op): `. */
export type Wrong = [op: string, what: string, build: (v: Values) => unknown, message: string];

/** What a body throws. */
export function caught(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  return new Error("nothing was refused");
}
