/** What a tuner runs: problems of a slot, candidates bound to data, and expected results. */

import type { Gpu } from "../../gpu/device.ts";
import type { Recorder } from "../../gpu/recorder.ts";
import { pitch, type Variant } from "../kernel.ts";

/** A problem of a slot. */
export interface Work {
  /** Its sizes, in words. */
  readonly name: string;
  /** Floating-point operations of one run. */
  readonly operations: number;
  /** Whether it is only checked, not timed. */
  readonly untimed?: boolean;
  /** Compiles a candidate and binds it to the problem's data. */
  prepare(gpu: Gpu, variant: Variant): Promise<Prepared>;
}

/** A candidate bound to data, ready to run; dispose it to give its buffers back. */
export interface Prepared {
  readonly variant: Variant;
  /** Appends one run to a recording. */
  record(recorder: Recorder): void;
  /** Runs once and returns what is wrong with the result; null if it is right. */
  check(): Promise<string | null>;
  dispose(): void;
}

/** An output in float64, and the error that 32-bit floats may have. */
export interface Sample {
  /** Index in the output buffer. */
  at: number;
  value: number;
  bound: number;
}

/** The first output that is out of its bound, in words; null if there is none. NaN is always out. */
export function firstWrong(found: Float32Array, samples: readonly Sample[]): string | null {
  const wrong = samples.find(({ at, value, bound }) => !(Math.abs((found[at] as number) - value) <= bound));
  return wrong === undefined
    ? null
    : `output ${wrong.at} must be ${wrong.value} within ${wrong.bound.toExponential(1)}, got ${found[wrong.at]}`;
}

/** Sizes of the model whose calls are timed: BERT-base, or half as wide on a software adapter. */
export interface ModelSizes {
  /** Rows of products that have many. */
  rows: number;
  /** Sequences that attend to themselves, and tokens of each. */
  sequences: number;
  tokens: number;
  /** A multiple of 64, as textures need. */
  hidden: number;
  heads: number;
  forward: number;
}

export function modelSizes({ adapterClass }: Pick<Gpu, "adapterClass">): ModelSizes {
  return adapterClass === "software"
    ? { rows: 128, sequences: 2, tokens: 128, hidden: 384, heads: 6, forward: 1536 }
    : { rows: 512, sequences: 8, tokens: 128, hidden: 768, heads: 12, forward: 3072 };
}

/** `rows` rows of `batch` matrices side by side, each `columns` wide and padded with zeros to {@linkcode pitch}. */
export function matrices(
  { rows, columns, batch = 1 }: { rows: number; columns: number; batch?: number },
  next: () => number,
): Float32Array {
  const width = pitch(columns);
  const values = new Float32Array(rows * batch * width);
  for (let i = 0; i < values.length; i++) if (i % width < columns) values[i] = next();
  return values;
}
