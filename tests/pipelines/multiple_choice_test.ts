import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { createMultipleChoice, type Question } from "../../src/pipelines/tasks/multiple_choice.ts";
import { trunkOver } from "./fake_trunk.ts";
import { shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();

/** A pipeline over a model that likes long choices. */
function choosing() {
  const calls: number[][][][] = [];
  const model = {
    config: new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 96 }),
    forward(inputs: object) {
      const ids = (inputs as { input_ids: number[][][] }).input_ids;
      calls.push(ids);
      const logits = ids.flatMap((choices) => choices.map((row) => row.filter((id) => id !== 0).length));
      return Promise.resolve({ logits: new Tensor("float32", logits, [ids.length, ids[0]!.length]) });
    },
    dispose() {},
  };
  return { calls, choose: createMultipleChoice({ model: { ...model, trunk: trunkOver(model) }, tokenizer }) };
}

Deno.test("choices come best first, with probabilities among them", async () => {
  const { choose } = choosing();
  const answer = await choose("a horse", ["king", "king of a tree", "tree of"]);
  assert.deepEqual(answer.map(({ index, choice }) => [index, choice]), [
    [1, "king of a tree"],
    [2, "tree of"],
    [0, "king"],
  ]);
  const sum = Math.exp(4) + Math.exp(2) + Math.exp(1);
  assert(Math.abs(answer[0]!.score - Math.exp(4) / sum) < 1e-6);
});

Deno.test("questions with different numbers of choices are one batch of pairs", async () => {
  const { choose, calls } = choosing();
  const questions = [{ prompt: "horse", choices: ["king", "tree"] }, { prompt: "tree", choices: ["king of"] }];
  const answers = await choose(questions);
  assert.deepEqual(answers.map((answer) => answer.length), [2, 1]);
  assert.equal(calls.length, 1);
  const pair = (text: string, text_pair: string) => tokenizer.encode(text, { text_pair });
  assert.deepEqual(calls[0], [
    [pair("tree", "king of")],
    [[...pair("horse", "king"), 0]],
    [[...pair("horse", "tree"), 0]],
  ]);
  assert.deepEqual(await Array.fromAsync(choose.stream(questions)), answers);
  assert.deepEqual(await choose([]), []);
});

Deno.test("questions that cannot be answered are refused by name", async () => {
  const { choose, calls } = choosing();
  const good = { prompt: "horse", choices: ["king"] };
  const cases: [question: unknown, error: Error][] = [
    [
      { prompt: "horse", choices: ["king", ""] },
      new InputError('Cannot choose in question 2 of 2: choice 2 of 2 must hold a word, got ""'),
    ],
    [
      { prompt: "", choices: ["king"] },
      new InputError('Cannot choose in question 2 of 2: its prompt must hold a word, got ""'),
    ],
    [
      { prompt: "horse", choices: [] },
      new InputError("Cannot choose in question 2 of 2: its choices must name one at least, got none"),
    ],
    [{ choices: [] }, new TypeError("Cannot choose in question 2 of 2: its prompt must be a string, got undefined")],
    [
      { prompt: "horse", choices: "king" },
      new TypeError("Cannot choose in question 2 of 2: its choices must be an array of strings, got a string"),
    ],
    [null, new TypeError("Cannot choose in question 2 of 2: its prompt must be a string, got undefined")],
  ];
  for (const [question, error] of cases) {
    await assert.rejects(() => choose([good, question as Question]), error);
  }
  await assert.rejects(() => choose("horse", ["king ".repeat(100)]), /the model takes 96 tokens, got 104/);
  assert.equal(calls.length, 0);
});
