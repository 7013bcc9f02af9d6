/** A linear layer. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { linear } from "../graph/ops/products/linear.ts";
import type { ActivationName } from "../kernels/rows/activation.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** `x W + b`, its weight `[out, in]` in the checkpoint and `[in, out]` on the GPU. */
export class Linear {
  readonly #path: string;
  readonly #weight: Parameter;
  readonly #bias: Parameter;

  /** Declares `<path>.weight` and `<path>.bias`. */
  constructor(parameters: ParameterSet, path: string, { inputs, outputs }: { inputs: number; outputs: number }) {
    this.#path = path;
    this.#weight = parameters.transposed(`${path}.weight`, outputs, inputs);
    this.#bias = parameters.vector(`${path}.bias`, outputs);
  }

  /** `activation(x W + b) + residual`, `[…, in]` to `[…, out]`. */
  apply(g: Graph, x: Value, options: { activation?: ActivationName; residual?: Value } = {}): Value {
    const weight = g.parameter(this.#weight);
    return linear(g, { label: this.#path, x, weight, bias: g.parameter(this.#bias), ...options });
  }
}
