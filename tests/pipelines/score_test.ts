import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertForMaskedLM } from "../../src/heads/masked_lm.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { createScore } from "../../src/pipelines/tasks/score.ts";
import { trunkOver } from "./fake_trunk.ts";
import { SHIPPED_MLM, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();

/** A pipeline over a model that gives a word the log-probability of minus its id. */
function scoring() {
  const calls: { input_ids: number[][]; labels: number[][] }[] = [];
  const model = {
    config: new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 96 }),
    log_probabilities(inputs: object) {
      const { input_ids, labels } = inputs as typeof calls[0];
      calls.push({ input_ids, labels });
      const numbers = labels.map((row) => -row.find((label) => label > -100)!);
      return Promise.resolve({
        log_probabilities: new Tensor("float32", numbers, [numbers.length, 1]),
        narrow_positions: new Tensor("int32", numbers.map(() => 0), [numbers.length, 1]),
      });
    },
    dispose() {},
  };
  return { calls, score: createScore({ model: { ...model, trunk: trunkOver(model) }, tokenizer }) };
}

Deno.test("each token is masked in turn, in copies of one batch, and has the score of its own label", async () => {
  const { score, calls } = scoring();
  assert.deepEqual(await score("person horse"), {
    score: -(340 + 1484),
    tokens: [
      { index: 1, token: 340, token_str: "person", score: -340 },
      { index: 2, token: 1484, token_str: "horse", score: -1484 },
    ],
  });
  assert.deepEqual(calls, [{
    input_ids: [[2, 4, 1484, 3], [2, 340, 4, 3]],
    labels: [[-100, 340, -100, -100], [-100, -100, 1484, -100]],
  }]);
});

Deno.test("special tokens have no score; a text of nothing else is refused", async () => {
  const { score, calls } = scoring();
  const { tokens } = await score("person [MASK] horse");
  assert.deepEqual(tokens.map(({ index }) => index), [1, 3]);
  const message = 'Cannot score text 2 of 2: it must hold a word that is no special token, got "[MASK]"';
  await assert.rejects(() => score(["person", "[MASK]"]), new InputError(message));
  await assert.rejects(() => score(""), new InputError('Cannot score the text: it must hold a word, got ""'));
  await assert.rejects(() => score(7 as unknown as string), TypeError);
  assert.equal(calls.length, 1);
});

Deno.test("a list is one batch, or several that are bounded", async () => {
  const { score, calls } = scoring();
  const answers = await score(["person", "person horse"]);
  assert.deepEqual(answers.map(({ tokens }) => tokens.length), [1, 2]);
  assert.equal(calls.length, 1);
  const long = await score("person ".repeat(90));
  assert.equal(long.tokens.length, 90);
  assert(calls.length > 2, `${calls.length} batches`);
});

Deno.test("the shipped model's log-probabilities are those of its logits", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(SHIPPED_MLM);
  const score = createScore({ model, tokenizer });
  const text = "the wife of a king";
  const { tokens } = await score(text);
  const ids = tokenizer.encode(text);
  for (const { index, token, score: own } of tokens) {
    const labels = ids.map((id, at) => at === index ? id : -100);
    const { loss, logits } = await model.forward({ input_ids: [ids.with(index, 4)], labels: [labels] });
    assert(Math.abs(own + loss!.item()) < 1e-5);
    const row = (logits.tolist() as number[][][])[0]![0]!;
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    assert(Math.abs(own - (row[token]! - total)) < 1e-4);
  }
});

Deno.test("the shipped model finds a sentence likelier than its words in disorder", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(SHIPPED_MLM);
  const [sentence, disorder] = await createScore({ model, tokenizer })(["the wife of a king", "wife a king the of"]);
  assert(sentence!.score > disorder!.score + 5, `${sentence!.score} and ${disorder!.score}`);
});

Deno.test("log_probabilities gives a row for each label, and refuses inputs without labels", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(SHIPPED_MLM);
  const { log_probabilities, narrow_positions } = await model.log_probabilities({
    input_ids: [[2, 4, 340, 3], [2, 4, 4, 3], [2, 340, 3, 0]],
    attention_mask: [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]],
    labels: [[-100, 340, -100, -100], [-100, 340, 1484, -100], [-100, -100, -100, -100]],
  });
  assert.deepEqual(log_probabilities.dims, [3, 2]);
  assert.deepEqual(narrow_positions.tolist(), [[1, -1], [1, 2], [-1, -1]]);
  const numbers = log_probabilities.tolist() as number[][];
  assert(numbers[0]![0]! < 0 && numbers[1]![0]! < 0 && numbers[1]![1]! < 0);
  assert.deepEqual([numbers[0]![1], ...numbers[2]!], [0, 0, 0]);
  await assert.rejects(
    () => model.log_probabilities({ input_ids: [[2, 4, 3]] }),
    new InputError("Cannot compute log-probabilities: labels must be given"),
  );
});
