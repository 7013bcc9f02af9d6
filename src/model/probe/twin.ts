/** The layers that heads and bodies consist of in float64, on the weights of a checkpoint. */

import type { ActivationName } from "../../kernels/rows/activation.ts";
import type { Elements } from "../../nn/layout/lay_out.ts";
import type { WeightDtype } from "../../nn/layout/upload.ts";
import type { ElementSource } from "../../nn/parameters.ts";
import { activationOf, layerNorm } from "./functions.ts";
import { linear, rowOf, type Rows, zeroRows } from "./rows.ts";

/** What a twin computes with. */
export interface TwinOptions {
  /** The weights by checkpoint name, in float32. */
  weights: ElementSource;
  /** How the weights of products and of the words are kept on the GPU. */
  dtype: WeightDtype;
  /** Epsilon of the LayerNorms. */
  eps: number;
  /** Changes what every layer gives, and what LayerNorms take. Default: nothing. */
  blur?: ((x: Rows) => void) | undefined;
}

/** Layers by the names of their weights. What is read of a file is not kept. */
export class Twin {
  readonly #options: TwinOptions;

  constructor(options: TwinOptions) {
    this.#options = options;
  }

  /** The linear layer `path` of each row. */
  dense(x: Rows, path: string, outputs: number): Rows {
    return this.#given(linear(x, this.#products(`${path}.weight`), this.vector(`${path}.bias`, outputs)));
  }

  /** The products of each row with some rows of a table of `size`, and biases: columns of a large linear layer. */
  columns(
    x: Rows,
    { weight, bias, size, index }: { weight: string; bias: string; size: number; index: readonly number[] },
  ): Rows {
    const table = this.words(weight, index, x.columns);
    const biases = this.vector(bias, size);
    return this.#given(linear(x, Float32Array.from(table.data), index.map((n) => biases[n]!)));
  }

  /** The LayerNorm `path` of each row. */
  norm(x: Rows, path: string): Rows {
    this.#given(x); // what a sum loses by rounding, a LayerNorm of an almost constant row makes large
    const [weight, bias] = [this.vector(`${path}.weight`, x.columns), this.vector(`${path}.bias`, x.columns)];
    for (let r = 0; r < x.count; r++) layerNorm(rowOf(x, r), { weight, bias, eps: this.#options.eps });
    return this.#given(x);
  }

  /** An activation of each element. */
  activated(x: Rows, name: ActivationName): Rows {
    const { count, columns, data } = x;
    return { count, columns, data: data.map(activationOf(name)) };
  }

  /** Rows of a table that is kept as weights of products are. */
  words(name: string, index: readonly number[], columns: number): Rows {
    return this.#gathered(this.#products(name), index, columns);
  }

  /** Rows of a table that is kept in 32 bits. */
  table(name: string, index: readonly number[], columns: number): Rows {
    return this.#gathered(this.#elements(name), index, columns);
  }

  /** All elements of a small weight. */
  vector(name: string, length: number): Float32Array {
    return this.#elements(name).subarray(0, length).slice();
  }

  #gathered(elements: Elements, index: readonly number[], columns: number): Rows {
    const rows = zeroRows(index.length, columns);
    index.forEach((from, to) => {
      rows.data.set(elements.subarray(from * columns, (from + 1) * columns), to * columns);
    });
    return rows;
  }

  #given(x: Rows): Rows {
    this.#options.blur?.(x);
    return x;
  }

  #elements(name: string): Elements {
    return this.#options.weights.get(name);
  }

  /** Weights of products, rounded as they are on the GPU. */
  #products(name: string): Elements {
    const elements = this.#elements(name);
    if (this.#options.dtype === "f32") return elements;
    return { subarray: (begin, end) => new Float32Array(new Float16Array(elements.subarray(begin, end))) };
  }
}
