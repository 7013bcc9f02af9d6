/** Traces a model's program: the body's two halves, then the stages. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { ProbabilityStorage } from "../graph/ops/attention/attention.ts";
import { gatherRows } from "../graph/ops/rows/gather_rows.ts";
import type { NarrowPlan } from "../nn/narrow_attention.ts";
import type { Parameter } from "../nn/parameters.ts";
import type { Body, BodyCall } from "./body.ts";
import type { Head } from "./head.ts";
import type { Learning } from "./learning.ts";
import type { StageCall } from "./stage.ts";

/** How a traced program computes the body. */
export interface TraceCall {
  /** Whether the layers after the full ones run as ordinary layers. */
  ordinary: boolean;
  plan: NarrowPlan;
  probabilities: ProbabilityStorage;
  /** Whether the caller gives word embeddings. */
  embedded: boolean;
  /** Name every layer's state as an output `hidden_states.N`. */
  hiddenStates: boolean;
  /** What is computed of the loss; null if only results are wanted. */
  learning: Learning | null;
  /** Whether random elements are dropped. */
  drops: boolean;
  /** Whether gradients compute layers again. */
  recomputes: boolean;
}

/**
 * Traces a call. The values that the stages return, and states and probabilities if asked for, become outputs. If the
 * call learns, the outputs are those of its learning.
 */
export function traceModel(
  g: Graph,
  body: Body,
  { call, stages, layerOf, parameters }: {
    call: TraceCall;
    stages: readonly StageCall[];
    /** The layer that a head has put on the body. */
    layerOf: (head: Head) => unknown;
    /** All weights of the model. */
    parameters: readonly Parameter[];
  },
): void {
  const last = traceBody(g, body, call);
  for (const { stage, rows, prefix } of stages) {
    const { head } = stage;
    const own = rows === null ? last : gatherRows(g, {
      label: `${prefix}rows`,
      x: last,
      index: g.input(`${prefix}rows`, "u32", [`${prefix}R`]),
    });
    const values = stage.trace(g, own, layerOf(head));
    if (call.learning !== null) call.learning.trace(g, values.loss as Value, parameters);
    else for (const [name, value] of Object.entries(values)) g.output(prefix + name, value);
  }
}

/** Traces both halves of a body, and returns its last state. */
function traceBody(g: Graph, body: Body, asked: TraceCall): Value {
  const { ordinary, plan, probabilities, embedded, hiddenStates, recomputes } = asked;
  const call: BodyCall = {
    probabilities,
    recomputes,
    ...(hiddenStates && { onState: (layer, state) => g.output(`hidden_states.${layer}`, state) }),
    ...(probabilities === "output" && { onAttention: (layer, value) => g.output(`attentions.${layer}`, value) }),
  };
  const context = body.encode(g, { ...call, embedded });
  return ordinary ? body.ordinary(g, context, call) : body.narrow(g, context, { ...call, plan });
}
