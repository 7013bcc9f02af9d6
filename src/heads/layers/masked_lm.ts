/** The prediction head of a masked language model: a transform, then the word embeddings, or weights of its own, as decoder. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { softmax } from "../../graph/ops/rows/softmax.ts";
import { topK } from "../../graph/ops/rows/top_k.ts";
import type { Dim } from "../../graph/shape.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Head, HeadParts } from "../../model/head.ts";
import { DECODER, WORD_EMBEDDINGS } from "../../model/weights/published_names.ts";
import { LayerNorm } from "../../nn/layer_norm.ts";
import { Linear } from "../../nn/linear.ts";
import type { Parameter, ParameterSet } from "../../nn/parameters.ts";
import { WordTable } from "../../nn/word_table.ts";

const PREFIX = "cls.predictions";

/** Rows `[rows, H]` to logits of words. */
export class MaskedLMHead {
  readonly #transform: Linear;
  readonly #norm: LayerNorm;
  readonly #words: WordTable;
  readonly #bias: Parameter;
  readonly #config: NarrowBertConfig;

  /** Declares `cls.predictions`; its decoder is the body's word embeddings if they are tied. */
  constructor(parameters: ParameterSet, { body, config }: HeadParts) {
    const { hidden_size: width, layer_norm_eps: eps, vocab_size } = config;
    this.#transform = new Linear(parameters, `${PREFIX}.transform.dense`, { inputs: width, outputs: width });
    this.#norm = new LayerNorm(parameters, `${PREFIX}.transform.LayerNorm`, { width, eps });
    this.#words = config.tie_word_embeddings
      ? body.embeddings.words
      : new WordTable(parameters, DECODER, [vocab_size, width]);
    this.#bias = parameters.vector(`${PREFIX}.bias`, vocab_size);
    this.#config = config;
  }

  /** Logits `[rows, V]`. */
  apply(g: Graph, rows: Value): Value {
    const transformed = this.#transform.apply(g, rows, { activation: this.#config.hidden_act });
    const [x, bias] = [this.#norm.apply(g, transformed), g.parameter(this.#bias)];
    return this.#words.decode(g, { label: `${PREFIX}.decoder`, x, bias });
  }
}

/** The `k` likeliest words of each row of logits `[rows, V]`: their ids and probabilities `[rows, k]`. */
export function traceTopWords(g: Graph, logits: Value, k: Dim): { indices: Value; scores: Value } {
  const probabilities = softmax(g, { label: "probabilities", x: logits });
  const { indices, values } = topK(g, { label: "top_k", x: probabilities, k });
  return { indices, scores: values };
}

/** Words whose logits a probe compares. */
const PROBED_WORDS = 24;

/** At most so many numbers below a size, evenly spread, the first and the last among them. */
function spread(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => Math.round(i * (size - 1) / Math.max(1, count - 1)));
}

/** Scores of each word. `BertForPreTraining` has this head too; its next-sentence classifier is not read. */
export const MASKED_LM: Head<MaskedLMHead> = {
  name: "masked_lm",
  classes: ["ForPreTraining", "ForMaskedLM"],
  pooling: false,
  prefix: PREFIX,
  declare: (parameters, parts) => new MaskedLMHead(parameters, parts),
  probe: {
    trace: (g, rows, head) => head.apply(g, rows),
    twin(twin, rows, { config: { hidden_size: width, hidden_act, vocab_size, tie_word_embeddings } }) {
      const dense = twin.activated(twin.dense(rows, `${PREFIX}.transform.dense`, width), hidden_act);
      const x = twin.norm(dense, `${PREFIX}.transform.LayerNorm`);
      const columns = spread(vocab_size, PROBED_WORDS);
      const weight = tie_word_embeddings ? WORD_EMBEDDINGS : DECODER;
      const decoder = { weight, bias: `${PREFIX}.bias`, size: vocab_size, index: columns };
      return { rows: twin.columns(x, decoder), columns };
    },
  },
};
