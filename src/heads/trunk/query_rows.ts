/** How many narrow rows a query asks for. */

import type { NarrowBertConfig } from "../../model/config/config.ts";
import { READOUTS } from "../readouts/all.ts";
import type { Query } from "./query.ts";

const BY_NAME = new Map(READOUTS.map((readout) => [readout.name, readout]));

/** The narrow rows of a query's questions, added up; of one that a trunk refuses, 0. */
export function rowsOfQuery({ tokens, ask }: Query, config: NarrowBertConfig): number {
  const about = { tokens: tokens.input_ids.length, config };
  let rows = 0;
  try {
    for (const [name, options] of Object.entries(ask)) rows += BY_NAME.get(name)?.rows(options, about).length ?? 0;
  } catch {
    return 0; // the trunk says what is wrong with it
  }
  return rows;
}
