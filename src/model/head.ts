/** A head's declaration, from which its weights, its class names and its checkpoints derive. */

import type { ParameterSet } from "../nn/parameters.ts";
import type { Body } from "./body.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import { pooledTwin, type Pooler } from "./pooler.ts";
import type { HeadProbe } from "./probe/head_probe.ts";

/** The parts of a model that a head may use. */
export interface HeadParts {
  readonly body: Body;
  readonly config: NarrowBertConfig;
  /** The pooler, if the model has one. */
  readonly pooler: Pooler | null;
}

/** What a class of models puts on the body: a head of its own, or none. */
export interface ModelHead {
  /** Its name in messages: `masked_lm`. */
  readonly name: string;
  /** Names of Hugging Face's classes that have it, less the `NarrowBert` or `Bert` in front. */
  readonly classes: readonly string[];
  /** Whether it reads the pooled first token: always, never, or as `add_pooling_layer` says. */
  readonly pooling: boolean | "optional";
  /** What the names of its own weights begin with, without a final dot; null if it has none. */
  readonly prefix: string | null;
}

/** A head with its weights. `Layer` is what it puts on the body. */
export interface Head<Layer = unknown> extends ModelHead {
  /** Declares its weights, before any is loaded. */
  declare(parameters: ParameterSet, parts: HeadParts): Layer;
  /** How a probe of a device computes it. */
  readonly probe: HeadProbe<Layer>;
}

/** The heads and the pooler that a model consists of, besides its body. */
export interface ModelParts {
  readonly heads: readonly Head[];
  readonly pooler: boolean;
}

/** The base model: a pooled first token, or none. */
export const BASE: Head<Pooler | null> = {
  name: "none",
  classes: ["Model"],
  pooling: "optional",
  prefix: null,
  declare: (_parameters, { pooler }) => pooler,
  probe: {
    trace: (g, rows, pooler) => pooler?.apply(g, rows) ?? rows,
    twin: (twin, rows, { pooler }) => ({ rows: pooler ? pooledTwin(twin, rows) : rows }),
  },
};

/** Whether a model has a pooler, given its head. */
export function hasPooler(
  { pooling }: ModelHead,
  { add_pooling_layer = true }: { add_pooling_layer?: boolean },
): boolean {
  return pooling === "optional" ? add_pooling_layer : pooling;
}
