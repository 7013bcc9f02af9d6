/** A model that is served: a pipeline for each of its tasks, all on one model and one queue. */

import {
  type BatchingOptions,
  type FeatureExtractionOptions,
  type ModelInWorker,
  pipeline,
  type SharedParts,
  type TaskName,
  type TaskPipelines,
} from "../../../mod.ts";
import { openFolder } from "../../io/folder/folder.ts";
import { locateTransformer } from "../../heads/sentence/modules.ts";
import { readConfig } from "../../model/config/config.ts";
import { textPooling } from "../../pipelines/tasks/feature_extraction.ts";
import type { Settings } from "../options.ts";
import { type ModelTasks, tasksOf } from "./tasks.ts";

/** The pipelines of a model, by their tasks: those that it can do. */
export type Pipelines = { readonly [T in TaskName]?: TaskPipelines<true>[T] };

/** What of a service's settings concerns its models. */
export type ModelSettings = Pick<
  Settings,
  | "load"
  | "worker"
  | "workerTimeoutMs"
  | "pooling"
  | "maxBatchTokens"
  | "maxBatchRequests"
  | "maxBatchRows"
  | "maxClientBatchSize"
  | "maxConcurrentRequests"
  | "queueTimeoutMs"
  | "warmup"
>;

/** A model that is loaded. */
export class ServedModel {
  readonly name: string;
  readonly tasks: ModelTasks;
  readonly pipelines: Pipelines;
  /** Most tokens of a text. */
  readonly maxInputLength: number;
  /** The options of each embedding that say how one is made of a text. */
  readonly pooling: Pick<FeatureExtractionOptions, "pooling">;
  /** What the pipelines show of their model. */
  readonly model: ModelInWorker;

  private constructor(
    name: string,
    { tasks, pipelines, asked }: { tasks: ModelTasks; pipelines: Pipelines; asked: Settings["pooling"] },
  ) {
    const embed = pipelines["feature-extraction"]!;
    this.name = name;
    this.tasks = tasks;
    this.pipelines = pipelines;
    this.model = embed.model;
    this.maxInputLength = Math.min(embed.max_seq_length, embed.model.config.max_position_embeddings);
    this.pooling = textPooling(embed, asked);
  }

  /** Loads a model. @throws As `pipeline` does. */
  static async load(
    { source, name }: Settings["models"][number],
    settings: ModelSettings,
    onBatch: NonNullable<BatchingOptions["onBatch"]>,
  ): Promise<ServedModel> {
    const { load, worker, workerTimeoutMs } = settings;
    const { revision, cache_dir, local_files_only, signal } = load;
    const opening = { revision, cache_dir, local_files_only, signal };
    const config = await readConfig(
      await locateTransformer(
        await openFolder(
          source,
          Object.fromEntries(Object.entries(opening).filter(([, value]) => value !== undefined)),
        ),
      ),
    );
    const tasks = tasksOf(config);
    const loaded = await pipeline(tasks.own, source, {
      ...load,
      ...(worker && { worker: { timeoutMs: Math.max(1000, workerTimeoutMs) } }),
    });
    const made: { dispose(): void }[] = [];
    try {
      const shared = loaded.batched({
        maxBatch: settings.maxBatchRequests,
        maxTokens: settings.maxBatchTokens,
        ...(settings.maxBatchRows !== undefined && { maxRows: settings.maxBatchRows }),
        maxQueue: settings.maxConcurrentRequests * Math.max(settings.maxClientBatchSize, 1024),
        maxQueueMs: settings.queueTimeoutMs,
        onBatch,
      });
      made.push(shared);
      const pipelines: Partial<Record<TaskName, unknown>> = { [tasks.own]: shared };
      for (const task of tasks.others) {
        const other = await pipeline(task, shared as unknown as SharedParts);
        made.push(other);
        pipelines[task] = other;
      }
      const model = new ServedModel(name, { tasks, pipelines: pipelines as Pipelines, asked: settings.pooling });
      if (settings.warmup) await model.#warmUp();
      return model;
    } catch (error) {
      for (const one of made) one.dispose();
      throw error;
    } finally {
      loaded.dispose(); // the others keep the model
    }
  }

  /** Answers once by each task, so that kernels are compiled. */
  async #warmUp(): Promise<void> {
    const { pipelines } = this;
    const mask = pipelines["fill-mask"]?.tokenizer.mask_token;
    await pipelines["feature-extraction"]!("a", { ...this.pooling, truncation: true });
    if (mask !== undefined) await pipelines["fill-mask"]!(mask);
    await pipelines["text-classification"]?.("a");
    await pipelines["token-classification"]?.("a");
    await pipelines["multiple-choice"]?.("a", ["b"]);
  }

  /** Frees the model, after the calls under way; a Worker is ended. */
  dispose(): void {
    for (const one of Object.values(this.pipelines)) one.dispose();
  }
}
