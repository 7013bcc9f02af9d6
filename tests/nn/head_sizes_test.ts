/** Attention heads of every size: kernels have limits, models must not. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertModel } from "../../mod.ts";

const INPUTS = {
  input_ids: [[1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 0, 0]],
  attention_mask: [[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0, 0]],
};
const NARROW = { ...INPUTS, narrow_mask: [[1, 0, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0]] };

function configOf(headSize: number, heads: number, positions: string): NarrowBertConfig {
  return new NarrowBertConfig({
    vocab_size: 13,
    hidden_size: heads * headSize,
    num_hidden_layers: 2,
    full_length_layers: 1,
    num_attention_heads: heads,
    intermediate_size: 8,
    max_position_embeddings: 8,
    position_embedding_type: positions,
    initializer_range: 1 / Math.sqrt(heads * headSize),
  });
}

/** Sizes on both sides of those where kernels change their way of working. */
const SIZES: [headSize: number, heads: number][] = [[1, 3], [3, 2], [64, 1], [65, 1], [128, 2], [256, 1], [257, 1], [
  516,
  1,
]];

for (const positions of ["absolute", "relative_key", "relative_key_query"]) {
  for (const [headSize, heads] of SIZES) {
    Deno.test(`${positions}: heads of size ${headSize} give the same with and without stored probabilities`, async () => {
      const config = configOf(headSize, heads, positions);
      using model = await NarrowBertModel.from_config(config, { add_pooling_layer: false, seed: 3 });
      const forms = positions === "relative_key_query" ? ["projected"] as const : ["projected", "absorbed"] as const;
      const states = [];
      for (const narrow of forms) {
        for (const output_attentions of [true, false]) {
          const { last_hidden_state, hidden_states } = await model.forward(NARROW, {
            narrow,
            output_attentions,
            output_hidden_states: true,
          });
          assert.deepEqual(last_hidden_state.dims, [2, 2, config.hidden_size]);
          states.push([...hidden_states![1]!.data, ...last_hidden_state.data].map(Number));
        }
      }
      const [stored, ...others] = states;
      for (const other of others) {
        const worst = Math.max(...other.map((value, i) => Math.abs(value - stored![i]!)));
        assert.ok(worst < 2e-5, `they differ by ${worst}`);
      }
    });
  }
}
