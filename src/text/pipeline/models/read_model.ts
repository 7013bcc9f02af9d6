/** The `model` of `tokenizer.json`. */

import { isObject } from "../../../base/json.ts";
import { remembering } from "../../bert/word_cache.ts";
import { bytePairs } from "./bpe.ts";
import { type Fail, Part } from "../fields.ts";
import type { Model } from "./model.ts";
import { unigram } from "./unigram.ts";
import { readVocabulary } from "./vocabulary.ts";
import { readWordPiece, wordLevel, wordPiece } from "./word_models.ts";

const KINDS = ["WordPiece", "BPE", "Unigram", "WordLevel"];

/** A model as a part; files of older versions do not name its kind. */
export function modelPart(model: unknown, fail: Fail): Part {
  if (isObject(model) && model.type === undefined) {
    const type = "merges" in model ? "BPE" : Array.isArray(model.vocab) ? "Unigram" : "WordPiece";
    return new Part({ ...model, type }, "model", fail);
  }
  return new Part(model, "model", fail);
}

/** Makes a model. @throws {TokenizerError} If its kind is not known, or a field is wrong. */
export function readModel(part: Part): Model {
  switch (part.type) {
    case "WordPiece": {
      const ids = readVocabulary(part);
      return wordPiece(ids, readWordPiece(part, ids));
    }
    case "WordLevel":
      return wordLevel(part);
    case "BPE":
      return cached(bytePairs(part));
    case "Unigram":
      return cached(unigram(part));
    default:
      return part.unknown(KINDS);
  }
}

function cached(model: Model): Model {
  return { ...model, spell: remembering(model.spell) };
}
