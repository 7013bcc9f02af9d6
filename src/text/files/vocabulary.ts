/** BERT's older tokenizer file, `vocab.txt`: one word piece a line, its id the line's number from 0. */

import { TokenizerError } from "../../base/errors.ts";
import { type AddedToken, withIds } from "../splitting/added_tokens.ts";
import { withConfig } from "./config_tokens.ts";
import { bertToken } from "./classes.ts";
import type { TokenizerConfig } from "./config.ts";
import { normalizerOptions } from "./pipelines.ts";

/**
 * The `tokenizer.json` object of the BERT tokenizer with this vocabulary.
 *
 * @param text Contents of `vocab.txt`.
 * @param config Says whether text is lower-cased (default yes), stripped of accents (default: if it is lower-cased) and
 *   split at Chinese characters (default yes).
 */
export function tokenizerFromVocabulary(text: string, config: TokenizerConfig): object {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const ids = new Map(lines.map((piece, id) => [piece, id]));
  const file = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [], // the special tokens are added with those of the other files
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      ...normalizerOptions(config),
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: bertToken(config, "unk_token"),
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
  return { ...file, post_processor: frame(idsOfAll(file, { ids, config }), config) };
}

/** Whether `vocab.txt` can hold a vocabulary. */
export function isLines(ids: ReadonlyMap<string, number>): boolean {
  const lines = new Set(ids.values());
  return lines.size === ids.size && ids.values().every((id) => id < ids.size) &&
    ids.keys().every((piece) => !/[\r\n]/.test(piece));
}

/**
 * The contents of `vocab.txt` for a vocabulary: the reverse of {@linkcode tokenizerFromVocabulary}.
 *
 * @param ids Id of each word piece; `undefined` if the tokenizer has no word pieces.
 * @param location Path or address of the tokenizer, for messages.
 * @throws {TokenizerError} If the ids have gaps, or a piece would not fit on a line.
 */
export function vocabularyText(ids: ReadonlyMap<string, number> | undefined, location: string): string {
  const fail = (problem: string): never => {
    throw new TokenizerError(`Cannot write the tokenizer of "${location}" as vocab.txt: ${problem}`);
  };
  if (ids === undefined) return fail("it must be made of word pieces, and is not");
  const pieces = [...ids].sort(([, a], [, b]) => a - b);
  const gap = pieces.findIndex(([, id], line) => id !== line);
  if (gap >= 0) fail(`ids must count up from 0 without gaps, and ${gap} is missing or given twice`);
  const broken = pieces.find(([piece]) => /[\r\n]/.test(piece));
  if (broken !== undefined) fail(`a piece must fit on a line, and ${JSON.stringify(broken[0])} does not`);
  return pieces.map(([piece]) => `${piece}\n`).join("");
}

/** Ids of the tokens of a vocabulary and of those that the config adds behind it. */
function idsOfAll(
  file: object,
  { ids, config }: { ids: ReadonlyMap<string, number>; config: TokenizerConfig },
): Map<string, number> {
  const added = withIds(withConfig(file, config).added_tokens as AddedToken[], { ids });
  return new Map([...ids, ...added.map(({ content, id }) => [content, id] as const)]);
}

/** BERT's frame as a `TemplateProcessing`. */
function frame(ids: ReadonlyMap<string, number>, config: TokenizerConfig): object {
  const [cls, sep] = [bertToken(config, "cls_token"), bertToken(config, "sep_token")];
  const entry = (id: string) => [id, { id, ids: [ids.get(id)], tokens: [id] }];
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const single = [special(cls, 0), { Sequence: { id: "A", type_id: 0 } }, special(sep, 0)];
  return {
    type: "TemplateProcessing",
    single,
    pair: [...single, { Sequence: { id: "B", type_id: 1 } }, special(sep, 1)],
    special_tokens: Object.fromEntries([entry(cls), entry(sep)]),
  };
}
