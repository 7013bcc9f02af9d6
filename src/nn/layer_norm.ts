/** Layer normalisation. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { layerNorm } from "../graph/ops/rows/layer_norm.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** LayerNorm over the last dimension, of width H. */
export class LayerNorm {
  readonly #path: string;
  readonly #eps: number;
  /** Scale `[H]`. */
  readonly weight: Parameter;
  /** Shift `[H]`. */
  readonly bias: Parameter;

  /** Declares `<path>.weight` and `<path>.bias`. */
  constructor(parameters: ParameterSet, path: string, { width, eps }: { width: number; eps: number }) {
    this.#path = path;
    this.#eps = eps;
    this.weight = parameters.vector(`${path}.weight`, width);
    this.bias = parameters.vector(`${path}.bias`, width);
  }

  /** Normalises the rows of `x`. */
  apply(g: Graph, x: Value): Value {
    const { weight, bias } = this;
    return layerNorm(g, {
      label: this.#path,
      x,
      weight: g.parameter(weight),
      bias: g.parameter(bias),
      eps: this.#eps,
    });
  }
}
