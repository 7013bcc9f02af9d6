/** What batches are made of. */

import { neededToken } from "../../../text/needed_token.ts";
import type { Encoder } from "../encoding/encoder.ts";
import { choices } from "../encoding/choices.ts";
import { type BatchInputs, collate, type Layout } from "../encoding/collate.ts";
import { labelledTexts } from "../encoding/labelled_texts.ts";
import { maskedTexts } from "../encoding/masked_texts.ts";
import type { Row } from "../encoding/row.ts";
import { taggedWords } from "../encoding/tagged_words.ts";
import type { DataTask } from "../examples.ts";
import type { Store } from "../source/blocks.ts";
import type { LabelSet } from "../tasks/labels.ts";
import type { BatchSettings } from "./options.ts";

/** A batch of examples. */
export interface DataBatch {
  /** What `optimizer.step` and `forward` take. */
  readonly inputs: BatchInputs;
  /** The numbers of its examples in the data set; of packed texts those that begin in it. */
  readonly examples: readonly number[];
  /** How many tokens it has, without padding. */
  readonly tokens: number;
  /** How many of its examples were too long, and are cut. */
  readonly truncated: number;
}

/** The examples of a task, and their labels. */
export interface Source {
  readonly task: DataTask;
  readonly store: Store;
  /** Those of classes and tags. */
  readonly labels: LabelSet | null;
}

/** The encoder of a task. */
export function encoderOf({ task, labels }: Source, settings: BatchSettings): Encoder {
  switch (task) {
    case "mlm":
      return maskedTexts(settings);
    case "classify":
      return labelledTexts(settings, labels as LabelSet);
    case "tag":
      return taggedWords(settings, labels as LabelSet);
    case "choose":
      return choices(settings);
  }
}

/** A batch of rows. */
export function batchOf(rows: readonly Row[], { task, labels }: Source, { tokenizer }: BatchSettings): DataBatch {
  const layout: Layout = {
    padding: neededToken(tokenizer, "pad_token", "pad a batch").id,
    hasChoices: task === "choose",
    problem: task === "classify" ? (labels as LabelSet).problem : null,
  };
  return {
    inputs: collate(rows, layout),
    examples: rows.flatMap(({ examples }) => examples),
    tokens: rows.reduce((sum, { tokens }) => sum + tokens, 0),
    truncated: rows.reduce((sum, { truncated }) => sum + truncated, 0),
  };
}
