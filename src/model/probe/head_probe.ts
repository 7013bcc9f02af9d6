/** How a probe of a device computes a head: on the GPU, and in float64. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import type { Rows } from "./rows.ts";
import type { Twin } from "./twin.ts";

/** What a head gives of rows. */
export interface HeadValues {
  readonly rows: Rows;
  /** Which columns of the GPU's these are, if they are not all. */
  readonly columns?: readonly number[];
}

/** The same of a head twice. */
export interface HeadProbe<Layer> {
  /** Traces what the head gives of rows of the last state, `[rows, H]` to `[rows, outputs]`. */
  trace(g: Graph, rows: Value, layer: Layer): Value;
  /** The same in float64, or some columns of it. `pooler` is whether the model has one. */
  twin(twin: Twin, rows: Rows, model: { config: NarrowBertConfig; pooler: boolean }): HeadValues;
}
