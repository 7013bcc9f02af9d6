/** The task table: a row per task. A new task is a file in `tasks/`, a row here and its type in `task_pipelines.ts`. */

import { suggestion } from "../base/suggestion.ts";
import { NarrowBertForMaskedLM } from "../heads/masked_lm.ts";
import { NarrowBertForMultipleChoice } from "../heads/multiple_choice.ts";
import { NarrowBertForSequenceClassification } from "../heads/sequence_classification.ts";
import { NarrowBertForTokenClassification } from "../heads/token_classification.ts";
import { NarrowBertModel } from "../heads/narrow_bert_model.ts";
import { loadOpened, type ModelClass } from "../heads/model_class.ts";
import { coreOf, type PreTrainedModel } from "../heads/pretrained.ts";
import { readModules } from "../heads/sentence/modules.ts";
import { readRankingConfig } from "../heads/sentence/ranking.ts";
import { readSentenceConfig } from "../heads/sentence/sentence_config.ts";
import type { ModelSource } from "../io/folder/folder.ts";
import type { LoadOptions } from "../model/model_options.ts";
import { createFeatureExtraction } from "./tasks/feature_extraction.ts";
import { createFillMask } from "./tasks/fill_mask.ts";
import { checkShared, type LoadedModel, loadModelOf, loadParts, type ModelLoader } from "./engine/load.ts";
import { createMultipleChoice } from "./tasks/multiple_choice.ts";
import { keepFolder, keptFolder, type PipelineParts, sharedQueue, type TaskParts } from "./engine/parts.ts";
import type { TaskName, TaskPipelines } from "./task_pipelines.ts";
import { createScore } from "./tasks/score.ts";
import { createTextClassification } from "./tasks/text_classification.ts";
import { createTextRanking } from "./tasks/text_ranking.ts";
import { createTokenClassification } from "./tasks/token_classification/token_classification.ts";
import { loadInWorker } from "./worker/load.ts";
import { type PipelineOptions, workerSettings } from "./worker/request.ts";
import { workerModelOf, workerParts } from "./worker/worker_model.ts";
import { createZeroShotClassification } from "./tasks/zero_shot_classification.ts";

/** One row of the table. */
export interface TaskRow<Pipeline, DefaultModel extends URL | null> {
  /** The shipped model that runs if none is named; `null` if none is shipped. */
  readonly defaultModel: DefaultModel;
  /** Class of the model, for messages and help. */
  readonly modelClass: string;
  /** Loads model and tokenizer from one folder and makes the pipeline, which owns them. */
  load(source: ModelSource, options: PipelineOptions, task: TaskName): Promise<Pipeline>;
  /** Loads the model alone. */
  loadModel(source: ModelSource, options: LoadOptions): Promise<LoadedModel<PreTrainedModel>>;
  /** Makes a model of the task's class on the weights of another one. */
  shareModel(model: PreTrainedModel): PreTrainedModel;
  /**
   * Makes the pipeline on the weights of a loaded model, in this thread or in a Worker, which it then shares; its queue
   * too, if it is a batched pipeline's.
   *
   * @throws {TypeError} If the weights lack the task's head.
   * @throws {DisposedError} If the pipeline was disposed of.
   */
  share(parts: PipelineParts<object>, task: TaskName): Promise<Pipeline>;
}

function defineTask<Model extends PreTrainedModel, Pipeline, DefaultModel extends URL | null>(
  { defaultModel, create, ...loader }: ModelLoader<Model> & {
    defaultModel: DefaultModel;
    create: (parts: PipelineParts<Model>) => Pipeline | Promise<Pipeline>;
  },
): TaskRow<Pipeline, DefaultModel> {
  // What a task takes of a model in a Worker is there too: its config, and what answers.
  const owned = async (parts: TaskParts) => {
    try {
      return await create(parts as unknown as PipelineParts<Model>);
    } catch (error) {
      if (parts.release === undefined) parts.model.dispose();
      else parts.release();
      throw error;
    }
  };
  /** The parts of a pipeline of this task on a model that is loaded. */
  const sharedParts = ({ model, tokenizer }: PipelineParts<object>, task: TaskName): TaskParts => {
    const there = workerModelOf(model);
    if (there !== null) {
      checkShared(task, loader.modelClass, there);
      return { ...workerParts(there.share(loader.modelClass, task)), tokenizer };
    }
    const here = model as PreTrainedModel;
    const { heads } = coreOf(here);
    checkShared(task, loader.modelClass, {
      heads: heads.map(({ name }) => name),
      className: here.constructor.name,
    });
    return { model: loader.shareModel(here), tokenizer };
  };
  return {
    defaultModel,
    modelClass: loader.modelClass.name,
    async load(source, { worker, ...options }, task) {
      const settings = workerSettings(worker);
      if (settings === null) return await owned(await loadParts(loader, source, options));
      return await owned(await loadInWorker(loader, { task, source, options, settings }));
    },
    loadModel: (source, options) => loadModelOf(loader, { source, options }),
    shareModel: (model) => loader.shareModel(model),
    async share(parts, task) {
      const shared = sharedParts(parts, task);
      const release = () => {
        shared.model.dispose();
        queue?.release();
      };
      let queue: ReturnType<typeof sharedQueue> = null;
      try {
        queue = sharedQueue(parts);
      } catch (error) {
        release();
        throw error;
      }
      const all = { ...shared, release, ...(queue !== null && { trunk: queue.trunk }) };
      return await owned(keepFolder(all, keptFolder(parts)));
    },
  };
}

/** A folder under `examples/models/`, relative to this module: a path or a URL as its own. */
const shipped = (name: string) => new URL(`../../examples/models/${name}/`, import.meta.url);

/** How a task loads and shares models of a class. */
function modelsOf<Model extends PreTrainedModel>(
  modelClass: ModelClass<Model> & { share(other: PreTrainedModel): Model },
  always: LoadOptions = {},
): ModelLoader<Model> {
  return {
    modelClass,
    loadModel: (opened, options) => loadOpened(modelClass, opened, { ...options, ...always }),
    shareModel: (other) => modelClass.share(other),
  };
}

const maskedLM = modelsOf<NarrowBertForMaskedLM>(NarrowBertForMaskedLM);
const classifier = modelsOf<NarrowBertForSequenceClassification>(NarrowBertForSequenceClassification);
const tokenClassifier = modelsOf<NarrowBertForTokenClassification>(NarrowBertForTokenClassification);
const choiceModel = modelsOf<NarrowBertForMultipleChoice>(NarrowBertForMultipleChoice);

/** Any model's body, without its pooler: it computes the rows that a pooling needs. */
const body = modelsOf<NarrowBertModel>(NarrowBertModel, { add_pooling_layer: false });

/** Other names of tasks, which Hugging Face's pipelines know too. */
export const ALIASES = {
  "sentiment-analysis": "text-classification",
  "ner": "token-classification",
} as const satisfies Partial<Record<TaskName, TaskName>>;

/** Every task that {@linkcode pipeline} knows, by name. */
export const TASKS = {
  "fill-mask": defineTask({ ...maskedLM, defaultModel: shipped("wordnet/mlm"), create: createFillMask }),
  "text-classification": defineTask({
    ...classifier,
    defaultModel: shipped("wordnet/topic"),
    create: createTextClassification,
  }),
  "token-classification": defineTask({
    ...tokenClassifier,
    defaultModel: shipped("wordnet/tag"),
    create: createTokenClassification,
  }),
  "feature-extraction": defineTask({
    ...body,
    defaultModel: shipped("wordnet/mlm"),
    create: async (parts) => {
      const folder = keptFolder(parts);
      if (folder === null) return createFeatureExtraction(parts);
      const about = { modules: await readModules(folder), width: parts.model.config.hidden_size };
      return createFeatureExtraction(parts, await readSentenceConfig(folder, about));
    },
  }),
  "zero-shot-classification": defineTask({ ...classifier, defaultModel: null, create: createZeroShotClassification }),
  "multiple-choice": defineTask({
    ...choiceModel,
    defaultModel: shipped("wordnet/choose"),
    create: createMultipleChoice,
  }),
  "text-ranking": defineTask({
    ...classifier,
    defaultModel: null,
    create: async (parts) => createTextRanking(parts, await readRankingConfig(keptFolder(parts), parts.model.config)),
  }),
  "score": defineTask({ ...maskedLM, defaultModel: shipped("wordnet/mlm"), create: createScore }),
} satisfies { [T in Exclude<TaskName, keyof typeof ALIASES>]: TaskRow<TaskPipelines[T], URL | null> };

/**
 * The row of a task by any of its names.
 *
 * @throws {RangeError} If there is no such task.
 */
export function taskNamed(name: TaskName): TaskRow<unknown, URL | null> {
  const own = Object.hasOwn(ALIASES, name) ? ALIASES[name as keyof typeof ALIASES] : name;
  if (Object.hasOwn(TASKS, own)) return TASKS[own as keyof typeof TASKS];
  const names = [...Object.keys(TASKS), ...Object.keys(ALIASES)];
  const end = typeof name === "string" ? suggestion(name, names) : "";
  throw new RangeError(`Cannot make a pipeline: task must be one of ${names.join(", ")}, got "${name}"${end}`);
}
