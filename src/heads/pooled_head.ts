/** What the two classifiers of whole sequences share: a pooler and a linear layer. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import { Pooler } from "../model/pooler.ts";
import { Linear } from "../nn/linear.ts";
import type { ParameterSet } from "../nn/parameters.ts";

/** Pooler, then `classifier`. */
export class PooledHead {
  readonly #pooler: Pooler;
  readonly #classifier: Linear;

  /** Declares both, with `outputs` scores a sequence. */
  constructor(parameters: ParameterSet, config: NarrowBertConfig, outputs: number) {
    this.#pooler = new Pooler(parameters, config);
    this.#classifier = new Linear(parameters, "classifier", { inputs: config.hidden_size, outputs });
  }

  /** First rows `[B, H]` to scores `[B, outputs]`. */
  apply(g: Graph, rows: Value): Value {
    return this.#classifier.apply(g, this.#pooler.apply(g, rows));
  }
}
