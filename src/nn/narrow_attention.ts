/**
 * Attention of a narrow layer: the narrow rows are the queries, the context gives keys and values.
 *
 * Keys and values are the layer's own projections of a context that all narrow layers share. If there are many rows,
 * one product projects the keys and values of all narrow layers, or of as many as memory allows (*projected*). If there
 * are few, the key projection is applied to the queries, and the value projection to the weighted sum: so the heads
 * attend to the context itself (*absorbed*):
 *
 *     scores = q (C W_k + b_k)^T = (q W_k^T) C^T + const       the constant cancels in the softmax
 *     P (C W_v + b_v)            = (P C) W_v + (sum of P) b_v
 */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { attention, type ProbabilityStorage } from "../graph/ops/attention/attention.ts";
import { linear } from "../graph/ops/products/linear.ts";
import { matmul } from "../graph/ops/products/matmul.ts";
import type { Dim } from "../graph/shape.ts";
import { pitch } from "../kernels/kernel.ts";
import {
  type AttentionOptions,
  AttentionOutput,
  type AttentionResult,
  type AttentionShape,
  Distances,
  innerWidth,
  paddedHeadSize,
  projectionParts,
} from "./attention_shape.ts";
import type { ContextProjection, ProjectedContext } from "./context_projection.ts";
import { attentionDropout } from "./dropout.ts";
import { applyOutput } from "./full_attention.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** The two forms of narrow attention, equal up to rounding. */
export type NarrowForm = "absorbed" | "projected";

/** How a call computes its narrow layers. One product projects the keys and values of `together` layers. */
export type NarrowPlan = { readonly form: "absorbed" } | { readonly form: "projected"; readonly together: number };

/** The keys and values of a narrow layer. */
export interface NarrowContext {
  /** The context `[T, H]`: the last full layer's output, or the running state in the ordinary mode. */
  context: Value;
  /** Its projected keys and values; null in the absorbed form. */
  projected: ProjectedContext | null;
}

/** The attention of one narrow layer. */
export class NarrowAttention {
  readonly #path: string;
  readonly #shape: AttentionShape;
  readonly #layer: number;
  readonly #projection: ContextProjection;
  readonly #query: { weight: Parameter; bias: Parameter };
  readonly #distances: Distances | null;
  readonly #output: AttentionOutput;

  /**
   * Declares the query projection and the output; keys and values belong to the {@linkcode ContextProjection}.
   *
   * @param layer The layer's number among the narrow ones.
   */
  constructor(
    parameters: ParameterSet,
    { path, shape }: { path: string; shape: AttentionShape },
    { projection, layer }: { projection: ContextProjection; layer: number },
  ) {
    this.#path = path;
    this.#shape = shape;
    this.#layer = layer;
    this.#projection = projection;
    const columns = innerWidth(shape);
    const { weight, bias } = projectionParts(`${path}.self.query`, shape, { column: 0, columns });
    this.#query = {
      weight: parameters.weight(weight.name, [shape.width, columns], [weight]),
      bias: parameters.declare(bias.name, [1, columns], [bias]),
    };
    this.#distances = Distances.declare(parameters, `${path}.self`, shape);
    this.#output = new AttentionOutput(parameters, `${path}.output`, shape);
  }

  /** `[R, H]` to `[R, H]`. */
  apply(g: Graph, x: Value, options: AttentionOptions & { narrow: NarrowContext }): AttentionResult {
    const { rows, headScale, narrow, probabilities: storage } = options;
    const weight = g.parameter(this.#query.weight);
    const query = linear(g, { label: `${this.#path}.self.query`, x, weight, bias: g.parameter(this.#query.bias) });
    const call = {
      label: `${this.#path}.self`,
      rows,
      heads: this.#shape.heads,
      scale: 1 / Math.sqrt(this.#shape.headSize),
      headScale,
      relative: this.#distances?.apply(g) ?? null,
      ...attentionDropout(g, `${this.#path}.self`),
    };
    const { attended, probabilities } = narrow.projected === null
      ? this.#absorbed(g, query, call, { context: narrow.context, storage })
      : this.#projected(g, query, call, { ...narrow.projected, storage });
    const state = applyOutput(g, this.#output, `${this.#path}.output.dense`, attended, x);
    return { state, probabilities };
  }

  /** The attention of an ordinary layer: keys and values from the running state `[T, H]` itself. */
  applyOrdinary(g: Graph, x: Value, options: AttentionOptions): AttentionResult {
    const of = this.#projection.project(g, x, { first: this.#layer, count: 1 });
    const projected: ProjectedContext = { ...of(this.#layer), slot: "attention_full" };
    return this.apply(g, x, { ...options, narrow: { context: x, projected } });
  }

  #projected(
    g: Graph,
    query: Value,
    call: NarrowCall,
    { keys, values, slot, storage }: ProjectedContext & { storage: ProbabilityStorage },
  ): { attended: Value; probabilities: Value | null } {
    const headSize = paddedHeadSize(this.#shape);
    const q = { value: query, distance: headSize };
    const k = { ...keys, distance: headSize };
    const v = { ...values, distance: headSize };
    const asked = { ...call, headSize, q, k, v };
    const { out: attended, probabilities } = attention(g, asked, { slot, probabilities: storage });
    return { attended, probabilities };
  }

  #absorbed(
    g: Graph,
    query: Value,
    call: NarrowCall,
    { context, storage }: { context: Value; storage: ProbabilityStorage },
  ): { attended: Value; probabilities: Value | null } {
    const { heads, label } = call;
    const width = this.#shape.width;
    const headSize = paddedHeadSize(this.#shape);
    const contextWidth = pitch(width);
    const shared = { value: context, distance: 0 };
    const { key, value } = this.#projection.parameters(g, this.#layer);
    const queryRows = query.shape[0] as Dim;

    // q W_k^T: each head's query becomes a query of width H to the context itself.
    const expanded = matmul(g, {
      label: `${label}.absorb_key`,
      a: { value: query, batch: headSize },
      b: { value: key.weight, offset: key.offset, batch: headSize, transposed: true },
      m: queryRows,
      n: width,
      k: headSize,
      batch: heads,
      out: { shape: [queryRows, heads, width], stride: heads * contextWidth, batch: contextWidth },
    });
    const { out: weighted, sums, probabilities } = attention(g, {
      ...call,
      headSize: contextWidth,
      q: { value: expanded, distance: contextWidth },
      k: shared,
      v: shared,
      ...(call.relative && { qRelative: { value: query, distance: headSize, size: headSize } }),
    }, { slot: "attention_absorbed", probabilities: storage });
    const attended = matmul(g, {
      label: `${label}.absorb_value`,
      a: { value: weighted, batch: contextWidth },
      b: { value: value.weight, offset: value.offset, batch: headSize },
      m: queryRows,
      n: headSize,
      k: width,
      batch: heads,
      out: { shape: [queryRows, innerWidth(this.#shape)], batch: headSize },
      bias: { value: value.bias, offset: value.offset, batch: headSize, scale: sums },
    });
    return { attended, probabilities };
  }
}

/** The part of an attention call that both forms share. */
type NarrowCall = Pick<
  Parameters<typeof attention>[1],
  "label" | "rows" | "heads" | "scale" | "headScale" | "relative" | "dropout"
>;
