/** The tokenizer as users load it: {@linkcode BertTokenizer} over the files of a model's folder. */

import { openFolder, type OpenFolderOptions } from "../io/folder.ts";
import { BertTokenizer } from "../text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../text/files.ts";

/**
 * NarrowBERT's tokenizer, which is BERT's.
 *
 * @example
 * ```ts
 * const tokenizer = await NarrowBertTokenizerFast.from_pretrained("examples/models/wordnet/mlm");
 * tokenizer.encode("a large [MASK]"); // [2, 40, 389, 4, 3]
 * ```
 */
export class NarrowBertTokenizerFast extends BertTokenizer {
  /**
   * Reads `tokenizer.json`, or `vocab.txt` alone, and `tokenizer_config.json` where present.
   *
   * @param source Path or URL of the folder, or its files in memory.
   * @throws {TokenizerError} Where the folder holds no readable tokenizer.
   */
  static async from_pretrained(
    source: Parameters<typeof openFolder>[0],
    options: OpenFolderOptions = {},
  ): Promise<NarrowBertTokenizerFast> {
    return new NarrowBertTokenizerFast(await readTokenizerFiles(await openFolder(source, options)));
  }
}
