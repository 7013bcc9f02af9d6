/** Data sets: examples that have been checked and counted. */

import type { ProblemType } from "../../model/config/fields.ts";
import type { DataExample, DataTask, Example } from "./examples.ts";
import { evaluationBatches } from "./reading/evaluation.ts";
import {
  type EvaluationDataOptions,
  evaluationSettings,
  type TrainingDataOptions,
  trainingSettings,
} from "./reading/options.ts";
import type { DataBatch, Source } from "./reading/source.ts";
import { type TrainingData, TrainingStream } from "./reading/training.ts";
import { countExamples } from "./source/blocks.ts";
import type { LabelSet } from "./tasks/labels.ts";

/** Examples that have been checked. Those of files stay there, and are read again when they are used. */
export interface Dataset<E extends Example = Example> {
  /** What the examples are for. */
  readonly task: DataTask;
  /** How many examples there are. */
  readonly length: number;
  /** The classes or tags, in the order of their ids, for the model's `id2label`; none for numbers, words and choices. */
  readonly labels: readonly string[];
  /** How often each label occurs. */
  readonly label_counts: readonly number[];
  /** Of `classify`: what is learned, for the model's `problem_type`; else null. */
  readonly problem_type: ProblemType | null;
  /** What is odd about the data, a sentence each. */
  readonly warnings: readonly string[];
  /** A checksum: data with another one are not those that a training began with. */
  readonly fingerprint: string;
  /**
   * The batches of a training.
   *
   * @throws {RangeError | TypeError} If an option does not fit.
   */
  training(options: TrainingDataOptions): TrainingData;
  /**
   * The batches of an evaluation: all examples, in order.
   *
   * @throws {RangeError | TypeError} If an option does not fit.
   */
  evaluation(options: EvaluationDataOptions): AsyncGenerator<DataBatch>;
  /**
   * Examples by their numbers, which batches have.
   *
   * @throws {RangeError} If there is no such number.
   * @throws {InputError} If the data have changed.
   */
  read(numbers: readonly number[]): Promise<DataExample<E>[]>;
}

/** {@linkcode Dataset} of a store. */
export class CheckedDataset<E extends Example> implements Dataset<E> {
  readonly task: DataTask;
  readonly length: number;
  readonly labels: readonly string[];
  readonly label_counts: readonly number[];
  readonly problem_type: ProblemType | null;
  readonly warnings: readonly string[];
  readonly fingerprint: string;
  readonly #source: Source;

  constructor(source: Source, fingerprint: string) {
    const { task, store, labels } = source;
    this.#source = source;
    this.task = task;
    this.length = countExamples(store.blocks);
    this.labels = labels?.names ?? [];
    this.label_counts = labels?.counts ?? [];
    this.problem_type = task === "classify" ? (labels as LabelSet).problem : null;
    // Most words of a text are no entity, so tags are never balanced.
    const imbalance = task === "classify" ? labels?.imbalance ?? null : null;
    this.warnings = [labels?.unlabelled ?? null, imbalance].filter((warning) => warning !== null);
    this.fingerprint = fingerprint;
  }

  training(options: TrainingDataOptions): TrainingData {
    return new TrainingStream(this.#source, trainingSettings(this.task, options));
  }

  evaluation(options: EvaluationDataOptions): AsyncGenerator<DataBatch> {
    return evaluationBatches(this.#source, evaluationSettings(this.task, options));
  }

  async read(numbers: readonly number[]): Promise<DataExample<E>[]> {
    const wrong = numbers.find((number) => !(Number.isInteger(number) && number >= 0 && number < this.length));
    if (wrong !== undefined) {
      throw new RangeError(`Cannot read an example: it must be from 0 to ${this.length - 1}, got ${wrong}`);
    }
    const { store } = this.#source;
    const found = new Map<number, DataExample>();
    const wanted = new Set(numbers);
    for (const block of store.blocks) {
      if (![...wanted].some((number) => number >= block.first && number < block.first + block.count)) continue;
      for (const example of await store.read(block)) if (wanted.has(example.number)) found.set(example.number, example);
    }
    return numbers.map((number) => found.get(number) as DataExample<E>);
  }
}
