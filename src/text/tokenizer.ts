/** The tokenizers as users load them: {@linkcode BertTokenizer} over the files of a model's folder. */

import { type ModelSource, openFolder, type OpenFolderOptions } from "../io/folder/folder.ts";
import { isPlainName, type ModelFolder } from "../io/folder/model_folder.ts";
import { TokenizerError } from "../base/errors.ts";
import { beginSpan, endSpan, spanned } from "../base/spans/spans.ts";
import { saveFiles } from "../io/folder/on_disk.ts";
import { BertTokenizer } from "./bert_tokenizer.ts";
import { copyTokenizerFiles, readTokenizerFiles } from "./files/files.ts";

/** Set once the class is defined: only it keeps the folder that it was loaded from. */
let openIn: (
  kind: typeof NarrowBertTokenizer,
  folder: ModelFolder,
  modelConfig?: object,
) => Promise<NarrowBertTokenizer>;

/** Set once the class is defined: only it knows its folder. */
let folderOf: (tokenizer: BertTokenizer) => ModelFolder | null;

/** Set once the class is defined: what it writes of a tokenizer, by name. */
let writtenBy: (tokenizer: BertTokenizer) => Map<string, string>;

/**
 * The files of a tokenizer, by name, from where it was loaded.
 *
 * @throws {TokenizerError} If it was not loaded by `from_pretrained`.
 */
export async function filesOfTokenizer(tokenizer: BertTokenizer): Promise<Map<string, Uint8Array>> {
  const folder = folderOf(tokenizer);
  if (folder === null) throw new TokenizerError("Cannot save a tokenizer that was not loaded by from_pretrained");
  return await copyTokenizerFiles(folder);
}

/** What {@linkcode NarrowBertTokenizer.save_pretrained} writes, by name. @throws As {@linkcode filesOfTokenizer}. */
export async function savedFilesOf(tokenizer: BertTokenizer): Promise<Map<string, Uint8Array>> {
  const files = await filesOfTokenizer(tokenizer);
  for (const [name, text] of writtenBy(tokenizer)) {
    if (!files.has(name)) files.set(name, new TextEncoder().encode(text));
  }
  return files;
}

/**
 * Reads the tokenizer of a folder that is open.
 *
 * @param modelConfig The contents of its `config.json`, if they are known.
 * @throws {TokenizerError} If the folder holds no readable tokenizer.
 */
export function openTokenizer(folder: ModelFolder, modelConfig?: object): Promise<NarrowBertTokenizer> {
  return openIn(NarrowBertTokenizerFast, folder, modelConfig);
}

/**
 * NarrowBERT's tokenizer, which is BERT's. Ids are those of Hugging Face's fast tokenizer, as for
 * {@linkcode NarrowBertTokenizerFast}; docs/tokenizers.md lists the differences of Python's slow one.
 */
export class NarrowBertTokenizer extends BertTokenizer {
  /** Whether this is the class that Python calls fast: `false`, and `true` in {@linkcode NarrowBertTokenizerFast}. */
  readonly is_fast: boolean = false;
  /** Where it was loaded from. */
  #folder: ModelFolder | null = null;

  static {
    folderOf = (tokenizer) => #folder in tokenizer ? tokenizer.#folder : null;
    writtenBy = (tokenizer) => (tokenizer as NarrowBertTokenizer).writtenFiles();
    openIn = async (kind, folder, modelConfig) => {
      const files = await spanned("process", "files of the tokenizer", () => readTokenizerFiles(folder, modelConfig));
      const begun = beginSpan();
      const tokenizer = new kind(files);
      endSpan(begun, "process", "tokenizer");
      tokenizer.#folder = folder.detached();
      return tokenizer;
    };
  }

  /**
   * Reads `tokenizer.json`, or `vocab.txt` alone, and `tokenizer_config.json` if present.
   *
   * @throws {TokenizerError} If the folder holds no readable tokenizer.
   * @throws {CheckpointError} If there is no such folder.
   */
  static async from_pretrained(source: ModelSource, options: OpenFolderOptions = {}): Promise<NarrowBertTokenizer> {
    return await openIn(this, await openFolder(source, options));
  }

  /**
   * Saves the tokenizer so that it can be loaded again with all its settings, here and by transformers. The files from
   * where it was loaded are copied; of `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json` and
   * `vocab.txt` those that were not there are written (the last if it can hold the vocabulary).
   *
   * @param save_directory A local folder, which is created if it does not exist.
   * @returns The paths of the files written.
   * @throws {TypeError} If the folder is not local.
   */
  async save_pretrained(save_directory: string | URL): Promise<string[]> {
    const files = await savedFilesOf(this);
    return await saveFiles(save_directory, [...files].map(([name, bytes]) => [name, [bytes]]));
  }

  /**
   * Writes `vocab.txt`, from which the tokenizer can be loaded again (but for added tokens that are no word pieces).
   *
   * @param save_directory A local folder, which is created if it does not exist.
   * @returns The paths of the files written, which is one.
   * @throws {TokenizerError} If the vocabulary does not fit into such a file.
   * @throws {TypeError} If the folder is not local, or the prefix cannot be part of a file's name.
   */
  async save_vocabulary(
    save_directory: string | URL,
    { filename_prefix }: { filename_prefix?: string } = {},
  ): Promise<[path: string]> {
    const name = filename_prefix ? `${filename_prefix}-vocab.txt` : "vocab.txt";
    if (!isPlainName(name)) {
      throw new TypeError(`Cannot save a vocabulary: filename_prefix must be part of a name, got "${filename_prefix}"`);
    }
    const text = this.vocabularyText();
    return await saveFiles(save_directory, [[name, [new TextEncoder().encode(text)]]]) as [path: string];
  }
}

/**
 * NarrowBERT's tokenizer by the name of Python's fast one.
 *
 * @example
 * ```ts
 * const tokenizer = await NarrowBertTokenizerFast.from_pretrained("examples/models/wordnet/mlm");
 * tokenizer.encode("a large [MASK]"); // [2, 40, 389, 4, 3]
 * ```
 */
export class NarrowBertTokenizerFast extends NarrowBertTokenizer {
  /** `true`. */
  override readonly is_fast: boolean = true;
}

/**
 * Loads the tokenizer of any model that this library runs.
 *
 * @example
 * ```ts
 * import { AutoTokenizer } from "@narrowbert/webgpu";
 *
 * const tokenizer = await AutoTokenizer.from_pretrained("examples/models/wordnet/mlm");
 * const { input_ids } = tokenizer.encode_plus("a large [MASK]");
 * console.log(tokenizer.decode(input_ids)); // [CLS] a large [MASK] [SEP]
 * ```
 */
export const AutoTokenizer: {
  /**
   * Loads a {@linkcode NarrowBertTokenizerFast}, or with `use_fast: false` a {@linkcode NarrowBertTokenizer}.
   *
   * @throws {TokenizerError} If the folder holds no readable tokenizer.
   * @throws {CheckpointError} If there is no such folder.
   */
  from_pretrained(
    source: ModelSource,
    options?: OpenFolderOptions & { use_fast?: boolean },
  ): Promise<NarrowBertTokenizer>;
} = {
  from_pretrained(source, { use_fast = true, ...options } = {}) {
    return (use_fast ? NarrowBertTokenizerFast : NarrowBertTokenizer).from_pretrained(source, options);
  },
};
