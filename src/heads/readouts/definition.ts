/** How a readout computes: the rows that it needs, the stage that is traced over them, its answers. */

import { kindOf } from "../../base/messages.ts";
import type { RunOutput } from "../../graph/program/outputs.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Stage, StageCall } from "../../model/stage.ts";
import type { QueryTokens } from "./query_tokens.ts";
import type { ChangingReadout, PositionsAsk, Readout, ReadoutAnswer } from "./readout.ts";

/** One question for a readout. */
export interface Asked<Ask> {
  /** The question's options. */
  readonly ask: Ask;
  /** How many rows it has. */
  readonly count: number;
}

/** The rows of a question among those of its readout. */
export interface RowRange {
  /** The first. */
  readonly first: number;
  /** How many. */
  readonly count: number;
  /** The number of the question; of readouts with {@linkcode ReadoutDefinition.outputRows}, its first row of these. */
  readonly question: number;
}

/** A readout's outputs as they come from the GPU. */
export type Outputs = (name: string) => RunOutput;

/**
 * A readout as a trunk runs it: a stage over its rows. It is a constant; the programs that compute it are cached by its
 * identity. The names of the inputs and scalars that it declares begin with its own name and a dot.
 */
export interface ReadoutDefinition<
  Name extends string = string,
  Ask = unknown,
  Answer extends ReadoutAnswer = ReadoutAnswer,
  Layer = unknown,
> extends Readout<Name, Ask, Answer>, Stage<Layer> {
  /** Names of a question's options. */
  readonly options: readonly string[];
  /**
   * Positions of the rows that a question needs, in the order of its answer.
   *
   * @param about `tokens`: how many the text has.
   * @throws {TypeError | RangeError} If the options are not allowed; the message completes `Cannot answer …: NAME.`
   */
  rows(ask: Ask, about: { tokens: number; config: NarrowBertConfig }): ArrayLike<number>;
  /** The tokens that a question, which was checked, has in place of the text's own. @default the text's own */
  tokens?(ask: Ask, tokens: QueryTokens): QueryTokens;
  /** Elements that it computes from each row, for bounding a pass. @default H */
  columns?(config: NarrowBertConfig): number;
  /** Data of the inputs and scalars that it declares, for all questions of a pass; none if it declares none. */
  inputs?(asked: readonly Asked<Ask>[]): Pick<StageCall, "inputs" | "scalars">;
  /**
   * What its inputs take from a question besides the number of its rows: questions about one text with equal rows and
   * equal keys are computed once. If it has inputs and no keys, every question is computed by itself.
   */
  inputKey?(ask: Ask): string | number;
  /** How many rows a question has in an output that has some for each question. @default 1 */
  outputRows?(ask: Ask): number;
  /** A question's answer. @param outputs The values that `trace` returned, by name. */
  answer(outputs: Outputs, rows: RowRange, ask: Ask): Answer;
}

/** Makes a readout whose questions change tokens. */
export function defineChangingReadout<Name extends string, Ask, Answer extends ReadoutAnswer, Layer>(
  definition: ReadoutDefinition<Name, Ask, Answer, Layer> & Required<Pick<ReadoutDefinition<Name, Ask>, "tokens">>,
): ChangingReadout<Name, Ask, Answer> {
  return { ...definition, changesTokens: true };
}

/** Makes a readout: its users see its name and types only. */
export function defineReadout<Name extends string, Ask, Answer extends ReadoutAnswer, Layer>(
  definition: ReadoutDefinition<Name, Ask, Answer, Layer>,
): Readout<Name, Ask, Answer> {
  return definition;
}

/** How a readout computes. @throws {TypeError} If it was not made by {@linkcode defineReadout}. */
export function definitionOf(readout: Readout): ReadoutDefinition {
  if (isDefinition(readout)) return readout;
  throw new TypeError(
    `Cannot make a Trunk: readouts must be readouts of this library, such as topWords, got ${kindOf(readout)}`,
  );
}

function isDefinition(readout: Readout): readout is ReadoutDefinition {
  return typeof readout === "object" && readout !== null && "trace" in readout;
}

/** Elements of a question's rows in an output `[rows, columns]`. */
export function rowsOf({ data, dims }: RunOutput, { first, count }: RowRange): Float32Array {
  const columns = dims[1] ?? 1;
  return data.slice(first * columns, (first + count) * columns) as Float32Array;
}

/** The positions that a question names, checked. */
export function positionsOf({ positions }: PositionsAsk, { tokens }: { tokens: number }): ArrayLike<number> {
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
