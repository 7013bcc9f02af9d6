/** Plans a pass: the sequences to encode, their narrow rows, and the rows of each question. */

import type { Ragged } from "../../model/batch/ragged.ts";
import { raggedOfSequences } from "../../model/batch/ragged.ts";
import type { StageCall } from "../../model/stage.ts";
import type { ReadoutDefinition, RowRange } from "../readouts/definition.ts";
import type { QueryTokens } from "./query.ts";

/** A question that was checked. */
export interface CheckedQuestion {
  readonly readout: ReadoutDefinition;
  readonly ask: unknown;
  /** Positions of its rows in its text. */
  readonly positions: ArrayLike<number>;
}

/** A text with its questions. */
export interface CheckedQuery {
  readonly tokens: QueryTokens;
  readonly questions: readonly CheckedQuestion[];
}

/** A pass, ready to be run. */
export interface Pass {
  readonly ragged: Ragged;
  readonly stages: readonly StageCall[];
  /** For each question of each query, its rows among those of its readout. */
  readonly ranges: readonly (readonly RowRange[])[];
}

/** A text that is encoded once, however many queries ask about it. */
interface Sequence {
  readonly tokens: QueryTokens;
  /** Queries by number. */
  readonly queries: number[];
  /** Positions of its narrow rows, ascending, without duplicates. */
  rows: ArrayLike<number>;
}

/** The questions for a readout in a pass. */
interface Asking {
  readonly readout: ReadoutDefinition;
  readonly asked: { ask: unknown; count: number }[];
  /** Its rows, as indices into the pass's. */
  readonly rows: number[];
}

/** Plans the pass over some queries. Equal lists of tokens are encoded once. */
export function planPass(queries: readonly CheckedQuery[]): Pass {
  const sequences = distinct(queries);
  for (const sequence of sequences) sequence.rows = unionOf(sequence.queries.flatMap((q) => queries[q]!.questions));
  const askings = new Map<ReadoutDefinition, Asking>();
  const ranges: RowRange[][] = queries.map(() => []);
  let first = 0; // the sequence's first narrow row
  for (const { rows, queries: own } of sequences) {
    for (const q of own) {
      for (const { readout, ask, positions } of queries[q]!.questions) {
        let asking = askings.get(readout);
        if (asking === undefined) askings.set(readout, asking = { readout, asked: [], rows: [] });
        ranges[q]!.push({ first: asking.rows.length, count: positions.length, question: asking.asked.length });
        asking.asked.push({ ask, count: positions.length });
        placeRows(asking.rows, { positions, rows, first });
      }
    }
    first += rows.length;
  }
  const ragged = raggedOfSequences(sequences.map(({ tokens, rows }) => {
    return { ids: tokens.input_ids, types: tokens.token_type_ids ?? null, rows };
  }));
  // Sorted by name, so that the same readouts make the same program.
  const stages = [...askings.values()]
    .sort((a, b) => a.readout.name < b.readout.name ? -1 : 1)
    .map(({ readout, asked, rows }) => ({
      stage: readout,
      rows: isAll(rows, first) ? null : Uint32Array.from(rows),
      prefix: `${readout.name}.`,
      ...readout.inputs?.(asked),
    }));
  return { ragged, stages, ranges };
}

/** The different texts of queries, each with its queries. */
function distinct(queries: readonly CheckedQuery[]): Sequence[] {
  const sequences: Sequence[] = [];
  const byHash = new Map<number, Sequence[]>();
  queries.forEach(({ tokens }, q) => {
    const hash = hashOf(tokens);
    let alike = byHash.get(hash);
    if (alike === undefined) byHash.set(hash, alike = []);
    const known = alike.find((sequence) => isEqual(sequence.tokens, tokens));
    if (known !== undefined) return void known.queries.push(q);
    const sequence = { tokens, queries: [q], rows: [] };
    alike.push(sequence);
    sequences.push(sequence);
  });
  return sequences;
}

function hashOf({ input_ids }: QueryTokens): number {
  let hash = input_ids.length;
  for (let i = 0; i < input_ids.length; i++) hash = Math.imul(hash ^ (input_ids[i] as number), 0x01000193);
  return hash;
}

function isEqual(one: QueryTokens, other: QueryTokens): boolean {
  const { length } = one.input_ids;
  if (other.input_ids.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (one.input_ids[i] !== other.input_ids[i]) return false;
    if ((one.token_type_ids?.[i] ?? 0) !== (other.token_type_ids?.[i] ?? 0)) return false;
  }
  return true;
}

/** The positions of some questions, ascending, without duplicates. */
function unionOf(questions: readonly CheckedQuestion[]): ArrayLike<number> {
  const [only] = questions;
  if (questions.length === 1 && only !== undefined && isAscending(only.positions)) return only.positions;
  const all = new Set<number>();
  for (const { positions } of questions) {
    for (let i = 0; i < positions.length; i++) all.add(positions[i] as number);
  }
  return [...all].sort((a, b) => a - b);
}

function isAscending(positions: ArrayLike<number>): boolean {
  for (let i = 1; i < positions.length; i++) if ((positions[i - 1] as number) >= (positions[i] as number)) return false;
  return true;
}

/** Appends the rows of a question: the index of each position among the sequence's rows, counted from `first`. */
function placeRows(
  target: number[],
  { positions, rows, first }: { positions: ArrayLike<number>; rows: ArrayLike<number>; first: number },
): void {
  let r = 0;
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number;
    if (rows[r] !== position && (rows[r] ?? Infinity) > position) r = 0; // positions may come in any order
    while (rows[r] !== position) r++;
    target.push(first + r);
  }
}

/** Whether indices are those of all rows, in order. */
function isAll(rows: readonly number[], count: number): boolean {
  if (rows.length !== count) return false;
  for (let r = 0; r < count; r++) if (rows[r] !== r) return false;
  return true;
}
