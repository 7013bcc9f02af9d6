/** Trainings that are not begun, or do not go on, and trainings that fail: what is said, and what is left. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AdamW,
  type Dataset,
  NarrowBertForSequenceClassification,
  NarrowBertTokenizerFast,
  Tensor,
  type Trainer,
  type TrainingArguments,
  TrainingFolder,
} from "../../../mod.ts";
import { resolveArguments } from "../../../src/train/trainer/arguments.ts";
import { Course } from "../../../src/train/trainer/course/course.ts";
import { hasHalves } from "../../gpu/halves.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { liveBytes } from "../helpers.ts";
import { interrupt } from "./interruptions.ts";
import {
  assertSameFolders,
  checkpointsOf,
  filesOf,
  KINDS,
  type SmallTraining,
  tokenizer,
  trained,
  withTrainer,
  WORDS,
} from "./trainers.ts";

const goOn = (folder: string, training: SmallTraining) =>
  withTrainer(folder, training, (trainer) => trainer.train({ resume_from_checkpoint: true }));

/** A training that was interrupted after its third step; the fourth had begun. */
const interrupted = (folder: string, training: SmallTraining) =>
  interrupt(folder, training, ({ status, step }) => status === "step" && step === 3);

const TRAINING: SmallTraining = {
  examples: 20,
  evaluated: 6,
  args: { num_train_epochs: 2 },
  data: { max_seq_length: 10 },
  optimizer: { frozen: ["narrow_bert.embeddings"] },
};

Deno.test("a training does not go on with other arguments, options or data, and nothing changes", () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, TRAINING);
    const files = filesOf(folder);
    using teacher = await KINDS.model(KINDS.data(4));
    const other: Dataset = KINDS.data(20, { labels: ["animal", "tool"], problem_type: "single_label_classification" });
    assert.equal(other.fingerprint, KINDS.data(20).fingerprint);
    const words = new TextDecoder().decode(
      await Deno.readFile(join(folder, `checkpoint-${checkpointsOf(folder)[0]}`, "vocab.txt")),
    );
    const otherTokenizer = await NarrowBertTokenizerFast.from_pretrained(
      new Map([["vocab.txt", new TextEncoder().encode(words.replace("bird\ncat", "cat\nbird"))]]),
    );
    const args = (more: Partial<TrainingArguments>) => ({ args: { ...TRAINING.args, ...more } });
    const changes: [SmallTraining, ...string[]][] = [
      [args({ learning_rate: 0.5 }), "learning_rate must be 0.01, got 0.5"],
      [args({ num_train_epochs: 3 }), "num_train_epochs must be 2, got 3"],
      [args({ dropout: 0.5 }), "dropout must be left out, got 0.5"],
      [args({ seed: 1, max_grad_norm: 2 }), "max_grad_norm must be 1, got 2", "seed must be 42, got 1"],
      [args({ logging_steps: 1 }), "eval_steps must be 50, got 1", "logging_steps must be 50, got 1"],
      [{ data: { max_seq_length: 9 } }, "max_seq_length must be 10, got 9"],
      [{ data: { max_seq_length: 10, max_batch_tokens: 50 } }, "max_batch_tokens must be left out, got 50"],
      [{ data: {} }, "max_seq_length must be 10, got left out"],
      [{ optimizer: {} }, 'frozen must be ["narrow_bert.embeddings"], got left out'],
      [{ class_weights: "balanced" }, 'class_weights must be left out, got "balanced"'],
      [{ class_weights: [1, 2] }, "class_weights must be left out, got [1,2]"],
      [{ teacher: { model: teacher, weight: 1 } }, 'teacher must be left out, got {"weight":1}'],
      [{ train_dataset: KINDS.data(21) }, "train_dataset must be that of its beginning, and is another one"],
      [{ evaluated: 7 }, "eval_dataset must be that of its beginning, and is another one"],
      [{ tokenizer: otherTokenizer }, "tokenizer must be that of its beginning, and is another one"],
    ];
    for (const [change, ...problems] of changes) {
      const list = problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  - ${problem}`).join("");
      await assert.rejects(goOn(folder, { ...TRAINING, ...change }), {
        name: "CheckpointError",
        message: `Cannot go on from "${folder}/checkpoint-4": it is a checkpoint of another training:${list}`,
      });
      assert.deepEqual(filesOf(folder), files);
    }
    await assert.rejects(goOn(folder, { ...TRAINING, config: { intermediate_size: 32 } }), {
      name: "CheckpointError",
      message: /it is the checkpoint of another training: intermediate_size of its config must be 24, got 32$/,
    });
    assert.deepEqual(filesOf(folder), files);
    // What changes no step may be another one.
    const free = args({ per_device_eval_batch_size: 1, save_total_limit: 5 });
    const { global_step } = await goOn(folder, { ...TRAINING, ...free, train_dataset: other });
    assert.equal(global_step, 10);
  }));

Deno.test("data for the evaluation without a masked word are refused before a step", () =>
  inTemporaryFolder(async (parent) => {
    const folder = join(parent, "training");
    const training = { task: WORDS, examples: 12, evaluated: 1 } as const;
    const message = "Cannot evaluate: a text must have a masked word, got none; give more examples";
    await withTrainer(folder, training, async (trainer) => {
      await assert.rejects(trainer.train(), { name: "RangeError", message });
      assert.equal(trainer.state, null);
    });
    assert.deepEqual([...Deno.readDirSync(parent)], []);
    await withTrainer(folder, { ...training, args: { eval_strategy: "no" } }, (trainer) => trainer.train());
  }));

Deno.test("a training is not begun where there is a file", () =>
  inTemporaryFolder(async (parent) => {
    const file = join(parent, "file");
    await Deno.writeTextFile(file, "not a folder");
    await withTrainer(file, TRAINING, (trainer) =>
      assert.rejects(trainer.train(), {
        name: "TypeError",
        message: `Cannot make the folder "${file}": it must be a folder, and is a file`,
      }));
    assert.equal(await Deno.readTextFile(file), "not a folder");
  }));

Deno.test("a training with a teacher goes on with the same one only", () =>
  inTemporaryFolder(async (folder) => {
    const data = KINDS.data(4);
    using first = await KINDS.model(data);
    using same = await KINDS.model(data);
    await same.load_state_dict(await first.state_dict());
    using other = await KINDS.model(data);
    const weights = await first.state_dict();
    const [name, { dims, data: numbers }] = [...weights].at(-1)!;
    weights.set(name, new Tensor("float32", (numbers as Float32Array).map((x) => x + 1e-3), dims));
    await other.load_state_dict(weights);
    using deeper = await KINDS.model(data, { num_hidden_layers: 3 });
    await interrupted(folder, { ...TRAINING, teacher: { model: first } });
    for (const model of [other, deeper]) {
      await assert.rejects(goOn(folder, { ...TRAINING, teacher: { model } }), {
        name: "CheckpointError",
        message: /another training: teacher must be that of its beginning, and is another one$/,
      });
    }
    assert.equal((await goOn(folder, { ...TRAINING, teacher: { model: same } })).global_step, 10);
  }));

Deno.test("a training is not begun where there is one, and does not go on where there is none", () =>
  inTemporaryFolder(async (parent) => {
    const folder = join(parent, "training");
    await assert.rejects(goOn(folder, TRAINING), {
      name: "CheckpointError",
      message: `Cannot go on with the training in "${folder}": there is no checkpoint; begin it without ` +
        "resume_from_checkpoint (--resume)",
    });
    await interrupted(folder, TRAINING);
    const files = filesOf(folder);
    await assert.rejects(withTrainer(folder, TRAINING, (trainer) => trainer.train()), {
      name: "Error",
      message: `Cannot train in "${folder}": there is a checkpoint of step 4 already; go on from it by ` +
        "resume_from_checkpoint (--resume), or choose another folder",
    });
    await assert.rejects(withTrainer(folder, TRAINING, (trainer) => trainer.train({ resume: true } as never)), {
      name: "TypeError",
      message:
        'Cannot train: there is no option "resume"; options are resume_from_checkpoint; did you mean "resume_from_checkpoint"?',
    });
    assert.deepEqual(filesOf(folder), files);
    const own = join(parent, "own");
    {
      using training = await TrainingFolder.open(own);
      using model = await KINDS.model(KINDS.data(4));
      using optimizer = new AdamW(model);
      const { input_ids } = tokenizer.batch_encode_plus(["a cat"]);
      await optimizer.step({ input_ids, labels: [0] });
      await training.save(optimizer, { step: 1, data: { place: 1 } });
    }
    await assert.rejects(goOn(own, TRAINING), {
      name: "CheckpointError",
      message:
        `Cannot go on from "${own}/checkpoint-1": it must be a checkpoint of a Trainer of this version, and is ` +
        "another one",
    });
  }));

Deno.test("two trainings in one folder: the second is refused while the first goes on", () =>
  inTemporaryFolder(async (folder) => {
    const long = { ...TRAINING, args: { num_train_epochs: 1000 } };
    const controller = new AbortController();
    const reason = new Error("the second was refused");
    let second: Promise<void> | null = null;
    const begin = () =>
      withTrainer(folder, long, (other) =>
        assert.rejects(other.train(), {
          name: "Error",
          message:
            `Cannot train in "${folder}": another trainer writes its checkpoints there; wait for it, or choose ` +
            "another folder",
        }));
    const onProgress = () => void (second ??= begin().finally(() => controller.abort(reason)));
    await withTrainer(folder, { ...long, onProgress, signal: controller.signal }, (first) => {
      return assert.rejects(first.train(), reason);
    });
    await second;
  }));

Deno.test("trainings in folders of their own, at once, give what each gives alone", () =>
  inTemporaryFolder(async (parent) => {
    const run = (name: string, seed: number) =>
      withTrainer(join(parent, name), { ...TRAINING, args: { ...TRAINING.args, seed } }, (trainer) => trainer.train());
    await run("one", 1);
    await run("two", 2);
    await Promise.all([run("one at once", 1), run("two at once", 2)]);
    for (const name of ["one", "two"]) assertSameFolders(join(parent, `${name} at once`), join(parent, name), name);
  }));

Deno.test("losses that are not finite stop a training, which stops there again if it goes on", () =>
  inTemporaryFolder(async (folder) => {
    const before = liveBytes();
    const args = { learning_rate: 1e30, save_strategy: "steps", save_steps: 2, num_train_epochs: 5 } as const;
    const message =
      /^Cannot go on with the training: loss and gradients must be finite, but 3 steps in a row were not: step 2, examples \d+, \d+, \d+, \d+ \(loss .*\); step 3, .*; step 4, .*use a lower learning rate, or look at these texts$/;
    const error = { name: "NonFiniteError", message };
    await withTrainer(folder, { args }, async (trainer) => {
      await assert.rejects(trainer.train(), error);
      assert.equal(trainer.state!.global_step, 3);
      assert.match(trainer.report("failed").title, /failed/);
    });
    assert.deepEqual(checkpointsOf(folder), [2]);
    using good = await NarrowBertForSequenceClassification.from_pretrained(join(folder, "checkpoint-2")); // all finite
    assert.equal(good.config.num_labels, 2);
    await assert.rejects(goOn(folder, { args }), error); // two steps more, as the first was counted before
    assert.equal(liveBytes() - good.weightBytes, before);
  }));

Deno.test("a training that diverges stops, and keeps its checkpoints", async () => {
  const course = new Course(resolveArguments({ output_dir: "out" }, { task: "classify", metrics: null }), {
    length: { steps: 100, exact: true, epochs: 3, num_train_epochs: 3 },
    record: null,
  });
  const step = (loss: number) =>
    course.step({ loss, grad_norm: 1, applied: true }, { epoch: 0, rate: 1, tokens: 1, isLabelled: true, name: "" });
  for (let i = 0; i < 25; i++) step(0.5);
  for (let i = 0; i < 25; i++) step(2); // the limit itself
  assert.throws(() => step(2.001), {
    name: "NonFiniteError",
    message: "Cannot go on with the training: it diverges: the mean loss of the last 25 steps is 2.000, that of the " +
      "first 25 was 0.500; use a lower learning rate, or a longer warm-up",
  });

  await inTemporaryFolder(async (folder) => {
    const args = {
      learning_rate: 3,
      warmup_steps: 100,
      max_steps: 300,
      save_strategy: "steps",
      save_steps: 10,
    } as const;
    await withTrainer(folder, { args, config: { initializer_range: 0.02 } }, async (trainer) => {
      await assert.rejects(trainer.train(), { name: "NonFiniteError", message: /it diverges/ });
      const last = Math.floor(trainer.state!.global_step / 10) * 10;
      assert.deepEqual(checkpointsOf(folder).at(-1), last - (trainer.state!.global_step % 10 === 0 ? 10 : 0));
    });
  });
});

Deno.test("options that a step refuses are said before there is a checkpoint, and leave no GPU memory", () =>
  inTemporaryFolder(async (parent) => {
    const before = liveBytes();
    using teacher = await KINDS.model(KINDS.data(4), { vocab_size: 99 });
    const memory = liveBytes();
    const refused: [string, SmallTraining, RegExp][] = [
      [
        "teacher",
        { teacher: { model: teacher } },
        /^TypeError: Cannot take a step: vocab_size of teacher.model must be the student's 34, got 99/,
      ],
      ["weights", { class_weights: [1, 2, 3] }, /^TypeError: Cannot take a step: class_weights must .*2.*3/],
      [
        "negative",
        { class_weights: [1, -1] },
        /^RangeError: Cannot take a step: class_weights\[1\] must be a finite number from 0, got -1$/,
      ],
      ["pattern", { optimizer: { frozen: ["bert.embedings"] } }, /^RangeError: Cannot .*bert\.embedings/],
      ["schedule", { optimizer: { lr_factors: { classifier: -1 } } }, /^RangeError: Cannot .*-1/],
    ];
    for (const [name, training, message] of refused) {
      const folder = join(parent, name);
      await withTrainer(folder, training, (trainer) => assert.rejects(trainer.train(), message));
      const isThere = [...Deno.readDirSync(parent)].some((entry) => entry.name === name);
      assert.deepEqual(isThere ? checkpointsOf(folder) : [], []);
    }
    assert.equal(liveBytes(), memory);
    assert.ok(memory > before);
  }));

Deno.test("a disposed model and f16 weights are refused", () =>
  inTemporaryFolder(async (folder) => {
    const model = await KINDS.model(KINDS.data(4));
    await model.save_pretrained(folder);
    const { id2label } = model.config;
    model.dispose();
    const message = "Cannot use this NarrowBertForSequenceClassification: it was disposed";
    const refuses = (expected: object) => (trainer: Trainer) => assert.rejects(trainer.train(), expected);
    await withTrainer(folder, { model }, refuses({ name: "DisposedError", message }));
    const halfModel = () => {
      return NarrowBertForSequenceClassification.from_pretrained(folder, { dtype: "f16", config: { id2label } });
    };
    if (!await hasHalves(halfModel)) return; // it was refused as it must be
    using half = await halfModel();
    await withTrainer(folder, { model: half }, refuses({ name: "TypeError", message: /weights must be f32, got f16/ }));
    assert.deepEqual(checkpointsOf(folder), []);
  }));

Deno.test("a callback that fails ends the training with its error, and the next training is right", () =>
  inTemporaryFolder(async (parent) => {
    await withTrainer(join(parent, "whole"), TRAINING, (trainer) => trainer.train());
    for (const status of ["step", "evaluation", "evaluated", "saved"]) {
      const before = liveBytes();
      const folder = join(parent, status);
      const error = new Error(`callback at ${status}`);
      const onProgress = (progress: { status: string }) => {
        if (progress.status === status) throw error;
      };
      await assert.rejects(withTrainer(folder, { ...TRAINING, onProgress }, (trainer) => trainer.train()), error);
      assert.equal(liveBytes(), before);
      if (checkpointsOf(folder).length > 0) await goOn(folder, TRAINING);
      else await withTrainer(folder, TRAINING, (trainer) => trainer.train());
      assertSameFolders(folder, join(parent, "whole"), status);
    }
  }));

Deno.test("an evaluation that is not finite ends the training, and says so", () =>
  trained({ examples: 8, evaluated: 6, args: { num_train_epochs: 1 } }, async ({ trainer, model }) => {
    const weights = await model.state_dict();
    const bias = weights.get("classifier.bias")!;
    (bias.data as Float32Array).fill(3e38);
    const weight = weights.get("classifier.weight")!;
    (weight.data as Float32Array).fill(3e38);
    await model.load_state_dict(weights);
    await assert.rejects(trainer.evaluate(), {
      name: "NonFiniteError",
      message: /^Cannot count a batch: .*must be finite/,
    });
  }));
