/** Evaluations of a training: the log, the best model, its checkpoint, and an early end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { parseTrainerState, type TrainerState, trainerStateText } from "../../../mod.ts";
import { resolveArguments, type TrainingArguments } from "../../../src/train/trainer/arguments.ts";
import { Course } from "../../../src/train/trainer/course/course.ts";
import { assertSame, weightsOf } from "../helpers.ts";
import { checkpointsOf, KINDS, stateOf, TASKS, trained } from "./trainers.ts";

/** A course without a training. */
function courseOf(args: Partial<TrainingArguments>, metrics = ["loss", "accuracy", "pearson", "perplexity"]): Course {
  return new Course(resolveArguments({ output_dir: "out", ...args }, { task: "classify", metrics }), {
    length: { steps: 100, exact: true, epochs: 3, num_train_epochs: 3 },
    record: null,
  });
}

const STEP = { epoch: 1, rate: 1, tokens: 5, isLabelled: true, name: "examples 0" };

/** Takes a step and an evaluation for each value. Gives whether each was the best, and whether the training goes on. */
function evaluated(course: Course, values: readonly Record<string, number>[]): [isBest: boolean, isStale: boolean][] {
  return values.map((value) => {
    course.step({ loss: 1, grad_norm: 1, applied: true }, STEP);
    return [course.evaluated(value), course.isStale];
  });
}

Deno.test("the best model is that of the least loss, or of what is asked for; NaN never is", () => {
  const losses = [NaN, 2, 3, 2, 1, NaN, 0.5].map((loss) => ({ loss }));
  const best = (args: Partial<TrainingArguments>, values: readonly Record<string, number>[]) => {
    const course = courseOf(args);
    const isBest = evaluated(course, values).map(([isBest]) => isBest);
    return { isBest, best_metric: course.state.best_metric, step: course.state.best_global_step };
  };
  assert.deepEqual(best({}, losses), {
    isBest: [false, true, false, false, true, false, true],
    best_metric: 0.5,
    step: 7,
  });
  const pearson = losses.map(({ loss }) => ({ loss: 1, pearson: loss }));
  assert.deepEqual(best({ metric_for_best_model: "eval_pearson" }, pearson), {
    isBest: [false, true, true, false, false, false, false],
    best_metric: 3,
    step: 3,
  });
  assert.equal(best({ metric_for_best_model: "pearson", greater_is_better: false }, pearson).best_metric, 0.5);
  assert.deepEqual(best({ metric_for_best_model: "perplexity" }, [{ perplexity: Infinity }, { perplexity: 9 }]), {
    isBest: [false, true],
    best_metric: 9,
    step: 2,
  });
});

Deno.test("a training ends after as many evaluations in a row without an improvement as its patience", () => {
  const ends = (args: Partial<TrainingArguments>, losses: readonly number[]) =>
    evaluated(courseOf(args), losses.map((loss) => ({ loss }))).map(([, isStale]) => isStale);
  assert.deepEqual(ends({ early_stopping_patience: 2 }, [3, 4, 3, 2, 2, 2]), [false, false, true, false, false, true]);
  assert.deepEqual(ends({ early_stopping_patience: 1 }, [3, 2, 2.5]), [false, false, true]);
  assert.deepEqual(ends({ early_stopping_patience: 1, early_stopping_threshold: 0.5 }, [3, 2, 1.5]), [
    false,
    false,
    true, // the best one, but not by more than the threshold
  ]);
  assert.deepEqual(ends({ early_stopping_patience: 2 }, [NaN, NaN]), [false, true]);
  assert.deepEqual(ends({}, [3, 3, 3]), [false, false, false]);
});

Deno.test("a step without a label has no loss that counts", () => {
  const course = courseOf({ logging_steps: 2 });
  const losses = [[3, true], [0, false], [0, false], [0, false], [5, true]] as const;
  for (const [loss, isLabelled] of losses) {
    course.step({ loss, grad_norm: 1, applied: true }, { ...STEP, isLabelled });
  }
  assert.equal(course.trainingLoss, 4);
  assert.deepEqual(course.state.log_history.map(({ loss }) => loss), [3, undefined]);
});

Deno.test("a training without progress ends after its patience, and gives the best model", async () => {
  const args = { num_train_epochs: 50, learning_rate: 0, early_stopping_patience: 3, load_best_model_at_end: true };
  await trained({ examples: 8, evaluated: 6, args }, ({ folder, output }) => {
    assert.equal(output.global_step, 8);
    const { epoch, best_global_step, stateful_callbacks } = stateOf(folder);
    assert.deepEqual([epoch, best_global_step], [4, 2]);
    assert.deepEqual(stateful_callbacks, {
      EarlyStoppingCallback: {
        args: { early_stopping_patience: 3, early_stopping_threshold: 0 },
        attributes: { early_stopping_patience_counter: 3 },
      },
      TrainerControl: {
        args: {
          should_training_stop: true,
          should_epoch_stop: false,
          should_save: true,
          should_evaluate: false,
          should_log: false,
        },
        attributes: {},
      },
    });
    assert.deepEqual(checkpointsOf(folder), [2, 8]);
  });
});

/** Rates so high that the model soon gets worse. */
const WORSE: Partial<TrainingArguments> = {
  num_train_epochs: 6,
  learning_rate: 0.1,
  lr_scheduler_type: "constant",
  load_best_model_at_end: true,
  metric_for_best_model: "accuracy",
};

for (
  const [what, args] of Object.entries<Partial<TrainingArguments>>({
    "each epoch": { save_total_limit: 1 },
    "in other steps than checkpoints": { eval_strategy: "steps", eval_steps: 2, save_strategy: "steps", save_steps: 7 },
    "and no checkpoints but its": { eval_strategy: "steps", eval_steps: 3, save_strategy: "no" },
  })
) {
  Deno.test(`evaluated ${what}, the best model is the one in the end, bit for bit that of its checkpoint`, async () => {
    await trained({ examples: 20, evaluated: 12, args: { ...WORSE, ...args } }, async ({ folder, output, model }) => {
      const { best_global_step, best_metric, best_model_checkpoint, global_step, log_history } = stateOf(folder);
      assert.ok(Number(best_global_step) < Number(global_step), "the last model is not the best");
      assert.equal(best_model_checkpoint, `checkpoint-${best_global_step}`);
      const evaluations = log_history.filter((entry) => "eval_loss" in entry);
      assert.equal(best_metric, Math.max(...evaluations.map(({ eval_accuracy }) => eval_accuracy!)));
      const best = evaluations.find(({ step }) => step === best_global_step)!;
      const { epoch: _, step: __, ...metrics } = best;
      assert.deepEqual(output.metrics, metrics);
      const Class = model.constructor as unknown as { from_pretrained(folder: string): Promise<typeof model> };
      using checkpoint = await Class.from_pretrained(join(folder, best_model_checkpoint as string));
      assertSame(await weightsOf(model), await weightsOf(checkpoint), "weights");
      const read = (name: string) => Deno.readFileSync(join(folder, name));
      assert.deepEqual(read("model.safetensors"), read(`${best_model_checkpoint}/model.safetensors`));
    });
  });
}

Deno.test("checkpoints are those of the best model and the last ones, as many as asked for", () => {
  const kept = (limit: number, losses: readonly number[]) => {
    const course = courseOf({ save_total_limit: limit });
    return losses.map((loss) => {
      evaluated(course, [{ loss }]);
      course.saved(`checkpoint-${course.state.global_step}`, { isLast: false });
      return course.checkpoints.join(" ");
    });
  };
  assert.deepEqual(kept(2, [5, 4, 4, 4, 3, 3]), ["1", "1 2", "2 3", "2 4", "4 5", "5 6"]);
  assert.deepEqual(kept(1, [5, 4, 4, 4, 3, 3]), ["1", "2", "2 3", "2 4", "5", "5 6"]);
  assert.deepEqual(kept(3, [1, 2, 2, 2, 2]), ["1", "1 2", "1 2 3", "1 3 4", "1 4 5"]);
});

Deno.test("a checkpoint that is not there is never named as that of the best model", async () => {
  const args = { eval_strategy: "steps", eval_steps: 2, save_strategy: "no", num_train_epochs: 1 } as const;
  await trained({ examples: 20, evaluated: 6, args }, ({ folder }) => {
    const { best_global_step, best_model_checkpoint } = stateOf(folder);
    assert.ok(Number(best_global_step) > 0);
    assert.equal(best_model_checkpoint, null);
    assert.deepEqual(checkpointsOf(folder), []);
  });
});

Deno.test("the state is that of Hugging Face's Trainer, in the folder and in each checkpoint", async () => {
  const args = {
    num_train_epochs: 2,
    logging_steps: 2,
    eval_strategy: "steps",
    eval_steps: 4,
    save_strategy: "steps",
    save_steps: 4,
    learning_rate: 1e-3,
    save_total_limit: 3,
  } as const;
  await trained({ examples: 20, evaluated: 6, args }, ({ folder }) => {
    const read = (name: string) => Deno.readTextFileSync(join(folder, name));
    const text = read("trainer_state.json");
    const state = parseTrainerState(text);
    assert.equal(trainerStateText(state), text);
    const { log_history, best_metric, best_global_step, best_model_checkpoint, stateful_callbacks: _, ...rest } = state;
    assert.deepEqual(
      rest,
      {
        epoch: 2,
        global_step: 10,
        max_steps: 10,
        logging_steps: 2,
        eval_steps: 4,
        save_steps: 4,
        train_batch_size: 4,
        num_train_epochs: 2,
        num_input_tokens_seen: rest.num_input_tokens_seen,
        total_flos: 0,
        is_local_process_zero: true,
        is_world_process_zero: true,
        is_hyper_param_search: false,
        trial_name: null,
        trial_params: null,
      } satisfies Partial<TrainerState>,
    );
    assert.equal(best_model_checkpoint, `checkpoint-${best_global_step}`);
    assert.equal(best_metric, Math.min(...log_history.flatMap(({ eval_loss }) => eval_loss ?? [])));
    // Of a step in which both are due the loss is logged first.
    const kinds = log_history.map(({ step, loss, eval_loss, train_loss }) =>
      `${step} ${
        loss !== undefined ? "loss" : eval_loss !== undefined ? "eval" : train_loss !== undefined ? "train" : ""
      }`
    );
    assert.deepEqual(kinds, ["2 loss", "4 loss", "4 eval", "6 loss", "8 loss", "8 eval", "10 loss", "10 train"]);
    assert.deepEqual(Object.keys(log_history[0]!).sort(), ["epoch", "grad_norm", "learning_rate", "loss", "step"]);
    assert.deepEqual(log_history.map(({ epoch }) => epoch), [0.4, 0.8, 0.8, 1.2, 1.6, 1.6, 2, 2]);

    assert.deepEqual(checkpointsOf(folder), [4, 8, 10]);
    for (const [step, entries] of [[4, 3], [8, 6], [10, 7]] as const) {
      const then = parseTrainerState(read(`checkpoint-${step}/trainer_state.json`));
      assert.deepEqual(then.log_history, log_history.slice(0, entries));
      assert.equal(then.global_step, step);
    }
  });
});

Deno.test("the last part of an epoch is evaluated and saved as an epoch", async () => {
  await trained({ examples: 20, evaluated: 6, args: { num_train_epochs: 1.5 } }, ({ folder }) => {
    const { log_history } = stateOf(folder);
    assert.deepEqual(log_history.flatMap(({ eval_loss, step }) => eval_loss === undefined ? [] : [step]), [5, 8]);
    assert.deepEqual(checkpointsOf(folder), [5, 8]);
  });
});

Deno.test("a correlation that is NaN is logged as Hugging Face's Trainer does, and the training goes on from it", async () => {
  const regression = TASKS.find(({ name }) => name === "regression")!;
  const args = { num_train_epochs: 2, metric_for_best_model: "pearson", load_best_model_at_end: true };
  await trained({ task: regression, examples: 8, evaluated: 1, args }, async ({ folder, output, trainer }) => {
    assert.ok(Number.isNaN(output.metrics.eval_pearson));
    assert.ok(output.metrics.eval_mse! > 0);
    const text = Deno.readTextFileSync(join(folder, "trainer_state.json"));
    assert.match(text, /"eval_pearson": NaN,/);
    assert.equal(parseTrainerState(text).best_metric, null);
    assert.deepEqual(await trainer.train({ resume_from_checkpoint: true }), output);
    assert.equal(Deno.readTextFileSync(join(folder, "trainer_state.json")), text);
  });
});

Deno.test("evaluations in steps that improve by less than the threshold end the training too", async () => {
  const args = {
    max_steps: 40,
    eval_strategy: "steps",
    eval_steps: 2,
    early_stopping_patience: 2,
    early_stopping_threshold: 1e9,
  } as const;
  await trained({ task: KINDS, examples: 8, evaluated: 6, args }, ({ output }) => assert.equal(output.global_step, 6));
});
