/** Reads a `tokenizer.json`: the parts of its pipeline, each checked and named in errors by its path. */

import { TokenizerError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import type { NormalizerOptions } from "../bert/normalizer.ts";
import { BertSplitter } from "../splitting/bert_splitter.ts";
import type { Splitter } from "../encoding/pieces.ts";
import { type Decoder, readDecoder } from "../pipeline/decoders.ts";
import { type Fail, Part } from "../pipeline/fields.ts";
import type { Model } from "../pipeline/models/model.ts";
import { type Normalizer, readNormalizer } from "../pipeline/normalizers.ts";
import { type PostProcessing, readPostProcessor } from "../pipeline/post_processor.ts";
import { readPreTokenizer } from "../pipeline/pre_tokenizers.ts";
import { modelPart, readModel } from "../pipeline/models/read_model.ts";
import { PipelineSplitter } from "../splitting/pipeline_splitter.ts";
import { isId } from "../pipeline/models/vocabulary.ts";
import { type AddedToken, withIds } from "../splitting/added_tokens.ts";
import { withConfig } from "./config_tokens.ts";
import type { TokenizerFiles } from "./files.ts";
import { readWordPiece } from "../pipeline/models/word_models.ts";

/** The parts of a `tokenizer.json`. */
export interface TokenizerParts {
  splitter: Splitter;
  model: Model;
  /** Whether all parts are BERT's own. */
  isBert: boolean;
  /** Whether the model is WordPiece, so that `vocab.txt` can hold it. */
  hasWordPieces: boolean;
  /** Added tokens with the ids that they have. */
  added: readonly AddedToken[];
  /** What is done to texts before they are split into words. */
  normalizer?: Normalizer;
  /** `undefined` if tokens are joined by spaces. */
  decoder?: Decoder;
  post: PostProcessing;
}

/**
 * Reads what the files of a tokenizer hold.
 *
 * @throws {TokenizerError} On a wrong value or a part of a kind that is not known, named by its path.
 */
export function readTokenizerJson({ location, tokenizer, config }: TokenizerFiles): TokenizerParts {
  const fail: Fail = (path, expected, found) => {
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": ${path} must be ${expected}, got ${JSON.stringify(found)}`,
    );
  };
  const file: Record<string, unknown> = withConfig(tokenizer, config);
  const part = (name: string) => file[name] == null ? null : new Part(file[name], name, fail);
  if (file.version !== undefined && file.version !== "1.0") fail("version", '"1.0"', file.version);
  const listed = addedTokens(file.added_tokens ?? [], fail);
  const model = modelPart(file.model, fail);
  const spelling = readModel(model);
  const added = withIds(listed, spelling);
  const [normal, words, decoder] = [part("normalizer"), part("pre_tokenizer"), part("decoder")];
  const normalizer = normal === null ? undefined : readNormalizer(normal);
  const preTokenizer = words === null ? undefined : readPreTokenizer(words);
  const isBert = model.type === "WordPiece" && normal?.type === "BertNormalizer" && words?.type === "BertPreTokenizer";
  return {
    splitter: isBert
      ? new BertSplitter({
        added,
        normalizer: bertOptions(normal),
        ids: spelling.ids,
        model: readWordPiece(model, spelling.ids),
      })
      : new PipelineSplitter({ added, normalizer, preTokenizer, model: spelling }),
    model: spelling,
    isBert,
    hasWordPieces: model.type === "WordPiece",
    added,
    normalizer,
    decoder: decoder === null ? undefined : readDecoder(decoder),
    post: readPostProcessor(part("post_processor")),
  };
}

/** The options of a `BertNormalizer`. */
export function bertOptions(part: Part): NormalizerOptions {
  const strip = part.raw("strip_accents") ?? null;
  return {
    clean_text: part.flag("clean_text", true),
    handle_chinese_chars: part.flag("handle_chinese_chars", true),
    strip_accents: strip === null ? null : part.flag("strip_accents"),
    lowercase: part.flag("lowercase", true),
  };
}

function addedTokens(list: unknown, fail: Fail): AddedToken[] {
  if (!Array.isArray(list)) return fail("added_tokens", "a list", list);
  const wrong = list.findIndex((token: unknown) =>
    !(isObject(token) && typeof token.content === "string" && token.content !== "" && isId(token.id))
  );
  if (wrong >= 0) fail(`added_tokens[${wrong}]`, "an object with a content and an id", list[wrong]);
  for (const [index, token] of list.entries()) {
    for (const name of ["single_word", "lstrip", "rstrip", "normalized", "special"]) {
      if (token[name] === undefined || typeof token[name] === "boolean") continue;
      fail(`added_tokens[${index}].${name}`, "true or false", token[name]);
    }
  }
  return list;
}
