/** The pooler: a linear layer and tanh on the first row of each sequence. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { Linear } from "../nn/linear.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import type { Rows } from "./probe/rows.ts";
import type { Twin } from "./probe/twin.ts";
import { BODY } from "./weights/published_names.ts";

const PATH = `${BODY}pooler.dense`;

/** `tanh(x W + b)`, `[B, H]` to `[B, H]`. */
export class Pooler {
  readonly #dense: Linear;

  /** Declares `narrow_bert.pooler.dense`. */
  constructor(parameters: ParameterSet, { hidden_size }: NarrowBertConfig) {
    this.#dense = new Linear(parameters, PATH, { inputs: hidden_size, outputs: hidden_size });
  }

  /** Pools the narrow rows under the rule `first`: one a sequence. */
  apply(g: Graph, rows: Value): Value {
    return this.#dense.apply(g, rows, { activation: "tanh" });
  }
}

/** The same in float64. */
export function pooledTwin(twin: Twin, rows: Rows): Rows {
  return twin.activated(twin.dense(rows, PATH, rows.columns), "tanh");
}
