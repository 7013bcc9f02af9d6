/** Where a model in training sets random elements to zero. */

import type { Graph } from "../graph/graph.ts";
import { dropout, type DropoutMask } from "../graph/ops/training/dropout.ts";
import type { Value } from "../graph/value.ts";

/** The places of dropout that share a probability: states, attention probabilities, what a classifier reads. */
export type DropoutKind = "hidden" | "attention" | "classifier";

/** The scalars of a program that drops: the seed, the number of the pass, and a probability for each kind of place. */
export interface DropoutScalars extends Record<string, number> {
  dropout_seed: number;
  dropout_step: number;
  hidden_dropout: number;
  attention_dropout: number;
  classifier_dropout: number;
}

/** What decides which elements are zeroed at a place. */
export function dropoutMask(g: Graph, kind: DropoutKind, label: string): DropoutMask {
  return {
    seed: g.scalar("dropout_seed"),
    step: g.scalar("dropout_step"),
    rate: g.scalar(`${kind}_dropout`, "f32"),
    stream: g.stream(label),
  };
}

/** `x` with random elements zeroed and the others scaled up, if the graph drops. */
export function dropped(g: Graph, kind: DropoutKind, { label, x }: { label: string; x: Value }): Value {
  return g.drops ? dropout(g, { label, x, ...dropoutMask(g, kind, label) }) : x;
}

/**
 * `dropout(x) + residual`, where `product` traces x. Without dropout, the product adds the residual itself.
 *
 * @param label Names the dropout.
 */
export function addResidual(
  g: Graph,
  { label, residual }: { label: string; residual: Value },
  product: (options: { residual?: Value }) => Value,
): Value {
  if (!g.drops) return product({ residual });
  return dropout(g, { label, x: product({}), residual, ...dropoutMask(g, "hidden", label) });
}
