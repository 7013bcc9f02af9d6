/** Self-attention of a full layer: every token is a query. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { attention } from "../graph/ops/attention/attention.ts";
import { linear } from "../graph/ops/products/linear.ts";
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
import { addResidual } from "./dropout.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** Queries, keys and values from one product, attention, output projection, residual, LayerNorm. */
export class FullAttention {
  readonly #path: string;
  readonly #shape: AttentionShape;
  readonly #weight: Parameter;
  readonly #bias: Parameter;
  readonly #distances: Distances | null;
  readonly #output: AttentionOutput;

  /** Declares `<path>.self` and `<path>.output`. */
  constructor(parameters: ParameterSet, path: string, shape: AttentionShape) {
    this.#path = path;
    this.#shape = shape;
    const inner = innerWidth(shape);
    const columns = 3 * inner;
    const parts = ["query", "key", "value"].map((name, i) =>
      projectionParts(`${path}.self.${name}`, shape, { column: i * inner, columns })
    );
    this.#weight = parameters.weight(`${path}.self.qkv.weight`, [shape.width, columns], parts.map((p) => p.weight));
    this.#bias = parameters.declare(`${path}.self.qkv.bias`, [1, columns], parts.map((p) => p.bias));
    this.#distances = Distances.declare(parameters, `${path}.self`, shape);
    this.#output = new AttentionOutput(parameters, `${path}.output`, shape);
  }

  /** `[T, H]` to `[T, H]`. */
  apply(g: Graph, x: Value, { rows, headScale, probabilities: storage }: AttentionOptions): AttentionResult {
    const { heads, headSize: trueSize } = this.#shape;
    const headSize = paddedHeadSize(this.#shape);
    const inner = innerWidth(this.#shape);
    const path = this.#path;
    const weight = g.parameter(this.#weight);
    const qkv = linear(g, { label: `${path}.self.qkv`, x, weight, bias: g.parameter(this.#bias) });
    const at = (i: number) => ({ value: qkv, offset: i * inner, distance: headSize });
    const call = {
      label: `${path}.self`,
      rows,
      heads,
      headSize,
      scale: 1 / Math.sqrt(trueSize),
      q: at(0),
      k: at(1),
      v: at(2),
      headScale,
      relative: this.#distances?.apply(g) ?? null,
    };
    const { out: attended, probabilities } = attention(g, call, {
      slot: "attention_full",
      probabilities: storage,
    });
    return { state: applyOutput(g, this.#output, `${path}.output.dense`, attended, x), probabilities };
  }
}

/** `LayerNorm(dropout(attended W + b) + residual)`. */
export function applyOutput(g: Graph, output: AttentionOutput, label: string, attended: Value, residual: Value): Value {
  const weight = g.parameter(output.weight);
  const bias = g.parameter(output.bias);
  const dense = addResidual(g, { label: `${label}.dropout`, residual }, (added) => {
    return linear(g, { label, x: attended, weight, bias, ...added });
  });
  return output.norm.apply(g, dense);
}
