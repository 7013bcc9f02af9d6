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
import { addResidual, attentionDropout } from "./dropout.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** Some of the projections to queries, keys and values in one matrix. */
interface Projections {
  readonly path: string;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/** Queries, keys and values from one product, attention, output projection, residual, LayerNorm. */
export class FullAttention {
  readonly #path: string;
  readonly #shape: AttentionShape;
  /** All projections side by side; or each by itself if one buffer does not hold them all. */
  readonly #projections: readonly Projections[];
  readonly #distances: Distances | null;
  readonly #output: AttentionOutput;

  /** Declares `<path>.self` and `<path>.output`. */
  constructor(parameters: ParameterSet, path: string, shape: AttentionShape) {
    this.#path = path;
    this.#shape = shape;
    const [names, inner] = [["query", "key", "value"], innerWidth(shape)];
    const declare = (name: string, names: readonly string[]): Projections => {
      const columns = names.length * inner;
      const parts = names.map((name, i) =>
        projectionParts(`${path}.self.${name}`, shape, { column: i * inner, columns })
      );
      return {
        path: `${path}.self.${name}`,
        weight: parameters.weight(`${path}.self.${name}.weight`, [shape.width, columns], parts.map((p) => p.weight)),
        bias: parameters.declare(`${path}.self.${name}.bias`, [1, columns], parts.map((p) => p.bias)),
      };
    };
    this.#projections = parameters.fits([shape.width, 3 * inner])
      ? [declare("qkv", names)]
      : names.map((name) => declare(name, [name]));
    this.#distances = Distances.declare(parameters, `${path}.self`, shape);
    this.#output = new AttentionOutput(parameters, `${path}.output`, shape);
  }

  /** `[T, H]` to `[T, H]`. */
  apply(g: Graph, x: Value, { rows, headScale, probabilities: storage }: AttentionOptions): AttentionResult {
    const { heads, headSize: trueSize } = this.#shape;
    const headSize = paddedHeadSize(this.#shape);
    const inner = innerWidth(this.#shape);
    const path = this.#path;
    const projected = this.#projections.map(({ path, weight, bias }) =>
      linear(g, { label: path, x, weight: g.parameter(weight), bias: g.parameter(bias) })
    );
    const at = (i: number) => {
      const [value, offset] = projected.length === 1 ? [projected[0], i * inner] : [projected[i], 0];
      return { value: value as Value, offset, distance: headSize };
    };
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
      ...attentionDropout(g, `${path}.self`),
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
