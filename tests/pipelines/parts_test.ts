import assert from "node:assert/strict";
import { DisposedError } from "../../src/base/errors.ts";
import { createFillMask } from "../../src/pipelines/tasks/fill_mask.ts";
import { createTextClassification } from "../../src/pipelines/tasks/text_classification.ts";
import { FakeClassifier, FakeMaskedLM, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();
const DISPOSED = new DisposedError("Cannot use this text-classification pipeline: it was disposed");

function classifying() {
  const model = new FakeClassifier({}, () => [0, 1]);
  return { model, classify: createTextClassification({ model, tokenizer }) };
}

Deno.test("a pipeline is a function by the name of its task", () => {
  const fill = createFillMask({ model: new FakeMaskedLM(), tokenizer });
  assert.deepEqual([classifying().classify.name, fill.name], ["text-classification", "fill-mask"]);
});

Deno.test("a disposed pipeline refuses calls and streams, also while others are under way", async () => {
  const { model, classify } = classifying();
  const created = classify.stream(["king"]);
  const answer = classify("king");
  classify.dispose();
  await assert.rejects(() => classify("king"), DISPOSED);
  assert.throws(() => classify.stream(["king"]), DISPOSED);
  await assert.rejects(() => created.next(), DISPOSED);
  assert.equal(model.disposed, false);
  assert.equal((await answer).length, 1);
  assert.equal(model.disposed, true);
  await assert.rejects(() => classify("king"), DISPOSED);
});

Deno.test("a stream that was begun keeps the model until its end, or until it is left", async () => {
  for (const left of [false, true]) {
    const { model, classify } = classifying();
    const answers = classify.stream(["king", "horse", "tree"], { window: 1 });
    await answers.next();
    classify.dispose();
    assert.equal((await answers.next()).value?.label, "LABEL_1");
    assert.equal(model.disposed, false);
    if (left) await answers.return!();
    else assert.equal((await Array.fromAsync(answers)).length, 1);
    assert.equal(model.disposed, true);
  }
});

Deno.test("a stream that was never begun does not keep the model", () => {
  const { model, classify } = classifying();
  classify.stream(["king"]);
  classify.dispose();
  classify.dispose();
  assert.equal(model.disposed, true);
});
