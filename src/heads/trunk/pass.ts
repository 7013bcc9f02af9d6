/** Plans a pass: the narrow rows of its texts, and the rows of each question. */

import type { Ragged } from "../../model/batch/ragged.ts";
import { raggedOfSequences } from "../../model/batch/ragged.ts";
import type { StageCall } from "../../model/stage.ts";
import type { ReadoutDefinition, RowRange } from "../readouts/definition.ts";
import type { Reading, Sequence } from "./sequences.ts";

/** What a pass computes, besides its texts. */
export interface Pass {
  readonly stages: readonly StageCall[];
  /** What is read, each with its rows among those of its readout. */
  readonly readings: readonly { readonly reading: Reading; readonly range: RowRange }[];
  /** Positions of the narrow rows of each text. */
  readonly rows: readonly ArrayLike<number>[];
}

/** The questions for a readout in a pass. */
interface Asking {
  readonly readout: ReadoutDefinition;
  readonly asked: { ask: unknown; count: number }[];
  /** Its rows, as indices into the pass's. */
  readonly rows: number[];
  /** The rows of its outputs that have some for each question. */
  outputRows: number;
}

/** The batch of a pass over texts that are encoded in it. It has copies of their tokens. */
export function raggedOfPass(sequences: readonly Sequence[], { rows }: Pass): Ragged {
  return raggedOfSequences(sequences.map(({ text: { input_ids, token_type_ids } }, i) => ({
    ids: input_ids,
    types: token_type_ids ?? null,
    rows: rows[i] as ArrayLike<number>,
  })));
}

/** Plans the pass over some texts. */
export function planPass(sequences: readonly Sequence<unknown>[]): Pass {
  const askings = new Map<ReadoutDefinition, Asking>();
  const readings: { reading: Reading; range: RowRange }[] = [];
  const allRows: ArrayLike<number>[] = [];
  let first = 0; // the text's first narrow row
  for (const { readings: own } of sequences) {
    const rows = unionOf(own);
    for (const reading of own) {
      const { readout, ask, positions } = reading;
      let asking = askings.get(readout);
      if (asking === undefined) askings.set(readout, asking = { readout, asked: [], rows: [], outputRows: 0 });
      const range = { first: asking.rows.length, count: positions.length, question: asking.outputRows };
      readings.push({ reading, range });
      asking.asked.push({ ask, count: positions.length });
      asking.outputRows += readout.outputRows?.(ask) ?? 1;
      placeRows(asking.rows, { positions, rows, first });
    }
    allRows.push(rows);
    first += rows.length;
  }
  // Sorted by name, so that the same readouts make the same program.
  const stages = [...askings.values()]
    .sort((a, b) => a.readout.name < b.readout.name ? -1 : 1)
    .map(({ readout, asked, rows }) => ({
      stage: readout,
      rows: isAll(rows, first) ? null : Uint32Array.from(rows),
      prefix: `${readout.name}.`,
      ...readout.inputs?.(asked),
    }));
  return { stages, readings, rows: allRows };
}

/** The positions of some questions, ascending, without duplicates. */
function unionOf(questions: readonly Reading[]): ArrayLike<number> {
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
