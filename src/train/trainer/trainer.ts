/** The trainer: from data sets to a trained model, as Hugging Face's. */

import { CheckpointError } from "../../base/errors.ts";
import { classOf, quote } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import type { LossOptions } from "../../heads/loss_run.ts";
import { coreOf, PreTrainedModel, type TeacherOption } from "../../heads/pretrained.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import { filesOfTokenizer, NarrowBertTokenizer } from "../../text/tokenizer.ts";
import { AdamW } from "../adamw.ts";
import type { Dataset } from "../data/dataset.ts";
import type { EvaluationDataOptions, TrainingDataOptions } from "../data/reading/options.ts";
import type { TrainingData } from "../data/reading/training.ts";
import { type MetricValues, prefixed } from "../metrics/metrics.ts";
import type { TrainingReport } from "../report/data.ts";
import { environmentOf } from "../saving/environment.ts";
import { TrainingFolder } from "../saving/training_folder.ts";
import { type TrainerState, trainerStateText } from "../trainer_state/trainer_state.ts";
import { resolveArguments, type ResolvedArguments } from "./arguments.ts";
import { bestWeights } from "./best.ts";
import { checkDataset } from "./checks.ts";
import { metricNames } from "./counters.ts";
import { identityOf } from "./course/identity.ts";
import { STATE_FILE } from "./course/record.ts";
import { evaluate, type Evaluation, expectLabel, type ScoringModel } from "./evaluation.ts";
import { labelOptions } from "./labels.ts";
import { TrainingLoop } from "./loop.ts";
import { TRAINER_OPTIONS, type TrainerOptions } from "./trainer_options.ts";

/** What a training gives. */
export interface TrainOutput {
  /** Its steps. */
  readonly global_step: number;
  /** The mean loss of all steps. */
  readonly training_loss: number;
  /** Numbers of the last evaluation, or of that of the best model: `eval_loss`, `eval_accuracy`. */
  readonly metrics: MetricValues;
}

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
  readonly #data: TrainingData;
  /** Options of every step. */
  readonly #step: LossOptions & TeacherOption;
  #loop: TrainingLoop | null = null;
  #evaluation: Evaluation | null = null;

  /**
   * A trainer. Nothing is read or computed yet.
   *
   * @throws {TypeError} If an option is missing or of another type, or if the model's class does not fit the data.
   * @throws {RangeError} If an argument is out of range, arguments do not go together, or labels are not the model's.
   */
  constructor(options: TrainerOptions) {
    checkOptionNames("train", options, TRAINER_OPTIONS);
    const { model, tokenizer, train_dataset, eval_dataset, teacher } = options;
    if (!(model instanceof PreTrainedModel) || !("forward" in model)) {
      throw new TypeError(`Cannot train: model must be a model of this library, got ${classOf(model)}`);
    }
    if (!(tokenizer instanceof NarrowBertTokenizer)) {
      throw new TypeError(`Cannot train: tokenizer must be a tokenizer of this library, got ${classOf(tokenizer)}`);
    }
    checkDataset("train", { train_dataset }, model);
    if (eval_dataset !== undefined) checkDataset("train", { eval_dataset }, model);
    const args = resolveArguments(options.args, {
      task: train_dataset.task,
      metrics: eval_dataset === undefined ? null : metricNames(eval_dataset),
    });
    this.args = args;
    this.#options = { ...options };
    this.#model = model as ScoringModel;
    this.#data = train_dataset.training(this.#trainingData());
    this.#step = {
      ...(args.dropout !== undefined && { dropout: args.dropout }),
      gradient_checkpointing: args.gradient_checkpointing,
      ...labelOptions(train_dataset, options.class_weights, args),
      ...(teacher && { teacher }),
    };
  }

  /** What is odd about the data, a sentence each. */
  get warnings(): readonly string[] {
    const { train_dataset, eval_dataset } = this.#options;
    const isSame = eval_dataset?.fingerprint === train_dataset.fingerprint;
    return [
      ...train_dataset.warnings,
      ...this.#data.warnings,
      ...isSame ? ["the data for the evaluation are those of the training: they tell nothing of other data"] : [],
    ];
  }

  /** The course of the training so far, whether it goes on or has failed; null before it. */
  get state(): TrainerState | null {
    return this.#loop?.state ?? null;
  }

  /**
   * Trains, and saves the model in `output_dir`.
   *
   * @param options `resume_from_checkpoint`: go on from the last checkpoint there. The training must be the same.
   * @throws {Error} If there are checkpoints in the folder and it does not go on, or if another trainer has the folder.
   * @throws {RangeError} If no example of the data for the evaluation has a label, or a masked word.
   * @throws {CheckpointError} If it should go on, and there is no checkpoint, or that of another training.
   * @throws {NonFiniteError} If losses are not finite three times in a row, or the training diverges. The checkpoints are
   *   those of before.
   */
  async train(options: { resume_from_checkpoint?: boolean } = {}): Promise<TrainOutput> {
    checkOptionNames("train", options, ["resume_from_checkpoint"]);
    const { tokenizer, optimizer: settings = {}, onProgress, signal } = this.#options;
    const { args } = this;
    signal?.throwIfAborted();
    using optimizer = new AdamW(this.#model, {
      ...settings,
      lr: args.learning_rate,
      betas: [args.adam_beta1, args.adam_beta2],
      eps: args.adam_epsilon,
      weight_decay: args.weight_decay,
      max_grad_norm: args.max_grad_norm,
      seed: args.seed,
    });
    const { eval_dataset } = this.#options;
    if (eval_dataset && args.eval_strategy !== "no") {
      await expectLabel(eval_dataset, this.#evaluationData(eval_dataset));
    }
    using folder = await TrainingFolder.open(args.output_dir, { tokenizer: await filesOfTokenizer(tokenizer) });
    const last = await folder.latest();
    if (last !== null && !options.resume_from_checkpoint) {
      throw new Error(
        `Cannot train in ${quote(folder.path)}: there is a checkpoint of step ${last.step} already; go on from it by ` +
          "resume_from_checkpoint (--resume), or choose another folder",
      );
    }
    if (last === null && options.resume_from_checkpoint) {
      throw new CheckpointError(
        `Cannot go on with the training in ${quote(folder.path)}: there is no checkpoint; begin it without ` +
          "resume_from_checkpoint (--resume)",
      );
    }
    const loop = await TrainingLoop.open({
      args,
      optimizer,
      folder,
      identity: await identityOf(this.#options, args),
      data: this.#data,
      step: this.#step,
      evaluate: () => this.#evaluate(),
      onProgress,
      signal,
    }, last);
    this.#loop = loop;
    this.#evaluation = null;
    await loop.run();
    const metrics = await this.#chooseModel(folder);
    await this.save_model();
    await saveFiles(args.output_dir, [[STATE_FILE, [new TextEncoder().encode(trainerStateText(loop.state))]]]);
    await loop.tidy();
    return { global_step: loop.state.global_step, training_loss: loop.trainingLoss, metrics };
  }

  /** Puts the weights of the best model in place, if they are asked for. Gives the numbers of its evaluation. */
  async #chooseModel(folder: TrainingFolder): Promise<MetricValues> {
    const { global_step, best_global_step, best_model_checkpoint, log_history } = this.state as TrainerState;
    const evaluations = log_history.filter((entry) => "eval_loss" in entry);
    const last = evaluations.at(-1);
    if (last === undefined) return {};
    const isBest = this.args.load_best_model_at_end && best_model_checkpoint !== null;
    const chosen = isBest ? evaluations.find(({ step }) => step === best_global_step) ?? last : last;
    const isOther = isBest && best_global_step !== global_step;
    if (isOther) await this.#model.load_state_dict(await bestWeights(folder.path, best_model_checkpoint));
    // A report shows an evaluation of the model: one that ended in a process before this one is done again.
    if (isOther || this.#evaluation === null && last.step === global_step) await this.#evaluate();
    const { step: _, epoch: __, ...metrics } = chosen;
    return metrics;
  }

  /**
   * Evaluates the model.
   *
   * @param dataset Other data, opened with the model's labels. Default: `eval_dataset`.
   * @returns Numbers by name: `eval_loss`, and those of the task, such as `eval_accuracy`.
   * @throws {TypeError} If there are no data.
   * @throws {RangeError} If no example has a label.
   */
  async evaluate(dataset: Dataset | undefined = this.#options.eval_dataset): Promise<MetricValues> {
    if (dataset === undefined) throw new TypeError("Cannot evaluate: there must be a data set, got none");
    checkDataset("evaluate", { dataset }, this.#model);
    return prefixed("eval", (await this.#evaluate(dataset)).values);
  }

  /** Writes the model and its tokenizer into a folder. Default: `output_dir`. */
  async save_model(folder: string | URL = this.args.output_dir): Promise<void> {
    await this.#model.save_pretrained(folder);
    await this.#options.tokenizer.save_pretrained(folder);
  }

  /** The training so far, for {@linkcode trainingReport}. @throws {Error} If nothing was trained yet. */
  report(title: string): TrainingReport {
    const loop = this.#loop;
    if (loop === null) throw new Error("Cannot report: nothing was trained yet");
    const { state, tokensPerSecond, resumed } = loop;
    const { library, runtime, adapter } = environmentOf(coreOf(this.#model).gpu);
    const log_history = state.log_history.map((entry) => {
      const speed = "learning_rate" in entry ? tokensPerSecond.get(entry.step as number) : undefined;
      return speed === undefined ? entry : { ...entry, train_tokens_per_second: speed };
    });
    return {
      title,
      state: { ...state, log_history },
      settings: { ...this.args, output_dir: String(this.args.output_dir) },
      resumed,
      environment: { library, runtime, ...adapter },
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
    return { ...data, tokenizer, model: this.#model, seed, per_device_train_batch_size };
  }

  #evaluationData({ task }: Dataset): EvaluationDataOptions {
    const { tokenizer, data: { max_seq_length, mlm_probability, whole_word_mask, pack_texts } = {} } = this.#options;
    return {
      tokenizer,
      model: this.#model,
      seed: this.args.seed,
      per_device_eval_batch_size: this.args.per_device_eval_batch_size,
      ...(max_seq_length !== undefined && { max_seq_length }),
      ...(task === "mlm" && {
        ...(mlm_probability !== undefined && { mlm_probability }),
        ...(whole_word_mask !== undefined && { whole_word_mask }),
        ...(pack_texts !== undefined && { pack_texts }),
      }),
    };
  }
}
