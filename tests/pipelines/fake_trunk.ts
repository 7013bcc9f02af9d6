/** A trunk over a fake model that takes padded batches, as the model classes do. */

import type { Tensor } from "../../src/base/tensor.ts";
import type { ReadoutAnswer } from "../../src/heads/readouts/readout.ts";
import { definitionOf } from "../../src/heads/readouts/definition.ts";
import { targetWords, type TargetWordsAsk } from "../../src/heads/readouts/words.ts";
import type { Query } from "../../src/heads/trunk/query.ts";
import type { AnsweringModel } from "../../src/pipelines/engine/task.ts";

/** What a fake model may have of a model class; what a test does not reach may be missing. */
export interface PaddedModel {
  forward?(inputs: object): Promise<{ logits?: Tensor; last_hidden_state?: Tensor }>;
  top_k?(inputs: object, k: number): Promise<{ indices: Tensor; scores: Tensor }>;
  log_probabilities?(inputs: object): Promise<{ log_probabilities: Tensor }>;
  mean_pooling?(inputs: object): Promise<Tensor>;
}

/** A query as the tests' fakes see it. */
interface Asked {
  input_ids: number[];
  token_type_ids: number[];
  attention_mask: number[];
  positions: number[];
  ask: { positions?: number[]; top_k?: number; words?: number[]; targets?: number[] };
}

const pad = (rows: number[][], filling = 0) => {
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  return rows.map((row) => [...row, ...new Array(longest - row.length).fill(filling)]);
};

/** The rows of a tensor `[items, rows, …]` that are each item's own, and no padding. */
function ragged({ data, dims }: Tensor, asked: readonly Asked[]): ReadoutAnswer[] {
  const size = dims.slice(1).reduce((a, b) => a * b, 1);
  const columns = dims.slice(2).reduce((a, b) => a * b, 1);
  return asked.map(({ positions }, i) => {
    const count = dims.length > 2 ? positions.length * columns : size;
    return { values: data.slice(i * size, i * size + count) as Float32Array };
  });
}

/** A trunk whose answers are those of a fake model's methods. */
export function trunkOver(model: PaddedModel): AnsweringModel["trunk"] {
  return {
    async answer(queries: readonly Query[]) {
      const name = Object.keys(queries[0]!.ask)[0]!;
      const asked = queries.map(({ tokens, ask }): Asked => {
        const ids = Array.from(tokens.input_ids);
        const options = ask[name] as Asked["ask"];
        return {
          input_ids: ids,
          token_type_ids: Array.from(tokens.token_type_ids ?? ids.map(() => 0)),
          attention_mask: ids.map(() => 1),
          positions: options.positions ?? ids.map((_, i) => i),
          ask: options,
        };
      });
      const inputs = {
        input_ids: pad(asked.map(({ input_ids }) => input_ids)),
        token_type_ids: pad(asked.map(({ token_type_ids }) => token_type_ids)),
        attention_mask: pad(asked.map(({ attention_mask }) => attention_mask)),
      };
      const narrow_mask = () =>
        pad(asked.map(({ input_ids, positions }) => input_ids.map((_, i) => Number(positions.includes(i)))));
      const answers = await answersOf(model, name, { asked, inputs, narrow_mask });
      return answers.map((answer) => ({ [name]: answer }));
    },
  };
}

async function answersOf(
  model: PaddedModel,
  name: string,
  { asked, inputs, narrow_mask }: {
    asked: readonly Asked[];
    inputs: Record<"input_ids" | "token_type_ids" | "attention_mask", number[][]>;
    narrow_mask: () => number[][];
  },
): Promise<ReadoutAnswer[]> {
  switch (name) {
    case "label_logits":
      return ragged((await model.forward!(inputs)).logits!, asked);
    case "choice_logit": {
      const nested = Object.fromEntries(Object.entries(inputs).map(([key, rows]) => [key, rows.map((row) => [row])]));
      return ragged((await model.forward!(nested)).logits!, asked);
    }
    case "mean_state":
      return ragged(await model.mean_pooling!(inputs), asked);
    case "states":
      return ragged((await model.forward!({ ...inputs, narrow_mask: narrow_mask() })).last_hidden_state!, asked);
    case "word_logits":
    case "token_logits":
      return ragged((await model.forward!({ ...inputs, narrow_mask: narrow_mask() })).logits!, asked);
    case "word_probabilities": {
      const labels = asked.map(({ input_ids, positions, ask }) =>
        input_ids.map((_, i) => positions.includes(i) ? ask.words![positions.indexOf(i)]! : -100)
      );
      const { log_probabilities } = await model.log_probabilities!({ ...inputs, labels: pad(labels, -100) });
      return ragged(log_probabilities, asked);
    }
    case "target_words": {
      const { logits } = await model.forward!({ ...inputs, narrow_mask: narrow_mask() });
      const { dims: [, rows = 0, columns = 0] } = logits!;
      return asked.map(({ positions, ask }, i) => {
        const range = { first: i * rows, count: positions.length, question: i };
        return definitionOf(targetWords).answer(
          () => ({ data: logits!.data as Float32Array, dims: [0, columns] }),
          range,
          { ...ask, positions } as TargetWordsAsk,
        );
      });
    }
    case "top_words": {
      const best = await model.top_k!({ ...inputs, narrow_mask: narrow_mask() }, asked[0]!.ask.top_k!);
      const words = ragged(best.indices, asked);
      return ragged(best.scores, asked).map((answer, i) => ({ ...answer, words: words[i]!.values }));
    }
  }
  throw new Error(`there is no fake of ${name}`);
}
