/** Writes a pipeline's folder. */

import { type PreTrainedModel, savedFilesOf as modelFilesOf } from "../../heads/pretrained.ts";
import { readModules } from "../../heads/sentence/modules.ts";
import { sentenceFiles } from "../../heads/sentence/stored_files.ts";
import type { ModelFolder } from "../../io/folder/folder.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import type { SaveOptions } from "../../model/weights/saving.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { savedFilesOf as tokenizerFilesOf } from "../../text/tokenizer.ts";

/** What a pipeline is saved by. */
export interface SavedPipeline {
  readonly model: PreTrainedModel;
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
  { model, tokenizer, folder }: SavedPipeline,
  where: string | URL,
  options: SaveOptions = {},
): Promise<void> {
  const along = folder === null ? [] : await sentenceFiles(folder, await readModules(folder));
  const others = new Map(along.map(({ name, bytes }) => [name, bytes]));
  for (const [name, bytes] of await tokenizerFilesOf(tokenizer)) others.set(name, bytes);
  const files = await modelFilesOf(model, options);
  await saveFiles(where, [...[...others].map(([name, bytes]) => [name, [bytes]] as const), ...files]);
}
