/** The trainer: from data sets to a trained model, as Hugging Face's. */

import { CheckpointError } from "../../base/errors.ts";
import { classOf, quote } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import { PreTrainedModel, type Teacher } from "../../heads/pretrained.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import { filesOfTokenizer, NarrowBertTokenizer } from "../../text/tokenizer.ts";
import { AdamW } from "../adamw.ts";
import type { Dataset } from "../data/dataset.ts";
import type { EvaluationDataOptions, TrainingDataOptions } from "../data/reading/options.ts";
import { type MetricValues, prefixed } from "../metrics/metrics.ts";
import type { TrainingReport } from "../report/data.ts";
import { TrainingFolder } from "../saving/training_folder.ts";
import type { OptimizerOptions } from "../settings.ts";
import { type TrainerState, trainerStateText } from "../trainer_state/trainer_state.ts";
import { resolveArguments, type ResolvedArguments, type TrainingArguments } from "./arguments.ts";
import { bestWeights } from "./best.ts";
import { checkDataset } from "./checks.ts";
import { evaluate, type Evaluation, type ScoringModel } from "./evaluation.ts";
import { labelOptions } from "./labels.ts";
import { TrainingLoop, type TrainingProgress } from "./loop.ts";

/** What a {@linkcode Trainer} trains, and how. */
export interface TrainerOptions {
  /** A model of the class that fits the data, whose weights are f32. */
  model: PreTrainedModel;
  /** Its tokenizer. */
  tokenizer: NarrowBertTokenizer;
  /** Arguments by Hugging Face's names. */
  args: TrainingArguments;
  /** What it learns from. */
  train_dataset: Dataset;
  /** What it is evaluated on, opened with the labels of `train_dataset`. @default none */
  eval_dataset?: Dataset;
  /** A model from which it learns too. @default none */
  teacher?: Teacher;
  /** Which tensors learn, and how fast. @default all alike */
  optimizer?: Pick<OptimizerOptions, "frozen" | "lr_factors" | "no_decay">;
  /** How examples become batches, besides the sizes of batches. @default the defaults of data sets */
  data?: Pick<
    TrainingDataOptions,
    "max_seq_length" | "mlm_probability" | "whole_word_mask" | "pack_texts" | "max_batch_tokens" | "shuffle_buffer_size"
  >;
  /** A weight for each label, or `"balanced"`: one that makes up for how often it occurs. @default all 1 */
  class_weights?: readonly number[] | "balanced";
  /** Is told of every step and evaluation. */
  onProgress?: (progress: TrainingProgress) => void;
  /**
   * Ends the training after the step under way: a checkpoint is written, and {@linkcode Trainer.train} rejects with the
   * signal's reason. A call with `resume_from_checkpoint` then goes on.
   */
  signal?: AbortSignal;
}

/** What a training gives. */
export interface TrainOutput {
  /** Its steps. */
  readonly global_step: number;
  /** The mean loss of all steps. */
  readonly training_loss: number;
  /** Numbers of the last evaluation, or of that of the best model: `eval_loss`, `eval_accuracy`. */
  readonly metrics: MetricValues;
}

const OPTIONS = [
  "model",
  "tokenizer",
  "args",
  "train_dataset",
  "eval_dataset",
  "teacher",
  "optimizer",
  "data",
  "class_weights",
  "onProgress",
  "signal",
];

/**
 * Trains a model on a data set, evaluates it, and keeps checkpoints from which a training that was stopped goes on bit by
 * bit. The folder `output_dir` is that of the trained model in the end, as `from_pretrained` and `pipeline` load it.
 *
 * @example
 * ```ts
 * import { datasetOf, NarrowBertForSequenceClassification, NarrowBertTokenizerFast, Trainer } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/mlm";
 * const texts = [{ text: "a brown dog", label: "animal" }, { text: "a saw", label: "tool" }];
 * const train_dataset = datasetOf(texts, { task: "classify" });
 * const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
 * using model = await NarrowBertForSequenceClassification.from_pretrained(folder, {
 *   config: { id2label: { ...train_dataset.labels } },
 *   new_head: true,
 * });
 *
 * const args = { output_dir: await Deno.makeTempDir(), learning_rate: 1e-3, num_train_epochs: 4 };
 * const trainer = new Trainer({ model, tokenizer, args, train_dataset });
 * const { global_step, training_loss } = await trainer.train();
 * console.log(global_step, training_loss); // 4, and a loss
 * ```
 */
export class Trainer {
  /** The arguments with their defaults. */
  readonly args: ResolvedArguments;
  readonly #options: TrainerOptions;
  readonly #model: ScoringModel;
  #state: TrainerState | null = null;
  #evaluation: Evaluation | null = null;
  #report: Pick<TrainingReport, "resumed" | "environment"> & { tokensPerSecond: Map<number, number> } = {
    tokensPerSecond: new Map(),
  };

  /**
   * A trainer. Nothing is read or computed yet.
   *
   * @throws {TypeError} If an option is missing or of another type, or if the model's class does not fit the data.
   * @throws {RangeError} If an argument is out of range, arguments do not go together, or labels are not the model's.
   */
  constructor(options: TrainerOptions) {
    checkOptionNames("train", options, OPTIONS);
    const { model, tokenizer, args, train_dataset, eval_dataset } = options;
    if (!(model instanceof PreTrainedModel) || !("forward" in model)) {
      throw new TypeError(`Cannot train: model must be a model of this library, got ${classOf(model)}`);
    }
    if (!(tokenizer instanceof NarrowBertTokenizer)) {
      throw new TypeError(`Cannot train: tokenizer must be a tokenizer of this library, got ${classOf(tokenizer)}`);
    }
    checkDataset("train_dataset", train_dataset, model);
    if (eval_dataset !== undefined) checkDataset("eval_dataset", eval_dataset, model, train_dataset);
    this.#options = options;
    this.#model = model as ScoringModel;
    this.args = resolveArguments(args, { task: train_dataset.task, evaluates: eval_dataset !== undefined });
  }

  /** The course of the training so far; null before it. */
  get state(): TrainerState | null {
    return this.#state;
  }

  /**
   * Trains, and saves the model in `output_dir`.
   *
   * @param options `resume_from_checkpoint`: go on from the last checkpoint there. The training must be the same.
   * @throws {Error} If there are checkpoints in the folder and it does not go on, or if another trainer has the folder.
   * @throws {CheckpointError} If it should go on, and there is no checkpoint, or that of another training.
   * @throws {NonFiniteError} If losses are not finite three times in a row, or the training diverges. The last checkpoint
   *   is that of a good model.
   */
  async train(options: { resume_from_checkpoint?: boolean } = {}): Promise<TrainOutput> {
    checkOptionNames("train", options, ["resume_from_checkpoint"]);
    const { tokenizer, train_dataset, teacher, optimizer: settings = {}, onProgress, signal } = this.#options;
    const { args } = this;
    using folder = await TrainingFolder.open(args.output_dir, {
      keep: args.save_total_limit,
      tokenizer: await filesOfTokenizer(tokenizer),
    });
    using optimizer = new AdamW(this.#model, {
      ...settings,
      lr: args.learning_rate,
      betas: [args.adam_beta1, args.adam_beta2],
      eps: args.adam_epsilon,
      weight_decay: args.weight_decay,
      max_grad_norm: args.max_grad_norm,
      seed: args.seed,
    });
    const last = await folder.latest();
    if (last !== null && !options.resume_from_checkpoint) {
      throw new Error(
        `Cannot train in ${quote(folder.path)}: there is a checkpoint of step ${last.step} already; go on from it by ` +
          "resume_from_checkpoint, or choose another folder",
      );
    }
    if (last === null && options.resume_from_checkpoint) {
      throw new CheckpointError(`Cannot go on with the training in ${quote(folder.path)}: there is no checkpoint`);
    }
    const loop = new TrainingLoop({
      args,
      optimizer,
      folder,
      fingerprint: train_dataset.fingerprint,
      data: train_dataset.training(this.#trainingData()),
      step: {
        ...(args.dropout !== undefined && { dropout: args.dropout }),
        gradient_checkpointing: args.gradient_checkpointing,
        ...labelOptions(train_dataset, this.#options.class_weights, args),
        ...(teacher && { teacher }),
      },
      evaluate: () => this.#evaluate(),
      onProgress,
      signal,
    });
    try {
      await loop.run(last);
    } finally {
      this.#state = loop.state;
      this.#report = { ...this.#report, tokensPerSecond: loop.tokensPerSecond, resumed: loop.resumed };
    }
    const state = loop.state as TrainerState;
    if (args.load_best_model_at_end && state.best_model_checkpoint !== null) {
      await this.#model.load_state_dict(await bestWeights(folder.path, state.best_model_checkpoint));
      if (state.best_global_step !== state.global_step) await this.#evaluate();
    }
    await this.save_model();
    await saveFiles(args.output_dir, [["trainer_state.json", [
      new TextEncoder().encode(trainerStateText(state)),
    ]]]);
    const metrics = this.#evaluation === null ? {} : prefixed("eval", this.#evaluation.values);
    return { global_step: state.global_step, training_loss: loop.trainingLoss, metrics };
  }

  /**
   * Evaluates the model.
   *
   * @param dataset Other data, opened with the model's labels. Default: `eval_dataset`.
   * @returns Numbers by name: `eval_loss`, and those of the task, such as `eval_accuracy`.
   * @throws {TypeError} If there are no data.
   */
  async evaluate(dataset: Dataset | undefined = this.#options.eval_dataset): Promise<MetricValues> {
    if (dataset === undefined) throw new TypeError("Cannot evaluate: there must be a data set, got none");
    checkDataset("dataset", dataset, this.#model, this.#options.train_dataset);
    return prefixed("eval", (await this.#evaluate(dataset)).values);
  }

  /** Writes the model and its tokenizer into a folder. Default: `output_dir`. */
  async save_model(folder: string | URL = this.args.output_dir): Promise<void> {
    await this.#model.save_pretrained(folder);
    await this.#options.tokenizer.save_pretrained(folder);
  }

  /** The training so far, for {@linkcode trainingReport}. @throws {Error} If nothing was trained yet. */
  report(title: string): TrainingReport {
    const state = this.#state;
    if (state === null) throw new Error("Cannot report: nothing was trained yet");
    const { tokensPerSecond, ...notes } = this.#report;
    const log_history = state.log_history.map((entry) => {
      const speed = "learning_rate" in entry ? tokensPerSecond.get(entry.step as number) : undefined;
      return speed === undefined ? entry : { ...entry, train_tokens_per_second: speed };
    });
    return {
      title,
      state: { ...state, log_history },
      settings: { ...this.args, output_dir: String(this.args.output_dir) },
      ...notes,
      ...(this.#evaluation && { evaluation: this.#evaluation.report }),
    };
  }

  async #evaluate(dataset = this.#options.eval_dataset as Dataset): Promise<Evaluation> {
    const { onProgress, signal } = this.#options;
    const { length: total } = dataset;
    this.#evaluation = await evaluate(this.#model, dataset, {
      data: this.#evaluationData(dataset),
      signal,
      onProgress: (examples) => onProgress?.({ status: "evaluation", examples, total }),
    });
    return this.#evaluation;
  }

  #trainingData(): TrainingDataOptions {
    const { tokenizer, data = {} } = this.#options;
    const { per_device_train_batch_size, seed } = this.args;
    return { tokenizer, model: this.#model, seed, per_device_train_batch_size, ...data };
  }

  #evaluationData({ task }: Dataset): EvaluationDataOptions {
    const { tokenizer, data: { max_seq_length, mlm_probability, whole_word_mask } = {} } = this.#options;
    return {
      tokenizer,
      model: this.#model,
      seed: this.args.seed,
      per_device_eval_batch_size: this.args.per_device_eval_batch_size,
      ...(max_seq_length !== undefined && { max_seq_length }),
      ...(task === "mlm" && mlm_probability !== undefined && { mlm_probability }),
      ...(task === "mlm" && whole_word_mask !== undefined && { whole_word_mask }),
    };
  }
}
