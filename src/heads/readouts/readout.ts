/** What a readout is: one kind of answer that a trunk can give about texts. */

import type { RunOutput } from "../../graph/program/outputs.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Stage, StageCall } from "../../model/stage.ts";

/** What a readout gives for a text. */
export interface ReadoutAnswer {
  /** The numbers that were computed, in the readout's own layout. */
  readonly values: ArrayLike<number>;
}

/** One question for a readout. */
export interface Asked<Ask> {
  /** The question's options. */
  readonly ask: Ask;
  /** How many rows it has. */
  readonly count: number;
}

/** Where a question's rows lie among those of its readout. */
export interface RowRange {
  /** The first. */
  readonly first: number;
  readonly count: number;
  /** The number of the question. */
  readonly question: number;
}

/**
 * One kind of answer: which rows it needs, what is computed from them, what is read back. A readout is a constant; the
 * programs that compute it are kept by its identity.
 *
 * @typeParam Name Its name in queries and answers.
 * @typeParam Ask Options of a question, plain data.
 */
export interface Readout<
  Name extends string = string,
  Ask = unknown,
  Answer extends ReadoutAnswer = ReadoutAnswer,
  Layer = unknown,
> extends Stage<Layer> {
  /** Its name in queries and answers; what it declares begins with it and a dot. */
  readonly name: Name;
  /**
   * Positions of the rows that a question needs, in the order of its answer.
   *
   * @param tokens How many the text has.
   * @throws {TypeError | RangeError} On options that cannot be; the message ends the sentence `Cannot answer …: `.
   */
  rows(ask: Ask, about: { tokens: number; config: NarrowBertConfig }): ArrayLike<number>;
  /** Elements that it computes from each row, for bounding a pass. @default H */
  columns?(config: NarrowBertConfig): number;
  /** Data of the inputs and scalars that it declares, for all questions of a pass; none if it declares none. */
  inputs?(asked: readonly Asked<Ask>[]): Pick<StageCall, "inputs" | "scalars">;
  /** A question's answer. @param outputs What `trace` returned, by name. */
  answer(outputs: Outputs, rows: RowRange, ask: Ask): Answer;
}

/** A readout's outputs as they come from the GPU. */
export type Outputs = (name: string) => RunOutput;

/** Elements of a question's rows in an output `[rows, columns]`. */
export function rowsOf({ data, dims }: RunOutput, { first, count }: RowRange): Float32Array {
  const columns = dims[1] ?? 1;
  return data.slice(first * columns, (first + count) * columns) as Float32Array;
}

/** Options that choose positions. */
export interface PositionsAsk {
  /** Positions in the text, in the order of the answer; 0 is `[CLS]`. */
  readonly positions: ArrayLike<number>;
}

/** The positions that a question names, checked. */
export function positionsOf({ positions }: Partial<PositionsAsk>, { tokens }: { tokens: number }): ArrayLike<number> {
  if (typeof positions !== "object" || positions === null || typeof positions.length !== "number") {
    throw new TypeError(`positions must be an array of positions, got ${String(positions)}`);
  }
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number;
    if (Number.isInteger(position) && position >= 0 && position < tokens) continue;
    throw new RangeError(`positions[${i}] must be a position from 0 to ${tokens - 1} of its text, got ${position}`);
  }
  return positions;
}

/** The first token, for readouts that ask nothing else. */
export const FIRST: readonly number[] = [0];
