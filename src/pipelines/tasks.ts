/** The task table: a row per task name. A new task is a file beside this one and a row here. */

import { NarrowBertForMaskedLM } from "../heads/masked_lm.ts";
import { NarrowBertForSequenceClassification } from "../heads/sequence_classification.ts";
import type { LoadOptions } from "../model/pretrained.ts";
import { NarrowBertTokenizerFast } from "../model/tokenizer.ts";
import { createFillMask } from "./fill_mask.ts";
import type { PipelineParts } from "./parts.ts";
import { createTextClassification } from "./text_classification.ts";

/** A model's folder: its path or URL, or its files in memory by name. */
export type ModelSource = Parameters<typeof NarrowBertTokenizerFast.from_pretrained>[0];

/** One row of the table. */
interface Task<Pipeline> {
  /** The shipped model that runs where none is named. */
  readonly defaultModel: URL;
  /** Loads model and tokenizer from one folder and makes the pipeline. */
  load(source: ModelSource, options: LoadOptions): Promise<Pipeline>;
}

function defineTask<Model extends { dispose(): void }, Pipeline>(
  { defaultModel, loadModel, create }: {
    /** Folder under `examples/models/`, beside this module wherever that came from. */
    defaultModel: string;
    loadModel: (source: ModelSource, options: LoadOptions) => Promise<Model>;
    create: (parts: PipelineParts<Model>) => Pipeline;
  },
): Task<Pipeline> {
  return {
    defaultModel: new URL(`../../examples/models/${defaultModel}/`, import.meta.url),
    async load(source, options) {
      const model = await loadModel(source, options);
      try {
        return create({ model, tokenizer: await NarrowBertTokenizerFast.from_pretrained(source, options) });
      } catch (error) {
        model.dispose();
        throw error;
      }
    },
  };
}

const fillMask = defineTask({
  defaultModel: "wordnet/mlm",
  loadModel: (source, options) => NarrowBertForMaskedLM.from_pretrained(source, options),
  create: createFillMask,
});

const textClassification = defineTask({
  defaultModel: "wordnet/topic",
  loadModel: (source, options) => NarrowBertForSequenceClassification.from_pretrained(source, options),
  create: createTextClassification,
});

/** Every task that {@linkcode pipeline} knows, by name. */
export const TASKS = {
  "fill-mask": fillMask,
  "text-classification": textClassification,
  "sentiment-analysis": textClassification,
};

/** Name of a task. */
export type TaskName = keyof typeof TASKS;

/** The pipeline that a task makes. */
export type PipelineOf<T extends TaskName> = Awaited<ReturnType<(typeof TASKS)[T]["load"]>>;
