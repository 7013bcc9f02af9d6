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
import { contentOf, type TokenizerConfig } from "./config.ts";
import { namedTokens, specialTokens, withConfig } from "./config_tokens.ts";
import { readDefaults } from "./defaults.ts";
import type { TokenizerFiles } from "./files.ts";
import type { Difference } from "./pipelines.ts";
import { type Contents, pipelineFault } from "./pipeline_check.ts";
import { findSpecialTokens, type SpecialTokens } from "./special_tokens.ts";
import { readWordPiece } from "../pipeline/models/word_models.ts";

/** The parts of a `tokenizer.json`. */
export interface TokenizerParts {
  splitter: Splitter;
  model: Model;
  /** Whether `BertTokenizer` makes the same of the vocabulary, but for the options of the normalizer. */
  isBert: boolean;
  /** The options of BERT's normalizer, if it has that one. */
  normalizing: NormalizerOptions | undefined;
  /** The kind of the model. */
  kind: string;
  /** What the model puts before a token that goes on with a word; `""` if nothing. */
  continuing_subword_prefix: string;
  special: SpecialTokens;
  defaults: ReturnType<typeof readDefaults>;
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
export function readTokenizerJson(files: TokenizerFiles): TokenizerParts {
  const { location, tokenizer, config, lowerCase } = files;
  const fail: Fail = (path, expected, found) => {
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": ${path} must be ${expected}, got ${JSON.stringify(found)}`,
    );
  };
  const file: Record<string, unknown> = withConfig(tokenizer, config);
  if (lowerCase) file.normalizer = lowerCasing(file.normalizer);
  const part = (name: string) => file[name] == null ? null : new Part(file[name], name, fail);
  if (file.version !== undefined && file.version !== "1.0") fail("version", '"1.0"', file.version);
  const listed = addedTokens(file.added_tokens ?? [], fail);
  const model = modelPart(file.model, fail);
  const spelling = readModel(model);
  const added = withIds(listed, spelling);
  const [normal, words, decoder] = [part("normalizer"), part("pre_tokenizer"), part("decoder")];
  const normalizer = normal === null ? undefined : readNormalizer(normal);
  const preTokenizer = words === null ? undefined : readPreTokenizer(words);
  const normalizing = normal?.type === "BertNormalizer" ? bertOptions(normal) : undefined;
  const post = readPostProcessor(part("post_processor"));
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const idOf = (token: string) => addedIds.get(token) ?? spelling.ids.get(token);
  const typed = { ...tokenizer, model: { ...(file.model as object), type: model.type } };
  const contents = { file: typed, frame: post.frame, idOf };
  checkClass(files, pipelineFault(contents, config));
  // What offsets are trimmed by depends on the texts of tokens, which BERT's splitter does not give.
  const isFast = model.type === "WordPiece" && normalizing !== undefined && words?.type === "BertPreTokenizer" &&
    post.trims.length === 0;
  return {
    splitter: isFast
      ? new BertSplitter({
        added,
        normalizer: normalizing,
        ids: spelling.ids,
        model: readWordPiece(model, spelling.ids),
      })
      : new PipelineSplitter({ added, normalizer, preTokenizer, model: spelling }),
    model: spelling,
    isBert: isBertTokenizer(contents, config),
    normalizing,
    kind: model.type,
    continuing_subword_prefix: model.type === "WordPiece"
      ? model.text("continuing_subword_prefix", "##")
      : model.type === "BPE"
      ? model.text("continuing_subword_prefix", "")
      : "",
    special: findSpecialTokens({ named: namedTokens(config, file), all: specialTokens(config, file), location }, idOf),
    defaults: readDefaults(file, config, fail),
    added,
    normalizer,
    decoder: decoder === null ? undefined : readDecoder(decoder),
    post,
  };
}

/** A normalizer with `Lowercase` before it, unless that is one of its own; as sentence-transformers makes it. */
function lowerCasing(normalizer: unknown): unknown {
  const isSequence = isObject(normalizer) && normalizer.type === "Sequence" && Array.isArray(normalizer.normalizers);
  const own: unknown[] = isSequence ? normalizer.normalizers as unknown[] : normalizer == null ? [] : [normalizer];
  if (own.some((part) => isObject(part) && part.type === "Lowercase")) return normalizer;
  return { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...own] };
}

/** Whether `BertTokenizer` makes the same: its pipeline of the vocabulary, and no token that there is not. */
function isBertTokenizer(contents: Contents, config: TokenizerConfig): boolean {
  const named = { ...config, tokenizer_class: "BertTokenizer" };
  return pipelineFault(contents, named) === undefined &&
    Object.values(namedTokens(named, contents.file)).every((token) => contents.idOf(contentOf(token)) !== undefined);
}

/** Refuses a file that Python's class reads otherwise in its versions 4 and 5. */
function checkClass({ location, config }: TokenizerFiles, fault: Difference | undefined): void {
  if (fault === undefined) return;
  throw new TokenizerError(
    `Cannot load a tokenizer from "${location}": ${fault.path} must be ${JSON.stringify(fault.wanted)} for the ` +
      `tokenizer_class ${config.tokenizer_class}, of which Python's transformers 4 and 5 make different tokenizers ` +
      `else, got ${JSON.stringify(fault.value ?? null)}; PreTrainedTokenizerFast is read as tokenizer.json says`,
  );
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
