/** A model of embeddings that answers from a rule. */

import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { AnsweringModel } from "../../src/pipelines/engine/task.ts";
import { trunkOver } from "./fake_trunk.ts";
import type { Call } from "./fakes.ts";

/** Numbers of a state. */
export const WIDTH = 16;

/** The state of a token: multiples of its id, less its place, so that signs and sizes differ. */
export const state = (id: number, place: number) => Array.from({ length: WIDTH }, (_, i) => (i - 7) * id / 100 - place);

/** A model without layers; it records its calls. */
export class FakeEncoder implements AnsweringModel {
  readonly trunk = trunkOver(this);
  readonly config = new NarrowBertConfig({ hidden_size: WIDTH, num_attention_heads: 2, max_position_embeddings: 96 });
  readonly calls: Call[] = [];

  forward(inputs: object) {
    const { input_ids, narrow_mask } = inputs as Required<Call>;
    this.calls.push(inputs as Call);
    const rows = input_ids.map((ids, b) => ids.map(state).filter((_, l) => narrow_mask[b]![l] === 1));
    const longest = Math.max(...rows.map(({ length }) => length));
    const padded = rows.map((row) => [...row.flat(), ...new Array((longest - row.length) * WIDTH).fill(0)]);
    const last_hidden_state = new Tensor("float32", padded.flat(), [rows.length, longest, WIDTH]);
    return Promise.resolve({ last_hidden_state });
  }

  mean_pooling(inputs: object) {
    const { input_ids, attention_mask } = inputs as Call;
    this.calls.push(inputs as Call);
    const means = input_ids.map((ids, b) => mean(ids.filter((_, l) => attention_mask[b]![l] === 1).map(state)));
    return Promise.resolve(new Tensor("float32", means.flat(), [means.length, WIDTH]));
  }

  dispose() {}
}

/** The mean of rows. */
export const mean = (rows: number[][]) =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
