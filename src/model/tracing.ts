/** Traces a model's program: the body's two halves, then the stages. */

import { detached } from "../graph/detached.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { ProbabilityStorage } from "../graph/ops/attention/attention.ts";
import type { InputData } from "../graph/program/upload.ts";
import { gatherRows } from "../graph/ops/rows/gather_rows.ts";
import type { NarrowPlan } from "../nn/narrow_attention.ts";
import type { Parameter } from "../nn/parameters.ts";
import type { Body, BodyCall } from "./body.ts";
import type { Depth } from "./config/halves.ts";
import { type Lesson, type RowResults, traceDistillation } from "./distillation.ts";
import type { Head } from "./head.ts";
import type { Learning } from "./learning.ts";
import { identityOf, type StageCall } from "./stage.ts";

/**
 * What a program computes: all of the model, the first half of its body, which leaves the context on the GPU, or what
 * comes after a context that is there.
 */
export type Half = "both" | "encode" | "narrow";

/** How a traced program computes the body. */
export interface TraceCall {
  half: Half;
  /** Whether the results are those of all tokens, not of the narrow rows. */
  ordinary: boolean;
  /** Whether the body's second half computes all tokens. */
  overAll: boolean;
  plan: NarrowPlan;
  probabilities: ProbabilityStorage;
  /** Layers that are computed. Default: all. */
  depth?: Depth | undefined;
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

/** A teacher in a traced program. */
export interface TeacherTrace {
  body: Body;
  call: TraceCall;
  layerOf: (head: Head) => unknown;
  lesson: Lesson;
}

/** What profiles call the stages, and what a learning computes besides the gradients of the model's parts. */
const HEAD_PART = "head";
const LEARNING_PART = "loss and update";

/** In front of the names of the inputs that only a teacher reads. */
const TEACHER_PREFIX = "teacher.";

/** A teacher's inputs. */
export function teacherInputs(inputs: Record<string, InputData>): Record<string, InputData> {
  return Object.fromEntries(Object.entries(inputs).map(([name, data]) => [TEACHER_PREFIX + name, data]));
}

/** The name of a context that stays on the GPU: a result of the half that makes it, a resident of the other. */
export const CONTEXT = "context";

/**
 * Traces a call. The values that the stages return, and states and probabilities if asked for, become outputs. If the
 * call learns, the outputs are those of its learning.
 */
export function traceModel(
  g: Graph,
  body: Body,
  { call, stages, layerOf, parameters, teacher = null }: {
    call: TraceCall;
    stages: readonly StageCall[];
    /** The layer that a head has put on the body. */
    layerOf: (head: Head) => unknown;
    /** All weights of the model. */
    parameters: readonly Parameter[];
    /** Whose results the loss is compared with; null for none. */
    teacher?: TeacherTrace | null;
  },
): void {
  if (call.half === "encode") {
    g.output(CONTEXT, traceContext(g, body, { call, own: bodyCall(g, call) }), { on: "gpu" });
    return;
  }
  const taught = teacher === null ? null : traceTeacher(g, teacher);
  const last = traceBody(g, body, call);
  for (const { stage, rows, prefix } of stages) {
    const { head } = stage;
    const { own, values } = g.within(HEAD_PART, () => {
      const own = rows === null ? last : gatherRows(g, {
        label: `${prefix}rows`,
        x: last,
        index: g.input(`${prefix}rows`, "u32", [`${prefix}R`]),
      });
      return { own, values: stage.trace(g, own, layerOf(head)) };
    });
    if (call.learning !== null) {
      const { logits, loss: labels } = values as { logits: Value; loss?: Value };
      const results = { student: { states: own, logits }, labels };
      const loss = taught === null ? labels : traceDistillation(g, taught.lesson, { ...results, teacher: taught });
      const { learning } = call;
      g.within(LEARNING_PART, () => learning.trace(g, loss as Value, parameters));
    } else for (const [name, value] of Object.entries(values)) g.output(prefix + name, value);
  }
}

/** Traces what a teacher makes of the same rows. Nothing of it is kept for gradients. */
function traceTeacher(g: Graph, { body, call, layerOf, lesson }: TeacherTrace): RowResults & { lesson: Lesson } {
  return detached(g, () =>
    g.scope("teacher", () => {
      const states = traceBody(g, body, call, TEACHER_PREFIX);
      const { logits } = g.within(HEAD_PART, () => lesson.stage.trace(g, states, layerOf(lesson.stage.head)));
      return { states, logits: logits as Value, lesson };
    }));
}

/** Traces a body, or its second half on a context that is there, and returns its last state. */
function traceBody(g: Graph, body: Body, asked: TraceCall, prefix = ""): Value {
  const { half, ordinary, overAll, plan } = asked;
  const own = bodyCall(g, asked, prefix);
  const context = half === "narrow" ? body.context(g, CONTEXT) : traceContext(g, body, { call: asked, own });
  if (ordinary) return context;
  return overAll ? body.rows(g, context) : body.narrow(g, context, { ...own, plan });
}

/** Traces what a body computes of all tokens. */
function traceContext(g: Graph, body: Body, { call, own }: { call: TraceCall; own: BodyCall }): Value {
  const context = body.encode(g, { ...own, embedded: call.embedded });
  return call.overAll ? body.ordinary(g, context, own) : context;
}

function bodyCall(g: Graph, { depth, probabilities, hiddenStates, recomputes }: TraceCall, prefix = ""): BodyCall {
  return {
    prefix,
    depth,
    probabilities,
    recomputes,
    ...(hiddenStates && { onState: (layer, state) => g.output(`hidden_states.${layer}`, state) }),
    ...(probabilities === "output" && { onAttention: (layer, value) => g.output(`attentions.${layer}`, value) }),
  };
}

/** A key of how the body is traced, for the cache of programs. */
export function traceKey(call: TraceCall): string {
  const { half, ordinary, overAll, depth, plan, probabilities, embedded, hiddenStates, learning, drops, recomputes } =
    call;
  const layers = depth === undefined ? "all" : [depth.full, depth.narrow];
  const form = plan.form === "absorbed" ? "absorbed" : plan.together;
  const learns = learning === null ? null : identityOf(learning);
  return [half, ordinary, overAll, layers, form, probabilities, embedded, hiddenStates, learns, drops, recomputes]
    .join();
}

/** A key of how a teacher is traced, and of what is learned from it. */
export function teacherKey({ body, call, lesson: { stage, comparison, states } }: TeacherTrace): string {
  return [identityOf(body), traceKey(call), identityOf(stage), comparison, states].join();
}
