/** The mistakes that an evaluation finds are those of its examples, whatever the task. */

import assert from "node:assert/strict";
import {
  type Dataset,
  type LabelledExample,
  NarrowBertTokenizerFast,
  type PreTrainedModel,
  type TaggedExample,
} from "../../../mod.ts";
import { evaluate, type ScoringModel } from "../../../src/train/trainer/evaluation.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { TASKS, tokenizer } from "./trainers.ts";

const taskOf = (name: string) => TASKS.find((task) => task.name === name)!;

async function mistakesOf(model: PreTrainedModel, data: Dataset, options: object = {}) {
  const { values, report } = await evaluate(model as ScoringModel, data, {
    data: { tokenizer, model, per_device_eval_batch_size: 2, ...options },
  });
  return { values, report, mistakes: report.mistakes! };
}

for (const name of ["tag entities", "tag, some words without a tag"]) {
  for (const truncation_side of ["right", "left"] as const) {
    Deno.test(`${name}: a mistake shows its word in its sentence, cut on the ${truncation_side} or not`, () =>
      inTemporaryFolder(async (folder) => {
        await tokenizer.save_pretrained(folder);
        await Deno.writeTextFile(`${folder}/tokenizer_config.json`, JSON.stringify({ truncation_side }));
        const cutting = await NarrowBertTokenizerFast.from_pretrained(folder);
        const data = taskOf(name).data(5);
        using model = await taskOf(name).model(data);
        const examples = (await data.read([0, 1, 2, 3, 4])).map(({ example }) => example as TaggedExample);
        for (const max_seq_length of [24, 5]) {
          const { values, mistakes } = await mistakesOf(model, data, { tokenizer: cutting, max_seq_length });
          const counted = examples.reduce((sum, { tokens, tags }) => {
            const firsts = tokens.flatMap((word, i) =>
              tokenizer.tokenize(word).map((_, piece) => piece === 0 && tags[i])
            );
            const kept = max_seq_length === 24
              ? firsts
              : truncation_side === "left"
              ? firsts.slice(-3)
              : firsts.slice(0, 3);
            return sum + kept.filter((tag) => typeof tag === "string").length;
          }, 0);
          const wrong = Math.round((1 - values.accuracy!) * counted);
          assert.equal(mistakes.length, Math.min(20, wrong));
          assert.ok(wrong > 3, `${wrong} mistakes`);
          for (const { text, gold, predicted, score } of mistakes) {
            const words = text.split(" ");
            const at = words.findIndex((word) => /^».*«$/.test(word));
            const example = examples.find(({ tokens }) => tokens.join(" ") === text.replaceAll(/[»«]/g, ""))!;
            assert.equal(example.tags[at], gold, text);
            assert.notEqual(predicted, gold);
            assert.ok(score > 0 && score <= 1);
          }
        }
      }));
  }
}

Deno.test("several labels: what an example has, what was predicted, and how sure the surest error is", async () => {
  const data = taskOf("classify, several labels").data(9);
  using model = await taskOf("classify, several labels").model(data);
  const { values, mistakes, report } = await mistakesOf(model, data);
  assert.deepEqual(report.classes, data.labels);
  assert.deepEqual(report.scores!.map(({ support }) => support), data.label_counts);
  const examples = (await data.read([...Array(9).keys()])).map(({ example }) => example as LabelledExample);
  assert.equal(mistakes.length, Math.round((1 - values.accuracy!) * 9));
  assert.ok(mistakes.length > 3);
  for (const { text, gold, predicted, score } of mistakes) {
    const own = examples.filter((example) => example.text === text).map(({ label }) =>
      (label as string[]).toSorted().join(", ") || "none"
    );
    assert.ok(own.includes(gold), gold);
    assert.notEqual(predicted, gold);
    assert.ok(score >= 0.5 && score <= 1);
  }
});

Deno.test("numbers: the largest differences", async () => {
  const data = taskOf("regression").data(30);
  using model = await taskOf("regression").model(data);
  const { mistakes } = await mistakesOf(model, data);
  assert.equal(mistakes.length, 20);
  for (const [i, { gold, predicted, score }] of mistakes.entries()) {
    assert.ok(Math.abs(Math.abs(Number(gold) - Number(predicted)) - score) < 1e-4);
    assert.ok(i === 0 || score <= mistakes[i - 1]!.score);
  }
});
