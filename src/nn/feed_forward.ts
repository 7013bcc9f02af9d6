/** The second half of a BERT layer. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { ActivationName } from "../kernels/rows/activation.ts";
import { addResidual } from "./dropout.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Linear } from "./linear.ts";
import type { ParameterSet } from "./parameters.ts";

/** `LayerNorm(x + dropout(W2 activation(W1 x)))`. */
export class FeedForward {
  readonly #path: string;
  readonly #activation: ActivationName;
  readonly #up: Linear;
  readonly #down: Linear;
  readonly #norm: LayerNorm;

  /** Declares `<path>.intermediate` and `<path>.output`. */
  constructor(
    parameters: ParameterSet,
    path: string,
    { width, inner, activation, eps }: { width: number; inner: number; activation: ActivationName; eps: number },
  ) {
    this.#path = `${path}.output`;
    this.#activation = activation;
    this.#up = new Linear(parameters, `${path}.intermediate.dense`, { inputs: width, outputs: inner });
    this.#down = new Linear(parameters, `${path}.output.dense`, { inputs: inner, outputs: width });
    this.#norm = new LayerNorm(parameters, `${path}.output.LayerNorm`, { width, eps });
  }

  /** `[rows, H]` to `[rows, H]`. */
  apply(g: Graph, x: Value): Value {
    const inner = this.#up.apply(g, x, { activation: this.#activation });
    const label = `${this.#path}.dropout`;
    return this.#norm.apply(g, addResidual(g, { label, residual: x }, (added) => this.#down.apply(g, inner, added)));
  }
}
