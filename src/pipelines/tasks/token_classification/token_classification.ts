/** Task `token-classification`: the labels of a text's words, by a token classifier. */

import type { NarrowBertForTokenClassification } from "../../../heads/token_classification.ts";
import { tokenLogits } from "../../../heads/readouts/labels.ts";
import { mostTokens, type TextOptions } from "../../engine/encode.ts";
import { Engine } from "../../engine/engine.ts";
import { asPipeline, isList, type PipelineOwner, type PipelineParts, type TaskParts } from "../../engine/parts.ts";
import { softmax } from "../../../base/softmax.ts";
import type {
  AnsweringModel,
  CallOptions,
  Inputs,
  Item,
  ListOptions,
  StreamOptions,
  Task,
  TaskRun,
} from "../../engine/task.ts";
import {
  aggregate,
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type EntityGroup,
  groupName,
  type TokenEntity,
} from "./entities.ts";
import { cutOf, specialTokens } from "../../windows/cut_text.ts";
import { checkStride, type StrideOptions } from "../../windows/options.ts";
import { limitOf, tokenWindows } from "../../windows/token_windows.ts";
import { readPieces, type TextPiece } from "./pieces.ts";

/** Options of {@linkcode TokenClassificationPipeline}. */
export interface TokenClassificationOptions<S extends AggregationStrategy = AggregationStrategy>
  extends TextOptions, StrideOptions {
  /**
   * `none` gives each word piece with its label; the others give groups of neighbours of one kind, joined from word
   * pieces (`simple`) or from whole words, labelled by their first piece (`first`), by the mean of their pieces
   * (`average`) or by their most certain one (`max`). `first` computes the first piece of each word alone. Default
   * `none`.
   */
  aggregation_strategy?: S;
  /** Labels of the model, or names of its groups, to leave out; `O` may be named in any case. Default `["O"]`. */
  ignore_labels?: readonly string[];
}

/** The entities of a text, from left to right. */
export type Entities<S extends AggregationStrategy> = [S] extends ["none"] ? TokenEntity[]
  : "none" extends S ? TokenEntity[] | EntityGroup[]
  : EntityGroup[];

/**
 * Finds entities, such as names of persons and places, in texts.
 *
 * The answers are those of Hugging Face's pipeline, with three differences:
 *
 * - `start` and `end` are UTF-16 indices, as JavaScript slices.
 * - A piece continues the word before if the tokenizer says so. Python compares lengths, and takes a word with a
 *   combining accent or a soft hyphen for the end of the one before.
 * - With `stride` each piece is computed once, in the window with more of its context, so `none` works with it too.
 *   Python drops the shorter of two entities that overlap.
 *
 * @example
 * ```ts
 * import { pipeline } from "@narrowbert/webgpu";
 *
 * async function namesIn(tokenClassifier: string) {
 *   using tag = await pipeline("token-classification", tokenClassifier);
 *   return await tag("Anna moved to New York", { aggregation_strategy: "first" });
 *   // [{ entity_group: "PER", score: 0.9…, word: "anna", start: 0, end: 4 }, …]
 * }
 * ```
 *
 * @throws {InputError} If a text is empty, or is longer than the model takes and there is no `stride`.
 * @throws {RangeError} If an option's value is not allowed.
 */
export interface TokenClassificationPipeline<Model = NarrowBertForTokenClassification> extends PipelineOwner<Model> {
  /** The entities of a text. */
  <S extends AggregationStrategy = "none">(
    text: string,
    options?: TokenClassificationOptions<S> & CallOptions,
  ): Promise<Entities<S>>;
  /** The entities of each text, and an error in place of those of a text that cannot be computed. */
  <S extends AggregationStrategy = "none">(
    texts: readonly string[],
    options: TokenClassificationOptions<S> & ListOptions & { errors: "yield" },
  ): Promise<(Entities<S> | Error)[]>;
  /** The entities of each text. */
  <S extends AggregationStrategy = "none">(
    texts: readonly string[],
    options?: TokenClassificationOptions<S> & ListOptions,
  ): Promise<Entities<S>[]>;
  /** The entities of one text after the other, and an error in place of those of a text that cannot be computed. */
  stream<S extends AggregationStrategy = "none">(
    texts: Inputs<string>,
    options: TokenClassificationOptions<S> & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<Entities<S> | Error>;
  /** The entities of one text after the other; the stream ends with the error of a text that cannot be computed. */
  stream<S extends AggregationStrategy = "none">(
    texts: Inputs<string>,
    options?: TokenClassificationOptions<S> & StreamOptions,
  ): AsyncIterableIterator<Entities<S>>;
}

/** A window of a text, and the word pieces that it answers. */
interface Window extends Item {
  /** The word pieces that it answers. */
  readonly pieces: readonly TextPiece[];
  /** Positions of the tokens to compute: some or all of those pieces. */
  readonly rows: number[];
}

/** Makes the pipeline of a loaded token classifier, which it then owns. */
export function createTokenClassification(parts: TaskParts): TokenClassificationPipeline {
  const engine = new Engine(entitiesTask(parts), parts.trunk);
  const call = (input: string | readonly string[], options?: TokenClassificationOptions & ListOptions) =>
    isList(input) ? engine.many(input, options) : engine.one(input, options);
  return asPipeline(
    { name: "token-classification", call, stream: engine.stream, remake: createTokenClassification },
    parts,
  );
}

function entitiesTask(
  parts: PipelineParts<AnsweringModel>,
): Task<string, (TokenEntity | EntityGroup)[], TokenClassificationOptions> {
  const { model, tokenizer } = parts;
  const { id2label, num_labels } = model.config;
  const maximum = mostTokens(parts);
  const capacity = maximum - specialTokens(tokenizer);
  return {
    model,
    action: "tag",
    noun: "text",
    options: ["aggregation_strategy", "ignore_labels", "stride", "truncation"],
    begin(options): TaskRun<string, (TokenEntity | EntityGroup)[], Window> {
      const { aggregation_strategy: strategy = "none", ignore_labels = ["O"], stride, truncation } = options;
      checkStrategy(strategy);
      checkStride(stride, { action: "tag texts", capacity });
      checkIgnored(ignore_labels, id2label);
      const computed = ({ continues }: TextPiece) => strategy !== "first" || !continues;
      return {
        pack(text, name) {
          const limit = limitOf(maximum, { stride, truncation });
          const read = readPieces(text, { tokenizer, subject: `tag ${name}`, ...limit });
          const cut = cutOf(read.encoding, { tokenizer });
          const begins = read.pieces.map(({ continues }) => !continues);
          return tokenWindows(cut, { begins, maximum, stride }).map(({ encoding, first, last, shift }) => {
            const pieces = read.pieces.slice(Math.max(0, first - cut.start), last - cut.start);
            return { encoding, pieces, rows: pieces.filter(computed).map(({ index }) => index - shift) };
          });
        },
        readout: tokenLogits,
        ask: ({ rows }) => ({ positions: rows }),
        collect(results, windows) {
          const scored = windows.flatMap(({ pieces }, w) => {
            const { values } = results[w]!;
            let at = 0;
            return pieces.map((piece) => {
              const logits = Array.from({ length: computed(piece) ? num_labels : 0 }, () => values[at++]!);
              return { ...piece, scores: softmax(logits) };
            });
          });
          const found = aggregate(scored, strategy, {
            labels: id2label,
            join: (tokens) => tokenizer.convert_tokens_to_string(tokens),
          });
          return found.filter((entity) => !ignore_labels.includes(labelOf(entity)));
        },
      };
    },
  };
}

function labelOf(found: TokenEntity | EntityGroup): string {
  return "entity" in found ? found.entity : found.entity_group;
}

function checkStrategy(strategy: string): void {
  if (AGGREGATION_STRATEGIES.some((known) => known === strategy)) return;
  throw new RangeError(
    `Cannot tag texts: aggregation_strategy must be one of ${AGGREGATION_STRATEGIES.join(", ")}, got "${strategy}"`,
  );
}

function checkIgnored(labels: readonly string[], id2label: Readonly<Record<number, string>>): void {
  if (!Array.isArray(labels)) throw new TypeError(`Cannot tag texts: ignore_labels must be an array of labels`);
  const own = Object.values(id2label);
  const known = new Set(["O", ...own, ...own.map(groupName)]);
  const unknown = labels.find((label) => !known.has(label));
  if (unknown === undefined) return;
  throw new RangeError(
    `Cannot tag texts: ignore_labels must be labels of the model (${own.join(", ")}), got ${JSON.stringify(unknown)}`,
  );
}
