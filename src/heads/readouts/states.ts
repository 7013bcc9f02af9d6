/** Readouts that need no head: states of tokens, and their mean. */

import { meanRows } from "../../graph/ops/rows/mean_rows.ts";
import { BASE } from "../../model/head.ts";
import { defineReadout, positionsOf, rowsOf } from "./definition.ts";
import type { PositionsAsk, Readout } from "./readout.ts";

/** Options of {@linkcode states} and {@linkcode meanState}. */
export interface StatesAsk {
  /** Positions in the text; 0 is `[CLS]`. @default all of them */
  readonly positions?: ArrayLike<number>;
}

function positionsOrAll(ask: StatesAsk, { tokens }: { tokens: number }): ArrayLike<number> {
  if (ask.positions !== undefined) return positionsOf(ask as PositionsAsk, { tokens });
  return Array.from({ length: tokens }, (_, position) => position);
}

/** `states`: the last hidden state at some positions, `[positions, H]`. */
export const states: Readout<"states", StatesAsk> = defineReadout({
  name: "states",
  options: ["positions"],
  head: BASE,
  rows: positionsOrAll,
  trace: (_g, rows) => ({ states: rows }),
  answer: (outputs, rows) => ({ values: rowsOf(outputs("states"), rows) }),
});

/** `mean_state`: the mean of the last hidden state over some positions, `[H]`; zeros over none. */
export const meanState: Readout<"mean_state", StatesAsk> = defineReadout({
  name: "mean_state",
  options: ["positions"],
  head: BASE,
  rows: positionsOrAll,
  trace(g, x) {
    const starts = g.input("mean_state.starts", "u32", ["mean_state.bounds"]);
    return { means: meanRows(g, { label: "mean_state", x, starts, segments: "mean_state.questions" }) };
  },
  inputs(asked) {
    const starts = new Uint32Array(asked.length + 1);
    asked.forEach(({ count }, i) => starts[i + 1] = (starts[i] as number) + count);
    return {
      inputs: { "mean_state.starts": starts },
      scalars: { "mean_state.questions": asked.length, "mean_state.bounds": starts.length },
    };
  },
  inputKey: () => "",
  answer: (outputs, { question }) => ({
    values: rowsOf(outputs("means"), { first: question, count: 1, question }),
  }),
});
