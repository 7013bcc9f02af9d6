/** Writes a pipeline's folder. */

import { Tensor } from "../../base/tensor.ts";
import { NarrowBertModel } from "../../heads/narrow_bert_model.ts";
import { type PreTrainedModel, savedFilesOf } from "../../heads/pretrained.ts";
import { locateTransformer, readModules } from "../../heads/sentence/modules.ts";
import { SENTENCE_FILES, sentenceFiles } from "../../heads/sentence/stored_files.ts";
import { openCheckpoint } from "../../io/checkpoint/open.ts";
import type { ModelFolder } from "../../io/folder/folder.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import { BODY } from "../../model/weights/published_names.ts";
import type { ModelFile, SaveOptions } from "../../model/weights/saving.ts";
import { publishedName } from "../../model/weights/stored_names.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { TOKENIZER_FILES } from "../../text/files/files.ts";
import { savedFilesOf as tokenizerFilesOf } from "../../text/tokenizer.ts";

/** What a pipeline is saved by. */
export interface SavedPipeline {
  /** The files of its model. */
  readonly files: (options: SaveOptions) => Promise<ModelFile[]>;
  readonly tokenizer: BertTokenizer;
  /** The folder that they were loaded from; `null` if they were given by themselves. */
  readonly folder: ModelFolder | null;
}

/**
 * Writes model, tokenizer and the files of sentence-transformers beside them. All is read before any of it is written, as the
 * folder may be the one that it is from; the config is the last, without which a new folder is no model's.
 *
 * @throws As `save_pretrained` of a pipeline.
 */
export async function savePipeline(
  { files: modelFiles, tokenizer, folder }: SavedPipeline,
  where: string | URL,
  options: SaveOptions = {},
): Promise<void> {
  const modules = folder === null ? null : await readModules(folder);
  const along = folder === null ? [] : await sentenceFiles(folder, modules);
  const others = new Map(along.map(({ name, bytes }) => [name, bytes]));
  for (const [name, bytes] of await tokenizerFilesOf(tokenizer)) others.set(name, bytes);
  const files = await modelFiles(options);
  const absent = [...SENTENCE_FILES, ...TOKENIZER_FILES].filter((name) => !others.has(name));
  await saveFiles(where, [...[...others].map(([name, bytes]) => [name, [bytes]] as const), ...files], { absent });
}

/** The files of a pipeline's model, with the pooler that it does without. @param folder The one that it was loaded from. */
export async function modelFilesOf(
  model: PreTrainedModel,
  folder: ModelFolder | null,
  options: SaveOptions,
): Promise<ModelFile[]> {
  const pooler = folder === null ? undefined : await poolerOf(model, await locateTransformer(folder));
  return await savedFilesOf(model, options, pooler);
}

/** The pooler of a base model's folder, which a pipeline does without. */
async function poolerOf(model: PreTrainedModel, folder: ModelFolder): Promise<Map<string, Tensor>> {
  if (model.pooler || !(model instanceof NarrowBertModel)) return new Map();
  const checkpoint = await openCheckpoint(folder);
  const stored = checkpoint.names().map((name) => [publishedName(name), name] as const);
  const pooler = stored.filter(([name]) => name.startsWith(`${BODY}pooler.dense.`));
  return new Map(pooler.map(([name, own]) => {
    return [name, new Tensor("float32", checkpoint.float32(own).slice(), checkpoint.info(own).shape)];
  }));
}
