import assert from "node:assert/strict";
import { ConfigError, InputError } from "../../src/base/errors.ts";
import { createZeroShotClassification } from "../../src/pipelines/tasks/zero_shot_classification.ts";
import { FakeClassifier, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();
const NLI = { id2label: { 0: "contradiction", 1: "neutral", 2: "Entailment" } };

/** A pipeline over a model that finds a pair as entailed as it is long, and contradicted by half of that. */
function sorting(config: Record<string, unknown> = NLI) {
  const model = new FakeClassifier(config, (ids) => {
    const length = ids.filter((id) => id !== 0).length;
    return [length / 2, 100, length];
  });
  return { model, sort: createZeroShotClassification({ model, tokenizer }) };
}

Deno.test("labels come best first, with scores that add up to 1", async () => {
  const { sort } = sorting();
  const { sequence, labels, scores } = await sort("a horse", ["king", "king of a tree", "tree of"]);
  assert.equal(sequence, "a horse");
  assert.deepEqual(labels, ["king of a tree", "tree of", "king"]);
  const powers = [4, 2, 1].map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  scores.forEach((score, i) => assert(Math.abs(score - powers[i]! / sum) < 1e-12));
});

Deno.test("several labels, and a single one, are each held against their contradiction", async () => {
  const { sort, model } = sorting();
  const { scores } = await sort("a horse", ["king"], { hypothesis_template: "{}" });
  const length = model.calls[0]!.input_ids[0]!.length;
  assert(Math.abs(scores[0]! - 1 / (1 + Math.exp(-length / 2))) < 1e-12);
  const several = await sort("a horse", ["king", "tree"], { hypothesis_template: "{}", multi_label: true });
  assert.deepEqual(several.scores, [scores[0], scores[0]]);
});

Deno.test("all pairs of texts and labels are one batch; the template holds the label", async () => {
  const { sort, model } = sorting();
  const options = { hypothesis_template: "person {}" };
  const answers = await sort(["horse", "tree"], " king ,of", options);
  assert.deepEqual(answers.map(({ sequence, labels }) => [sequence, labels]), [
    ["horse", ["king", "of"]],
    ["tree", ["king", "of"]],
  ]);
  assert.equal(model.calls.length, 1);
  const ids = (text: string, text_pair: string) => tokenizer.encode(text, { text_pair });
  assert.deepEqual(model.calls[0]!.input_ids, [
    ids("horse", "person king"),
    ids("horse", "person of"),
    ids("tree", "person king"),
    ids("tree", "person of"),
  ]);
  await sort("horse", ["$& king"]);
  assert.deepEqual(model.calls[1]!.input_ids, [ids("horse", "This example is $& king.")]);
});

Deno.test("a stream gives what a list gives", async () => {
  const { sort } = sorting();
  const texts = ["horse", "a tree", "the king of a horse"];
  assert.deepEqual(await Array.fromAsync(sort.stream(texts, ["person", "of"])), await sort(texts, ["person", "of"]));
  const [, wrong] = await Array.fromAsync(sort.stream(["horse", ""], "person", { errors: "yield" }));
  assert.equal((wrong as Error).message, 'Cannot classify text 2: it must hold a word, got ""');
});

Deno.test("truncation cuts the text, never the hypothesis", async () => {
  const { sort, model } = sorting();
  const long = "person ".repeat(200);
  await assert.rejects(() => sort(long, ["king"]), /the model takes 96 tokens, got 20\d/);
  await sort(long, ["king"], { truncation: true, hypothesis_template: "horse {}" });
  const [ids] = model.calls[0]!.input_ids;
  assert.equal(ids!.length, 96);
  assert.deepEqual(ids!.slice(-4), [3, ...tokenizer.encode("horse king").slice(1)]);
  await assert.rejects(
    () => sort(["horse", long], [long], { truncation: true, hypothesis_template: "{}" }),
    new InputError(
      'Cannot classify text 1 of 2: the model takes 96 tokens, of which "person person person person person pers…" ' +
        "leaves it none",
    ),
  );
});

Deno.test("labels and templates that cannot be are refused", async () => {
  const { sort, model } = sorting();
  const none = new InputError("Cannot classify texts: its labels must name one at least, got none");
  await assert.rejects(() => sort("horse", []), none);
  await assert.rejects(
    () => sort("horse", ["king", " "]),
    new InputError('Cannot classify texts: label 2 of 2 must hold a word, got " "'),
  );
  await assert.rejects(() => sort("horse", undefined as unknown as string[]), TypeError);
  await assert.rejects(() => sort("horse", ["king", 7 as unknown as string]), TypeError);
  await assert.rejects(() => sort(7 as unknown as string, ["king"]), TypeError);
  await assert.rejects(
    () => sort("horse", ["king"], { hypothesis_template: "nothing" }),
    new RangeError(
      'Cannot classify texts: hypothesis_template must contain {} once, where the label goes, got "nothing"',
    ),
  );
  assert.equal(model.calls.length, 0);
});

Deno.test("a model without a label for entailment is refused with its labels", () => {
  assert.throws(() => sorting({ id2label: { 0: "low", 1: "high" } }), ConfigError);
  assert.throws(
    () => sorting({ id2label: { 0: "low", 1: "high" } }),
    /a label of the model must begin with "entail", got low, high/,
  );
});

Deno.test("several labels are in the order of their logits where all scores are 1", async () => {
  const model = new FakeClassifier(NLI, (ids) => [-50, 0, ids.filter((id) => id !== 0).length]);
  const sort = createZeroShotClassification({ model, tokenizer });
  const { labels, scores } = await sort("a horse", ["king", "king of a tree", "tree of"], { multi_label: true });
  assert.deepEqual(labels, ["king of a tree", "tree of", "king"]);
  assert.deepEqual(scores, [1, 1, 1]);
});

Deno.test("entailment is found by label2id too", async () => {
  const config = { num_labels: 3, label2id: { contradiction: 0, entailment: 1, neutral: 2, entailed: -100 } };
  const model = new FakeClassifier(config, (ids) => [0, ids.filter((id) => id !== 0).length, 100]);
  const { labels } = await createZeroShotClassification({ model, tokenizer })("a horse", ["king", "king of a tree"]);
  assert.deepEqual(labels, ["king of a tree", "king"]);
});

Deno.test("a template with two places, or none, is refused", async () => {
  const { sort, model } = sorting();
  for (const hypothesis_template of ["{} is {}", "it is", "{}{}"]) {
    await assert.rejects(() => sort("horse", ["king"], { hypothesis_template }), {
      name: "RangeError",
      message: "Cannot classify texts: hypothesis_template must contain {} once, where the label goes, got " +
        `"${hypothesis_template}"`,
    });
  }
  assert.equal(model.calls.length, 0);
});
