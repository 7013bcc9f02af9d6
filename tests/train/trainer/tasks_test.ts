/** A trainer learns every task, and its evaluations give the numbers of a plain loop over `forward`. */

import assert from "node:assert/strict";
import {
  type Dataset,
  datasetOf,
  type HeadOutput,
  type ModelClass,
  type ModelInputs,
  NarrowBertTokenizerFast,
  type PreTrainedModel,
  type Tensor,
  trainingReport,
} from "../../../mod.ts";
import { metricNames } from "../../../src/train/trainer/counters.ts";
import { assertSame, liveBytes, weightsOf } from "../helpers.ts";
import {
  checkpointsOf,
  KINDS,
  type SmallTask,
  type SmallTraining,
  TASKS,
  tokenizer,
  trained,
  withTrainer,
  WORDS,
} from "./trainers.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";

/** Of losses: f32 sums over batches of other sizes. */
const TOLERANCE = 1e-5;

type Scoring = PreTrainedModel & { forward(inputs: ModelInputs): Promise<HeadOutput> };

const argmax = (row: readonly number[]) => row.indexOf(Math.max(...row));

/** What a model makes of each labelled row: the logits, and the label or the labels. */
async function scored(model: PreTrainedModel, dataset: Dataset, seed: number) {
  const rows: { logits: number[]; label: number | number[] }[] = [];
  let [losses, labels] = [0, 0];
  for await (const { inputs } of dataset.evaluation({ tokenizer, model, seed, per_device_eval_batch_size: 1 })) {
    const { logits, loss, narrow_positions } = await (model as Scoring).forward(inputs as ModelInputs);
    const all = (inputs.labels as Tensor).tolist() as (number | number[])[];
    const found: typeof rows = dataset.task === "classify" || dataset.task === "choose"
      ? [{ logits: (logits.tolist() as number[][])[0]!, label: all[0]! }]
      : (narrow_positions!.tolist() as number[][])[0]!.map((position, row) => ({
        logits: (logits.tolist() as number[][][])[0]![row]!,
        label: (all as number[][])[0]![position]!,
      }));
    if (found.length === 0) continue;
    losses += Number(loss!.data[0]) * found.length;
    labels += found.length;
    rows.push(...found);
  }
  return { rows, loss: losses / labels };
}

/** The numbers of an evaluation by plain loops, as far as a few lines give them. */
function numbersOf({ name }: SmallTask, dataset: Dataset, { rows, loss }: Awaited<ReturnType<typeof scored>>) {
  const share = (isRight: (row: typeof rows[number]) => boolean) => rows.filter(isRight).length / rows.length;
  const right = (row: typeof rows[number]) => argmax(row.logits) === row.label;
  if (name === "regression") {
    const errors = rows.map(({ logits, label }) => logits[0]! - (label as number));
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return { loss, mse: mean(errors.map((error) => error ** 2)), mae: mean(errors.map(Math.abs)) };
  }
  if (name === "classify, several labels") {
    return {
      loss,
      accuracy: share(({ logits, label }) => logits.every((x, i) => Number(x > 0) === (label as number[])[i])),
    };
  }
  if (name === "mlm") {
    const rank = ({ logits, label }: typeof rows[number]) => logits.filter((x) => x > logits[label as number]!).length;
    return { loss, perplexity: Math.exp(loss), accuracy: share(right), top_5_accuracy: share((row) => rank(row) < 5) };
  }
  if (name === "tag entities") {
    const outside = dataset.labels.indexOf("O");
    const count = (is: (gold: number, predicted: number) => boolean) =>
      rows.filter(({ logits, label }) => is(label as number, argmax(logits))).length;
    const found = count((gold, predicted) => gold === predicted && gold !== outside);
    const all = count((gold) => gold !== outside) + count((_, predicted) => predicted !== outside);
    return { loss, accuracy: share(right), f1: 2 * found / all };
  }
  return { loss, accuracy: share(right) };
}

for (const task of TASKS) {
  Deno.test(`${task.name}: the trainer learns, and evaluates as a plain loop does`, async () => {
    const before = liveBytes();
    const args = { num_train_epochs: 8, logging_steps: 1, seed: 7, dropout: 0, per_device_eval_batch_size: 3 };
    await trained({ task, examples: 24, evaluated: 11, args }, async ({ folder, output, model, trainer }) => {
      const { log_history } = trainer.state!;
      const losses = log_history.flatMap(({ loss }) => loss === undefined ? [] : [loss]);
      assert.equal(losses.length, task === WORDS ? 47 : 48); // in one step no word is masked
      const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
      assert.ok(mean(losses.slice(-12)) < 0.95 * mean(losses.slice(0, 12)), `losses ${losses}`);
      assert.ok(Math.abs(output.training_loss / mean(losses) - 1) < 1e-9);

      const labels = task.data(24);
      const dataset = task.data(11, {
        ...(labels.labels.length > 0 && { labels: labels.labels }),
        ...(labels.problem_type && { problem_type: labels.problem_type }),
      });
      assert.deepEqual(Object.keys(output.metrics), metricNames(dataset).map((name) => `eval_${name}`));
      const numbers = numbersOf(task, dataset, await scored(model, dataset, 7));
      for (const [name, value] of Object.entries(numbers)) {
        const found = output.metrics[`eval_${name}`]!;
        assert.ok(Math.abs(found - value) <= TOLERANCE * (1 + Math.abs(value)), `${name}: ${found}, not ${value}`);
      }
      assert.deepEqual(await trainer.evaluate(), output.metrics);
      assert.match(await trainingReport(trainer.report("A training")), /<h1>A training/);

      // The folder is that of the model that was trained.
      using loaded = await (model.constructor as unknown as ModelClass<PreTrainedModel> & {
        from_pretrained(folder: string): Promise<PreTrainedModel>;
      }).from_pretrained(folder);
      assertSame(await weightsOf(loaded), await weightsOf(model), "weights");
      assert.deepEqual(loaded.config.id2label, model.config.id2label);
      const own = await NarrowBertTokenizerFast.from_pretrained(folder);
      assert.deepEqual(own.encode("a small brown dogs 7"), tokenizer.encode("a small brown dogs 7"));
      const best = trainer.state!.best_global_step!;
      assert.deepEqual(checkpointsOf(folder), best < 42 ? [best, 48] : [42, 48]);
    });
    assert.equal(liveBytes(), before);
  });
}

Deno.test("an evaluation is the same whatever its batches, and one without a label is refused", async () => {
  await inTemporaryFolder(async (folder) => {
    await withTrainer(folder, { task: WORDS, evaluated: 30 }, async (trainer, model) => {
      const all = await trainer.evaluate();
      await withTrainer(
        folder,
        { task: WORDS, evaluated: 30, model, args: { per_device_eval_batch_size: 1 } },
        async (single) => {
          const found = await single.evaluate(); // of some texts no word is masked
          assert.deepEqual(Object.keys(found), Object.keys(all));
          for (const [name, value] of Object.entries(all)) {
            assert.ok(Math.abs(found[name]! - value) <= TOLERANCE * value, `${name}: ${found[name]}, not ${value}`);
          }
        },
      );
      // The only text that begins with its number.
      await assert.rejects(trainer.evaluate(WORDS.data(1)), {
        name: "RangeError",
        message: "Cannot evaluate: a text must have a masked word, got none; give more examples",
      });
    });
  });
});

Deno.test("whole words, packed texts and other shares of masked words reach training and evaluation", async () => {
  const metrics: unknown[] = [];
  for (
    const data of [{}, { mlm_probability: 0.5 }, { whole_word_mask: true, mlm_probability: 0.5 }, { pack_texts: true }]
  ) {
    const call = {
      task: WORDS,
      data,
      examples: 16,
      evaluated: 16,
      args: { max_steps: 3, per_device_eval_batch_size: 4 },
    };
    await trained(call, ({ output, trainer }) => {
      assert.equal(output.global_step, 3);
      metrics.push([output.metrics.eval_loss, trainer.state!.num_input_tokens_seen]);
    });
  }
  assert.equal(new Set(metrics.map(String)).size, metrics.length, JSON.stringify(metrics));
});

Deno.test("a trainer without data for an evaluation gives no numbers, and evaluates others that it is given", async () => {
  await trained({ examples: 8, args: { num_train_epochs: 1 } }, async ({ output, trainer }) => {
    assert.deepEqual(output.metrics, {});
    await assert.rejects(trainer.evaluate(), {
      name: "TypeError",
      message: "Cannot evaluate: there must be a data set, got none",
    });
    const labels = ["animal", "tool"];
    const found = await trainer.evaluate(KINDS.data(6, { labels }));
    assert.ok(found.eval_loss! > 0);
    const wrong: [Dataset, string, string][] = [
      [WORDS.data(6), "TypeError", 'dataset is for "mlm", which a NarrowBertForSequenceClassification does not learn'],
      [
        KINDS.data(6, { labels: ["tool", "animal"] }),
        "RangeError",
        'dataset must have the labels of the model:\n  - label 0 is "tool", the model\'s is "animal"' +
        '\n  - label 1 is "animal", the model\'s is "tool"',
      ],
    ];
    for (const [dataset, name, message] of wrong) {
      await assert.rejects(trainer.evaluate(dataset), { name, message: `Cannot evaluate: ${message}` });
    }
  });
});

Deno.test("tags are counted as entities only if all of them mark some", async () => {
  const tags = [["B-X", "I-X", "O"], ["B-X", "VERB", "O"]];
  for (const [i, second] of tags.entries()) {
    const examples = [{ tokens: ["a", "cat", "saw"], tags: tags[0] }, { tokens: ["a", "dog", "saw"], tags: second }];
    const train_dataset = datasetOf(examples as { tokens: string[]; tags: string[] }[], { task: "tag" });
    const task = TASKS.find(({ name }) => name === "tag entities")!;
    using model = await task.model(train_dataset);
    await trained({ model, train_dataset, eval_dataset: train_dataset, args: { max_steps: 1 } }, ({ output }) => {
      assert.equal("eval_matthews_correlation" in output.metrics, i === 1);
      assert.ok(output.metrics.eval_accuracy! >= 0);
    });
  }
});

Deno.test("a trainer says what is odd about its data", () =>
  inTemporaryFolder(async (folder) => {
    const warningsOf = (training: SmallTraining) =>
      withTrainer(folder, training, ({ warnings }) => Promise.resolve(warnings));
    assert.deepEqual(await warningsOf({ examples: 20, evaluated: 6 }), []);
    const args = { per_device_train_batch_size: 32 };
    assert.deepEqual(await warningsOf({ examples: 20, evaluated: 20, args }), [
      "the data have 20 examples, fewer than a batch of 32: every batch has them all",
      "the data for the evaluation are those of the training: they tell nothing of other data",
    ]);
  }));
