/** A training that is interrupted, and goes on, ends with the bytes of one that is not. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { liveBytes } from "../helpers.ts";
import { interrupt, trainWithInterruptions } from "./interruptions.ts";
import {
  assertSameFolders,
  checkpointsOf,
  filesOf,
  KINDS,
  type SmallTraining,
  TASKS,
  withTrainer,
  WORDS,
} from "./trainers.ts";

/** Trainings with everything that a checkpoint must keep, and how many things they may tell before an interruption. */
const TRAININGS: Record<string, { training: SmallTraining; most: number; moments: readonly string[] }> = {
  "of batches that are added up, of which the best model is loaded": {
    training: {
      examples: 30,
      evaluated: 7,
      config: { hidden_dropout_prob: 0.2 },
      optimizer: { frozen: ["narrow_bert.embeddings.position_embeddings"], lr_factors: { classifier: 2 } },
      class_weights: "balanced",
      args: {
        num_train_epochs: 3.4,
        gradient_accumulation_steps: 2,
        eval_strategy: "steps",
        eval_steps: 3,
        save_strategy: "steps",
        save_steps: 5,
        logging_steps: 2,
        lr_scheduler_type: "cosine",
        warmup_ratio: 0.1,
        label_smoothing_factor: 0.1,
        load_best_model_at_end: true,
        metric_for_best_model: "accuracy",
        per_device_eval_batch_size: 2,
      },
    },
    most: 9,
    moments: ["step", "evaluation", "evaluated", "saved"],
  },
  "that ends early": {
    training: {
      examples: 12,
      evaluated: 6,
      args: {
        num_train_epochs: 50,
        learning_rate: 0,
        early_stopping_patience: 4,
        per_device_eval_batch_size: 2,
        save_total_limit: 1,
      },
    },
    most: 8,
    moments: ["step", "evaluation"],
  },
  "without checkpoints but those of interruptions": {
    training: { task: WORDS, examples: 24, args: { num_train_epochs: 2, save_strategy: "no" } },
    most: 4,
    moments: ["step"],
  },
  "of so many tokens a batch, whose steps are not known before": {
    training: {
      examples: 2500,
      evaluated: 4,
      data: { max_batch_tokens: 1500, shuffle_buffer_size: 1024 },
      args: { num_train_epochs: 1.5, per_device_train_batch_size: 1000, logging_steps: 1, save_steps: 4 },
    },
    most: 8,
    moments: ["step"],
  },
};

for (const [what, { training, most, moments }] of Object.entries(TRAININGS)) {
  Deno.test(`a training ${what}: interrupted by a signal, it ends with the same bytes`, () =>
    inTemporaryFolder(async (parent) => {
      const before = liveBytes();
      const whole = join(parent, "whole");
      await withTrainer(whole, training, (trainer) => trainer.train());
      const found = new Set<string>();
      for (const seed of [1, 2, 3]) {
        const folder = join(parent, `interrupted ${seed}`);
        const { count, moments: times } = await trainWithInterruptions(folder, training, { seed, most });
        assert.ok(count > 1, `${count} interruptions`);
        for (const moment of times.keys()) found.add(moment);
        assertSameFolders(folder, whole, `seed ${seed}, ${count} interruptions`);
      }
      assert.deepEqual(moments.filter((moment) => !found.has(moment)), [], "moments that were not interrupted");
      assert.equal(liveBytes(), before);
    }));
}

for (const task of TASKS) {
  Deno.test(`${task.name}: interrupted by a signal, a training ends with the same bytes`, () =>
    inTemporaryFolder(async (parent) => {
      const training = { task, examples: 14, evaluated: 5, args: { num_train_epochs: 2, logging_steps: 3 } };
      await withTrainer(join(parent, "whole"), training, (trainer) => trainer.train());
      await trainWithInterruptions(join(parent, "interrupted"), training, { seed: 5, most: 5 });
      assertSameFolders(join(parent, "interrupted"), join(parent, "whole"), task.name);
    }));
}

Deno.test("a training with a teacher, interrupted by a signal, ends with the same bytes", () =>
  inTemporaryFolder(async (parent) => {
    using teacher = await KINDS.model(KINDS.data(4), { num_hidden_layers: 3, full_length_layers: 3 });
    const training = { teacher: { model: teacher, temperature: 3 }, examples: 18, args: { num_train_epochs: 2 } };
    await withTrainer(join(parent, "whole"), training, (trainer) => trainer.train());
    await trainWithInterruptions(join(parent, "interrupted"), training, { seed: 6, most: 4 });
    assertSameFolders(join(parent, "interrupted"), join(parent, "whole"), "teacher");
    await withTrainer(
      join(parent, "without"),
      { ...training, teacher: undefined as never },
      (trainer) => trainer.train(),
    );
    assert.throws(() => assertSameFolders(join(parent, "without"), join(parent, "whole"), "a teacher teaches"));
  }));

for (const load_best_model_at_end of [false, true]) {
  Deno.test(`a training that has ended with its ${load_best_model_at_end ? "best" : "last"} model gives the same again`, () =>
    inTemporaryFolder(async (folder) => {
      const training: SmallTraining = {
        examples: 16,
        evaluated: 6,
        args: { num_train_epochs: 5, load_best_model_at_end, metric_for_best_model: "accuracy" },
      };
      const first = await withTrainer(folder, training, async (trainer) => {
        const output = await trainer.train();
        return { output, report: trainer.report("a").evaluation };
      });
      const files = filesOf(folder);
      for (const damage of [[], ["model.safetensors", "trainer_state.json"], ["config.json"]]) {
        for (const name of damage) Deno.removeSync(join(folder, name));
        await withTrainer(folder, training, async (trainer) => {
          assert.deepEqual(await trainer.train({ resume_from_checkpoint: true }), first.output);
          assert.deepEqual(trainer.report("a").evaluation, first.report);
          assert.equal(trainer.report("a").resumed!.length, 1);
        });
        assert.deepEqual(filesOf(folder), files);
      }
    }));
}

Deno.test("a signal that was aborted before takes no step, and leaves no folder", () =>
  inTemporaryFolder(async (parent) => {
    const reason = new Error("not needed");
    const folder = join(parent, "none");
    await withTrainer(folder, { signal: AbortSignal.abort(reason) }, async (trainer) => {
      await assert.rejects(trainer.train(), reason);
      assert.equal(trainer.state, null);
    });
    assert.deepEqual([...Deno.readDirSync(parent)], []);
  }));

Deno.test("at any moment, a signal ends a training within the step or the evaluation under way", () =>
  inTemporaryFolder(async (parent) => {
    const training = { examples: 200, evaluated: 200, args: { num_train_epochs: 20, per_device_eval_batch_size: 4 } };
    for (let milliseconds = 0; milliseconds < 1100; milliseconds += 137) {
      const folder = join(parent, `${milliseconds}`);
      const signal = AbortSignal.timeout(milliseconds);
      let told = 0;
      const onProgress = () => void (signal.aborted && told++);
      await withTrainer(folder, { ...training, signal, onProgress }, async (trainer) => {
        await assert.rejects(trainer.train(), (error) => error === signal.reason);
        // A step or two that were asked for, a batch or two of an evaluation, and a checkpoint.
        assert.ok(told <= 5, `${told} things were told after ${milliseconds} ms`);
        if (trainer.state === null) return;
        assert.deepEqual(checkpointsOf(folder).at(-1) ?? 0, trainer.state.global_step);
      });
    }
  }));

Deno.test("checkpoints that a kill left over, before they were removed, go when the training goes on", () =>
  inTemporaryFolder(async (parent) => {
    const training: SmallTraining = { examples: 12, args: { num_train_epochs: 4, save_total_limit: 1 } };
    const [whole, folder, aside] = [join(parent, "whole"), join(parent, "killed"), join(parent, "aside")];
    await withTrainer(whole, training, (trainer) => trainer.train());
    await interrupt(folder, training, ({ status, step }) => status === "step" && step === 4);
    const left = checkpointsOf(folder).map((step) => `checkpoint-${step}`);
    assert.deepEqual(left, ["checkpoint-3", "checkpoint-5"]);
    await copyAll(folder, aside, left);
    for (const step of [6, 12]) { // one in between, and the last one
      await interrupt(folder, training, (told) => told.status === "saved" && told.step === step);
      assert.equal(checkpointsOf(folder).at(-1), step);
      await copyAll(aside, folder, left);
      assert.deepEqual(checkpointsOf(folder).slice(0, 2), [3, 5]);
    }
    await withTrainer(folder, training, (trainer) => trainer.train({ resume_from_checkpoint: true }));
    assertSameFolders(folder, whole, "what was left over is gone");
  }));

async function copyAll(from: string, to: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await Deno.mkdir(join(to, name), { recursive: true });
    for (const [file, bytes] of filesOf(join(from, name))) await Deno.writeFile(join(to, name, file), bytes);
  }
}
