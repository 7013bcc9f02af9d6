/** The embedding of the padding word does not learn where it is looked up, as in Hugging Face's BERT. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertForSequenceClassification } from "../../mod.ts";

const CONFIG = new NarrowBertConfig({
  vocab_size: 20,
  hidden_size: 12,
  num_attention_heads: 2,
  intermediate_size: 16,
  num_hidden_layers: 2,
  full_length_layers: 1,
  max_position_embeddings: 8,
  pad_token_id: 3,
  num_labels: 2,
});
const WORDS = "narrow_bert.embeddings.word_embeddings.weight";

/** The largest size in each row of the gradient by the word embeddings. */
function rowsOf(gradient: { data: ArrayLike<number | bigint> }): number[] {
  return Array.from(
    { length: 20 },
    (_, v) => Math.max(...Array.from({ length: 12 }, (_, h) => Math.abs(Number(gradient.data[12 * v + h])))),
  );
}

Deno.test("the padding word has no gradient from where it is looked up, all other words there have", async () => {
  using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 1 });
  const { gradients } = await model.gradients({ input_ids: [[5, 3, 7]], labels: [1] }); // no mask: 3 is a key
  const rows = rowsOf(gradients.get(WORDS)! as { data: Float32Array });
  assert.equal(rows[3], 0);
  assert.ok(rows[5]! > 0 && rows[7]! > 0);
  assert.equal(rows.filter((size) => size > 0).length, 2);
});

Deno.test("it learns as a word that the decoder may predict", async () => {
  using model = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 1 });
  const { gradients } = await model.gradients({ input_ids: [[5, 3, 7]], labels: [[-100, 9, -100]] });
  assert.ok(rowsOf(gradients.get(WORDS)! as { data: Float32Array }).every((size) => size > 0));
});
