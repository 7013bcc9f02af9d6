/** The table of word embeddings, which is the decoder of a masked language model too. */

import type { Graph } from "../graph/graph.ts";
import { linear } from "../graph/ops/products/linear.ts";
import { linearSlices } from "../graph/ops/products/linear_slices.ts";
import { gatherWords } from "../graph/ops/rows/gather_words.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** Word embeddings `[V, H]`: one matrix, or slices of the rows if no buffer holds them all. */
export class WordTable {
  readonly #slices: readonly Parameter[];

  /** Declares the table. */
  constructor(parameters: ParameterSet, name: string, [rows, columns]: readonly [rows: number, columns: number]) {
    this.#slices = parameters.words(name, rows, columns);
  }

  /** The whole table; null if it is in slices. */
  whole(g: Graph): Value | null {
    const [first, ...others] = this.#values(g);
    return others.length === 0 ? first as Value : null;
  }

  /** The embedding of each token's word, `[T, H]`, if the table is in slices; the call is that of `gatherWords`. */
  gather(g: Graph, call: Omit<Parameters<typeof gatherWords>[1], "slices">): Value {
    return gatherWords(g, { ...call, slices: this.#values(g) });
  }

  /** Logits `[…, V]` of the states `x`. */
  decode(g: Graph, call: { label: string; x: Value; bias: Value }): Value {
    const whole = this.whole(g);
    return whole === null
      ? linearSlices(g, { ...call, slices: this.#values(g) })
      : linear(g, { ...call, weight: whole, transposed: true });
  }

  #values(g: Graph): Value[] {
    return this.#slices.map((slice) => g.parameter(slice));
  }
}
