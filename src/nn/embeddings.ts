/** Word, position and token type embeddings. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { embeddings } from "../graph/ops/rows/embeddings.ts";
import { LayerNorm } from "./layer_norm.ts";
import { dropped } from "./dropout.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";
import { WordTable } from "./word_table.ts";

/** Sizes of the tables. */
export interface EmbeddingSizes {
  vocabulary: number;
  positions: number;
  types: number;
  width: number;
  eps: number;
  /** Whether position embeddings are added; models with relative positions have a table that is not used. */
  addPositions: boolean;
}

/** BERT's embeddings: the sum of three tables, normalised. */
export class Embeddings {
  /** Word embeddings `[V, H]`, which a tied decoder shares. */
  readonly words: WordTable;
  readonly #path: string;
  readonly #sizes: EmbeddingSizes;
  readonly #positions: Parameter;
  readonly #types: Parameter;
  readonly #norm: LayerNorm;

  /** Declares the tables under `path`. */
  constructor(parameters: ParameterSet, path: string, sizes: EmbeddingSizes) {
    const { vocabulary, positions, types, width, eps } = sizes;
    this.#path = path;
    this.#sizes = sizes;
    this.words = new WordTable(parameters, `${path}.word_embeddings.weight`, [vocabulary, width]);
    this.#positions = parameters.table(`${path}.position_embeddings.weight`, positions, width);
    this.#types = parameters.table(`${path}.token_type_embeddings.weight`, types, width);
    this.#norm = new LayerNorm(parameters, `${path}.LayerNorm`, { width, eps });
  }

  /**
   * The embedding output `[T, H]`.
   *
   * @param tokens `u32 [T, 4]`: word id, type id, position id, unused.
   * @param embeds The caller's own word embeddings `[T, H]`, which replace the table.
   */
  apply(g: Graph, tokens: Value, embeds: Value | null): Value {
    const indices = g.differentiable ? this.#indices(g) : {};
    const whole = embeds === null ? this.words.whole(g) : null;
    const x = embeddings(g, {
      label: this.#path,
      tokens,
      words: whole ?? embeds ?? this.#gathered(g, tokens, indices),
      embedded: whole === null,
      positions: this.#sizes.addPositions ? g.parameter(this.#positions) : null,
      types: g.parameter(this.#types),
      weight: g.parameter(this.#norm.weight),
      bias: g.parameter(this.#norm.bias),
      eps: this.#sizes.eps,
      ...indices,
    });
    return dropped(g, "hidden", { label: `${this.#path}.dropout`, x });
  }

  /** The embeddings of the tokens' words, from a table in slices. */
  #gathered(g: Graph, tokens: Value, { wordStarts, wordOrder }: { wordStarts?: Value; wordOrder?: Value }): Value {
    const index = wordStarts && wordOrder && { wordStarts, wordOrder };
    return this.words.gather(g, { label: `${this.#path}.word_embeddings`, tokens, ...index });
  }

  /** Which tokens use each row of the tables, for their gradients: inputs that a call gives. */
  #indices(g: Graph) {
    const { vocabulary, positions, types } = this.#sizes;
    const starts = (name: string, count: number) => g.input(`${name}_starts`, "u32", [count + 1]);
    const order = (name: string) => g.input(`${name}_order`, "u32", ["T"]);
    return {
      wordStarts: starts("word", vocabulary),
      wordOrder: order("word"),
      positionStarts: starts("position", positions),
      positionOrder: order("position"),
      typeStarts: starts("type", types),
      typeOrder: order("type"),
    };
  }
}
