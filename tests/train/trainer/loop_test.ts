/** A trainer's steps are, bit for bit, those of a plain loop over the same data. */

import assert from "node:assert/strict";
import {
  AdamW,
  type LossOptions,
  type ModelInputs,
  scheduleOf,
  type TeacherOption,
  type Trainer,
} from "../../../mod.ts";
import { assertSame, differences, weightsOf } from "../helpers.ts";
import { KINDS, type SmallTraining, TASKS, tokenizer, trained } from "./trainers.ts";

const EXAMPLES = 26;
const STEPS = 9;

/** Takes the steps of a trainer by hand. */
async function plainLoop(
  { task = KINDS, config, optimizer: settings = {}, data = {} }: SmallTraining,
  { args }: Trainer,
  step: LossOptions & TeacherOption,
) {
  const dataset = task.data(EXAMPLES);
  const model = await task.model(dataset, config);
  using optimizer = new AdamW(model, {
    ...settings,
    betas: [args.adam_beta1, args.adam_beta2],
    eps: args.adam_epsilon,
    weight_decay: args.weight_decay,
    max_grad_norm: args.max_grad_norm,
    seed: args.seed,
  });
  const { learning_rate: lr, warmup_steps } = args;
  const factor = scheduleOf(args.lr_scheduler_type, { total_steps: STEPS, warmup_steps });
  const { seed, per_device_train_batch_size } = args;
  let group: ModelInputs[] = [];
  let done = 0;
  for await (
    const { inputs, next } of dataset.training({ ...data, tokenizer, model, seed, per_device_train_batch_size })
      .batches()
  ) {
    group.push(inputs as ModelInputs);
    if (group.length < args.gradient_accumulation_steps && next.window + next.batch > 0) continue;
    optimizer.lr = lr * factor(done);
    await optimizer.step(group, step);
    group = [];
    if (++done === STEPS) break;
  }
  return model;
}

const ARGS = { max_steps: STEPS, seed: 5, warmup_steps: 2, learning_rate: 5e-3 };

/** Half of the examples are of each kind. */
const WEIGHTS = KINDS.data(EXAMPLES).label_counts.map((count) => EXAMPLES / 2 / count);

const LOOPS: [what: string, training: SmallTraining, step: LossOptions][] = [
  ["of every default", { args: ARGS }, {}],
  ["of added batches, another dropout and other arguments", {
    args: {
      ...ARGS,
      gradient_accumulation_steps: 3,
      dropout: 0.3,
      weight_decay: 0.2,
      adam_beta1: 0.8,
      adam_beta2: 0.95,
      adam_epsilon: 1e-5,
      max_grad_norm: 0.1,
      lr_scheduler_type: "cosine",
      gradient_checkpointing: true,
    },
  }, { dropout: 0.3, gradient_checkpointing: true }],
  ["of smoothed and balanced labels", { args: { ...ARGS, label_smoothing_factor: 0.2 }, class_weights: "balanced" }, {
    label_smoothing: 0.2,
    class_weights: WEIGHTS,
  }],
  ["of labels with weights of their own", { args: ARGS, class_weights: [1, 7] }, { class_weights: [1, 7] }],
  ["of frozen layers, and others with rates of their own", {
    args: ARGS,
    optimizer: { frozen: ["narrow_bert.embeddings", "*.layer.0"], lr_factors: { classifier: 5 }, no_decay: ["*"] },
  }, {}],
  ["of short texts, in small windows", {
    args: ARGS,
    data: { max_seq_length: 5, max_batch_tokens: 17, shuffle_buffer_size: 9 },
  }, {}],
];

for (const [what, training, step] of LOOPS) {
  Deno.test(`the steps of a trainer are those of a plain loop, ${what}`, async () => {
    await trained({ ...training, examples: EXAMPLES }, async ({ trainer, model }) => {
      using plain = await plainLoop(training, trainer, step);
      assertSame(await weightsOf(model), await weightsOf(plain), what);
      using start = await KINDS.model(KINDS.data(EXAMPLES));
      const changed = differences(await weightsOf(model), await weightsOf(start));
      const frozen = (name: string) => name.startsWith("narrow_bert.embeddings") || name.includes(".layer.0");
      assert.equal(changed.some(frozen), training.optimizer === undefined);
      assert.ok(changed.some((name) => name.startsWith("classifier")));
    });
  });
}

for (const task of TASKS) {
  Deno.test(`${task.name}: the steps of a trainer are those of a plain loop, with a teacher`, async () => {
    using model = await task.model(task.data(EXAMPLES), {
      hidden_size: 20,
      num_hidden_layers: 3,
      full_length_layers: 3,
    });
    const teacher = { model, temperature: 3, weight: 0.7 };
    const training: SmallTraining = { task, teacher, args: ARGS };
    const before = await weightsOf(model);
    await trained({ ...training, examples: EXAMPLES }, async ({ trainer, model: student }) => {
      using plain = await plainLoop(training, trainer, { teacher } as TeacherOption);
      assertSame(await weightsOf(student), await weightsOf(plain), task.name);
    });
    assertSame(await weightsOf(model), before, "the teacher");
  });
}

Deno.test("balanced weights make up for how often each tag occurs", async () => {
  const task = TASKS.find(({ name }) => name.startsWith("tag, some words"))!;
  const { label_counts } = task.data(EXAMPLES);
  const all = label_counts.reduce((a, b) => a + b);
  const class_weights = label_counts.map((count) => all / label_counts.length / count);
  assert.ok(Math.max(...class_weights) > 1.5 * Math.min(...class_weights));
  await trained({ task, examples: EXAMPLES, args: ARGS, class_weights: "balanced" }, async ({ trainer, model }) => {
    using plain = await plainLoop({ task }, trainer, { class_weights });
    assertSame(await weightsOf(model), await weightsOf(plain), "balanced");
  });
});
