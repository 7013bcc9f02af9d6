/** Attention probabilities of whole models against plain float64 loops, for head sizes that are padded on the GPU too. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertModel, type Tensor } from "../../mod.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4, 5], [6, 7, 8, 9, 1]], narrow_mask: [[1, 0, 0, 1, 1], [0, 1, 0, 0, 1]] };
const ROWS = [[0, 3, 4], [1, 4]];
const LENGTH = 5;

for (const [heads, headSize] of [[1, 4], [1, 6], [3, 2], [2, 9], [5, 1]] as const) {
  Deno.test(`${heads} heads of size ${headSize}: probabilities are softmax(q k / sqrt(${headSize}))`, async () => {
    const config = new NarrowBertConfig({
      hidden_size: heads * headSize,
      num_attention_heads: heads,
      intermediate_size: 7,
      num_hidden_layers: 2,
      full_length_layers: 1,
      vocab_size: 11,
      max_position_embeddings: 8,
      initializer_range: 0.7,
    });
    using model = await NarrowBertModel.from_config(config, { add_pooling_layer: false, seed: 3 });
    const weights = await model.state_dict();
    for (const narrow of ["absorbed", "projected"] as const) {
      const options = { narrow, output_attentions: true, output_hidden_states: true };
      const { attentions, hidden_states } = await model.forward(INPUTS, options);
      const [embedded, context] = hidden_states as [Tensor, Tensor];
      const all = [0, 1].map(() => [0, 1, 2, 3, 4]);
      compare(attentions![0]!, { state: embedded, rows: all, path: "narrow_bert.encoder.layer.0", weights, heads });
      compare(attentions![1]!, {
        state: context,
        rows: ROWS,
        path: "narrow_bert.encoder_narrow.layer.0",
        weights,
        heads,
      });
    }
  });
}

/** Compares `[B, A, rows, L]` with what the layer's query and key weights give for a state `[B, L, H]`. */
function compare(
  found: Tensor,
  { state, rows, path, weights, heads }: {
    state: Tensor;
    rows: readonly (readonly number[])[];
    path: string;
    weights: ReadonlyMap<string, Tensor>;
    heads: number;
  },
): void {
  const width = state.dims[2]!;
  const headSize = width / heads;
  const project = (name: string, b: number, l: number, head: number): number[] => {
    const weight = weights.get(`${path}.attention.self.${name}.weight`)!.data as Float32Array;
    const bias = weights.get(`${path}.attention.self.${name}.bias`)!.data as Float32Array;
    const x = (state.data as Float32Array).subarray((b * LENGTH + l) * width, (b * LENGTH + l + 1) * width);
    return Array.from({ length: headSize }, (_, d) => {
      const out = head * headSize + d;
      return x.reduce((sum, value, h) => sum + value * weight[out * width + h]!, bias[out]!);
    });
  };
  const probabilities = found.tolist() as number[][][][];
  rows.forEach((positions, b) => {
    for (let head = 0; head < heads; head++) {
      positions.forEach((position, row) => {
        const q = project("query", b, position, head);
        const scores = Array.from({ length: LENGTH }, (_, j) => {
          const k = project("key", b, j, head);
          return q.reduce((sum, value, d) => sum + value * k[d]!, 0) / Math.sqrt(headSize);
        });
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        scores.forEach((score, j) => {
          const expected = Math.exp(score) / total;
          const got = probabilities[b]![head]![row]![j]!;
          assert.ok(Math.abs(got - expected) < 1e-5, `[${b}][${head}][${row}][${j}]: expected ${expected}, got ${got}`);
        });
      });
    }
  });
}
