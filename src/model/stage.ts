/** Stages: the computations of a program after the body. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { InputData } from "../graph/program/upload.ts";
import type { Head } from "./head.ts";

/**
 * A computation over rows of the body's last state. Programs are cached by the identity of their stages, so a stage is
 * a constant: everything that differs from call to call is an input or a scalar.
 */
export interface Stage<Layer = unknown> {
  /** The head whose weights it reads. */
  readonly head: Head<Layer>;
  /**
   * Traces the stage.
   *
   * @param rows `[rows, H]`: the narrow rows, all tokens in the ordinary mode, or rows of its own.
   * @returns The values to read back, by name.
   */
  trace(g: Graph, rows: Value, layer: Layer): Record<string, Value>;
}

/** A stage in a call. */
export interface StageCall {
  readonly stage: Stage;
  /** The narrow rows that it reads, as indices into `[R]`; null for all of them. */
  readonly rows: Uint32Array | null;
  /** Prefix of the names of its outputs; empty if the call has one stage. */
  readonly prefix: string;
  /** Data of the inputs that it declares. */
  readonly inputs?: Readonly<Record<string, InputData>>;
  /** Values of the scalars that it declares. */
  readonly scalars?: Readonly<Record<string, number>>;
}

/** The call of a model class's only stage, which reads all rows. */
export type HeadInputs = Omit<StageCall, "rows" | "prefix">;

const numbers = new WeakMap<object, number>();
let objects = 0;

/** A number of an object's identity, for keys of the cache of programs. */
export function identityOf(object: object): number {
  let number = numbers.get(object);
  if (number === undefined) numbers.set(object, number = objects++);
  return number;
}

/** A key of the stage for the cache of programs. */
export function stageKey({ stage, rows, prefix }: StageCall): string {
  return `${prefix}${identityOf(stage)}${rows === null ? "" : " of rows"}`;
}
