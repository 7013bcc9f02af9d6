/** Steps, epochs and learning rates of a training, by the formulas of Hugging Face's Trainer. */

import assert from "node:assert/strict";
import type { TrainingArguments, TrainingDataOptions } from "../../../mod.ts";
import { lengthOf } from "../../../src/train/trainer/course/length.ts";
import { fc } from "../../deps.ts";
import { allBatches, examplesOf, tokenizer as shipped } from "../data/data.ts";
import { KINDS, stateOf, tokenizer, trained, WORDS } from "./trainers.ts";

/** What Hugging Face's Trainer computes before a training, of `len(dataloader)` and arguments, line by line. */
function huggingFace(batches: number, args: { gradient: number; epochs: number; max_steps: number }) {
  const perEpoch = Math.max(Math.floor(batches / args.gradient) + Number(batches % args.gradient > 0), 1);
  if (args.max_steps > 0) {
    const epochs = Math.floor(args.max_steps / perEpoch) + Number(args.max_steps % perEpoch > 0);
    return { steps: args.max_steps, num_train_epochs: epochs };
  }
  return { steps: Math.ceil(args.epochs * perEpoch), num_train_epochs: Math.ceil(args.epochs) };
}

Deno.test("the steps of a training are those of Hugging Face's Trainer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        batches: fc.integer({ min: 1, max: 50 }),
        gradient: fc.integer({ min: 1, max: 12 }),
        epochs: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 79 }).map((tenths) => tenths / 10)),
        max_steps: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 300 })),
      }),
      async ({ batches, ...args }) => {
        const data = { warnings: [], size: () => Promise.resolve({ batches, exact: true }), batches: () => never() };
        const { steps, num_train_epochs } = await lengthOf(data, {
          gradient_accumulation_steps: args.gradient,
          num_train_epochs: args.epochs,
          max_steps: args.max_steps,
        });
        assert.deepEqual({ steps, num_train_epochs }, huggingFace(batches, args));
      },
    ),
    { numRuns: 500 },
  );
});

function never(): never {
  throw new Error("no batch is needed");
}

/** A training of 5 batches an epoch, the last of 2 examples, and what is expected of it. */
const COURSES: [what: string, args: Partial<TrainingArguments>, gradient: number, epochs: number, max_steps: number][] =
  [
    ["whole epochs", { num_train_epochs: 3 }, 1, 3, -1],
    ["batches that are added up, and a rest", { num_train_epochs: 2, gradient_accumulation_steps: 2 }, 2, 2, -1],
    ["more batches added up than there are", { num_train_epochs: 2, gradient_accumulation_steps: 9 }, 9, 2, -1],
    ["a part of an epoch", { num_train_epochs: 0.5 }, 1, 0.5, -1],
    ["an epoch and a part", { num_train_epochs: 1.3, gradient_accumulation_steps: 2 }, 2, 1.3, -1],
    ["a number of steps", { max_steps: 3 }, 1, 3, 3],
    ["steps beyond the data", { max_steps: 13, num_train_epochs: 1 }, 1, 1, 13],
    ["steps beyond the data, of batches that are added up", { max_steps: 7, gradient_accumulation_steps: 2 }, 2, 3, 7],
  ];

for (const [what, args, gradient, epochs, max_steps] of COURSES) {
  Deno.test(`${what}: steps, epochs and rates are Hugging Face's`, async () => {
    const lr = 1e-3;
    await trained({ examples: 18, args: { ...args, logging_steps: 1, learning_rate: lr } }, ({ folder, output }) => {
      const { steps, num_train_epochs } = huggingFace(5, { gradient, epochs, max_steps });
      assert.equal(output.global_step, steps);
      const { log_history, ...state } = stateOf(folder);
      assert.deepEqual([state.max_steps, state.num_train_epochs], [steps, num_train_epochs]);
      const logged = log_history.filter((entry) => "learning_rate" in entry);
      // A step of an epoch e after batch i of n has the epoch e + (i + 1) / n, and the rate before the scheduler's step.
      const ends = [0, 1, 2, 3, 4].filter((i) => (i + 1) % gradient === 0 || i === 4);
      const expected = Array.from({ length: steps }, (_, step) => ({
        epoch: Math.floor(step / ends.length) + (ends[step % ends.length]! + 1) / 5,
        learning_rate: lr * (steps - step) / steps,
        step: step + 1,
      }));
      assert.deepEqual(
        logged.map(({ epoch, step }) => ({ epoch, step })),
        expected.map(({ epoch, step }) => ({ epoch, step })),
      );
      logged.forEach(({ learning_rate }, i) => {
        assert.ok(Math.abs(learning_rate! / expected[i]!.learning_rate - 1) < 1e-12, `rate of step ${i + 1}`);
      });
      assert.equal(state.epoch, expected.at(-1)!.epoch);
    });
  });
}

/** The factor of step i of 10 by `transformers.optimization`, with 2 steps of warm-up. */
const FACTORS: Partial<Record<NonNullable<TrainingArguments["lr_scheduler_type"]>, (i: number) => number>> = {
  linear: (i) => (10 - i) / 8,
  cosine: (i) => 0.5 * (1 + Math.cos(Math.PI * (i - 2) / 8)),
  cosine_with_restarts: (i) => 0.5 * (1 + Math.cos(Math.PI * ((i - 2) / 8 % 1))),
  polynomial: (i) => ((1e-3 - 1e-7) * (1 - (i - 2) / 8) + 1e-7) / 1e-3,
  constant_with_warmup: () => 1,
  inverse_sqrt: (i) => 1 / Math.sqrt((i + 2 - 2) / 2),
};

for (const [name, factor] of Object.entries(FACTORS)) {
  Deno.test(`${name}: the rates of a training, with its warm-up as steps and as a share`, async () => {
    const lr_scheduler_type = name as keyof typeof FACTORS;
    const expected = Array.from({ length: 10 }, (_, i) => 1e-3 * (i < 2 ? i / 2 : factor(i)));
    // Steps win over a share, which is rounded up.
    for (const warmup of [{ warmup_steps: 2, warmup_ratio: 0.9 }, { warmup_ratio: 0.11 }]) {
      const args = { ...warmup, lr_scheduler_type, max_steps: 10, logging_steps: 1, learning_rate: 1e-3 };
      await trained({ examples: 8, args }, ({ folder }) => {
        const rates = stateOf(folder).log_history.flatMap(({ learning_rate }) => learning_rate ?? []);
        assert.equal(rates.length, 10);
        rates.forEach((rate, i) => assert.ok(Math.abs(rate - expected[i]!) < 1e-15, `step ${i}: ${rate}`));
      });
    }
  });
}

Deno.test("how many batches each epoch has is known, though windows are cut in other places", async () => {
  const data = examplesOf("mlm", 3000);
  const call = { tokenizer: shipped, max_seq_length: 16, shuffle_buffer_size: 2048 };
  const counts = new Set<number>();
  const count = async (options: Partial<TrainingDataOptions>, epochs: number) => {
    const training = data.training({ ...call, ...options });
    const found: number[] = Array(epochs).fill(0);
    for (const { next } of await allBatches(training, { num_train_epochs: epochs })) {
      found[next.window === 0 && next.batch === 0 ? next.epoch - 1 : next.epoch]!++;
    }
    return { training, found };
  };
  const { training, found } = await count({ per_device_train_batch_size: 960 }, 6);
  for (const [epoch, batches] of found.entries()) {
    assert.deepEqual(await training.size(epoch), { batches, exact: true });
    counts.add(batches);
  }
  assert.deepEqual([...counts].sort(), [4, 5]);
  // In one window, texts that are bounded by tokens give as many batches in any order.
  const bounded = await count({ max_batch_tokens: 2000, shuffle_buffer_size: 4096 }, 3);
  for (const [epoch, batches] of bounded.found.entries()) {
    assert.deepEqual(await bounded.training.size(epoch), { batches, exact: true });
  }
  const windows = await count({ max_batch_tokens: 2000 }, 1);
  assert.equal((await windows.training.size(1)).exact, false);
});

Deno.test("epochs of unlike numbers of batches are all seen to their end, each with its evaluation", async () => {
  const data = { shuffle_buffer_size: 2048 };
  const args = {
    per_device_train_batch_size: 960,
    num_train_epochs: 4,
    eval_strategy: "epoch",
    logging_steps: 1,
  } as const;
  await trained({ task: WORDS, examples: 3000, evaluated: 4, data, args }, ({ folder, output }) => {
    const { log_history, ...state } = stateOf(folder);
    assert.equal(output.global_step, state.max_steps);
    assert.ok(output.global_step > 16, `${output.global_step} steps`);
    assert.deepEqual(log_history.flatMap(({ eval_loss, epoch }) => eval_loss === undefined ? [] : [epoch]), [
      1,
      2,
      3,
      4,
    ]);
  });
});

Deno.test("batches of so many tokens, whose number is not known, are all seen, and rates fall to nearly 0", async () => {
  const data = { max_batch_tokens: 1500, shuffle_buffer_size: 1024 };
  for (const [num_train_epochs, seen] of [[2, 2], [0.5, 0.5]] as const) {
    const args = { num_train_epochs, per_device_train_batch_size: 1000, logging_steps: 1, learning_rate: 1e-3 };
    await trained({ examples: 2500, evaluated: 4, data, args }, async ({ folder, output }) => {
      const { log_history, ...state } = stateOf(folder);
      const steps = log_history.filter((entry) => "learning_rate" in entry);
      assert.equal(steps.length, output.global_step);
      const rates = steps.map(({ learning_rate }) => learning_rate!);
      assert.equal(rates[0], 1e-3);
      assert.ok(rates.every((rate, i) => i === 0 || rate < rates[i - 1]!));
      assert.ok(rates.at(-1)! < 2e-3 / rates.length, `${rates}`);
      // It is expected by one window, of which an epoch has three: each may have a batch more or less.
      assert.ok(Math.abs(Number(state.max_steps) - output.global_step) <= 3 * seen, `${state.max_steps} expected`);
      const evaluated = log_history.filter((entry) => "eval_loss" in entry).map(({ epoch }) => epoch!);
      assert.equal(evaluated.length, Math.ceil(num_train_epochs));
      assert.ok(evaluated.at(-1)! >= seen && evaluated.at(-1)! < seen + 0.2, `${evaluated}`);
      if (num_train_epochs !== 2) return;
      // Every example is seen twice.
      const all = await Array.fromAsync(
        KINDS.data(2500).evaluation({ tokenizer }),
      );
      assert.equal(state.num_input_tokens_seen, 2 * all.reduce((sum, { tokens }) => sum + tokens, 0));
    });
  }
});

Deno.test("losses of the log are the means of their steps, which are told one by one", async () => {
  const told: number[] = [];
  const onProgress = (progress: { status: string; loss?: number }) =>
    void (progress.status === "step" && told.push(progress.loss!));
  await trained({ examples: 20, args: { max_steps: 11, logging_steps: 4 }, onProgress }, ({ folder, output }) => {
    const mean = (losses: number[]) => losses.reduce((a, b) => a + b) / losses.length;
    const { log_history } = stateOf(folder);
    assert.deepEqual(
      log_history.map(({ step, loss, train_loss }) => [step, loss, train_loss]),
      [[4, mean(told.slice(0, 4)), undefined], [8, mean(told.slice(4, 8)), undefined], [11, undefined, mean(told)]],
    );
    assert.equal(output.training_loss, mean(told));
  });
});
