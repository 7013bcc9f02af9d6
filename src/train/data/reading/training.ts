/** The batches of a training, from any position on. */

import { InputError } from "../../../base/errors.ts";
import { shown } from "../../../base/messages.ts";
import { checkOptionNames } from "../../../base/options.ts";
import type { Encoder } from "../encoding/encoder.ts";
import type { Row } from "../encoding/row.ts";
import { grouped } from "../order/batches.ts";
import { checkPosition, DATA_START, type DataPosition } from "../order/position.ts";
import { keyOf, shuffled } from "../order/random.ts";
import { type Window, windowsOf } from "../order/windows.ts";
import { type Block, countExamples } from "../source/blocks.ts";
import { encodeBlocks } from "./encode_block.ts";
import { lookAhead, untilUnwanted } from "./look_ahead.ts";
import type { BatchSettings } from "./options.ts";
import { batchOf, type DataBatch, encoderOf, type Source } from "./source.ts";

/** A batch of a training. */
export interface TrainingBatch extends DataBatch {
  /** The position after it, from which a training that stops here goes on. */
  readonly next: DataPosition;
  /** Which share of the examples of the epoch has been used with it, from 0 to 1. */
  readonly progress: number;
}

/** Which batches of a training are read. */
export interface TrainingRange {
  /** Where to begin, as the `next` of the last batch said. @default the beginning */
  from?: DataPosition;
  /** How many passes over the data the training has in all. @default without end */
  num_train_epochs?: number;
}

/** How many batches an epoch has. */
export interface EpochSize {
  /** How many. */
  readonly batches: number;
  /** Whether this is so, or expected by one window, as it depends on how long texts are. */
  readonly exact: boolean;
}

/** The examples of a data set as batches of a training, in an order drawn by chance. */
export interface TrainingData {
  /** What is odd about the data, a sentence each. */
  readonly warnings: readonly string[];
  /**
   * How many batches an epoch has, the first one by default. If batches are bounded by tokens, texts are packed, or
   * examples have choices, a window is tokenized to find out, once.
   */
  size(epoch?: number): Promise<EpochSize>;
  /**
   * Batches, epoch after epoch. The next ones are read and tokenized while the caller works. Which they are is a function
   * of data, options and position alone, and beginning at a position reads no more than its window.
   *
   * @throws {InputError} If the data have changed, or have no such position.
   */
  batches(range?: TrainingRange): AsyncGenerator<TrainingBatch>;
}

/** How many windows, and how many batches, are made ahead. */
const WINDOWS_AHEAD = 1;
const BATCHES_AHEAD = 2;

/** A window whose batches are known. */
interface LoadedWindow {
  readonly epoch: number;
  readonly number: number;
  /** Whether it is the epoch's last. */
  readonly isLast: boolean;
  readonly batches: readonly (readonly Row[])[];
  /** How many examples earlier windows of the epoch have. */
  readonly before: number;
}

/** How large a window is. */
interface WindowSize {
  readonly batches: number;
  readonly examples: number;
}

/** {@linkcode TrainingData} of a data set. */
export class TrainingStream implements TrainingData {
  readonly warnings: readonly string[];
  readonly #source: Source;
  readonly #settings: BatchSettings;
  readonly #encoder: Encoder;
  readonly #examples: number;
  #sample: Promise<WindowSize> | null = null;

  constructor(source: Source, settings: BatchSettings) {
    this.#source = source;
    this.#settings = settings;
    this.#encoder = encoderOf(source, settings);
    this.#examples = countExamples(source.store.blocks);
    const { rows } = settings.limits;
    this.warnings = rows === Infinity || this.#examples >= rows
      ? []
      : [`the data have ${this.#examples} examples, fewer than a batch of ${rows}: every batch has them all`];
  }

  async size(epoch = 0): Promise<EpochSize> {
    const { limits, pack_texts } = this.#settings;
    const windows = this.#windows(epoch);
    const hasChoices = this.#source.task === "choose";
    if (limits.tokens === Infinity && !pack_texts && !hasChoices) {
      return {
        batches: windows.reduce((sum, { examples }) => sum + Math.ceil(examples / limits.rows), 0),
        exact: true,
      };
    }
    const { batches, examples } = await (this.#sample ??= this.#sizeOfLargest());
    // In another order, texts may fill rows, and questions of one length batches of so many tokens, in another way.
    const isAlike = epoch === 0 || !pack_texts && (!hasChoices || limits.tokens === Infinity);
    const exact = windows.length === 1 && examples === this.#examples && isAlike;
    const expected = windows.map((window) => Math.ceil(batches * window.examples / examples));
    return { batches: expected.reduce((sum, count) => sum + count, 0), exact };
  }

  /** The size of the first epoch's largest window. */
  async #sizeOfLargest(): Promise<WindowSize> {
    const windows = this.#windows(0);
    const largest = windows.reduce((a, b) => b.examples > a.examples ? b : a);
    const { signal: unwanted } = new AbortController();
    const rows = await this.#encode(largest, { epoch: 0, unwanted });
    const { length } = this.#arrange(rows, { epoch: 0, window: windows.indexOf(largest) });
    return { batches: length, examples: largest.examples };
  }

  batches(range: TrainingRange = {}): AsyncGenerator<TrainingBatch> {
    checkOptionNames("read training data", range, ["from", "num_train_epochs"]);
    const { from = DATA_START, num_train_epochs: epochs = Infinity } = range;
    checkPosition(from);
    if (!(epochs > 0)) {
      throw new RangeError(`Cannot read training data: num_train_epochs must be over 0, got ${String(epochs)}`);
    }
    return untilUnwanted((unwanted) => {
      const windows = lookAhead(this.#load(from, { epochs, unwanted }), WINDOWS_AHEAD);
      return lookAhead(this.#make(windows, from), BATCHES_AHEAD);
    });
  }

  /** Makes the batches of windows. */
  async *#make(windows: AsyncGenerator<LoadedWindow>, from: DataPosition): AsyncGenerator<TrainingBatch> {
    for await (const { epoch, number, isLast, batches, before } of windows) {
      const isFirst = epoch === from.epoch && number === from.window;
      if (isFirst && from.batch > 0 && from.batch >= batches.length) throw noSuchPosition(from);
      let done = before;
      for (const [i, rows] of batches.entries()) {
        done += rows.reduce((sum, { examples }) => sum + examples.length, 0);
        if (isFirst && i < from.batch) continue;
        const next = i + 1 < batches.length
          ? { epoch, window: number, batch: i + 1 }
          : isLast
          ? { epoch: epoch + 1, window: 0, batch: 0 }
          : { epoch, window: number + 1, batch: 0 };
        yield { ...batchOf(rows, this.#source, this.#settings), next, progress: done / this.#examples };
      }
    }
  }

  /** Reads windows one after the other. */
  async *#load(
    from: DataPosition,
    { epochs, unwanted }: { epochs: number; unwanted: AbortSignal },
  ): AsyncGenerator<LoadedWindow> {
    for (let epoch = from.epoch; epoch < epochs; epoch++) {
      const windows = this.#windows(epoch);
      const begin = epoch === from.epoch ? from.window : 0;
      if (begin >= windows.length) throw noSuchPosition(from);
      for (const [number, window] of windows.entries()) {
        if (number < begin) continue;
        const rows = await this.#encode(window, { epoch, unwanted });
        if (unwanted.aborted) return;
        const isLast = number === windows.length - 1;
        const batches = this.#arrange(rows, { epoch, window: number });
        yield { epoch, number, isLast, batches, before: window.before };
      }
    }
  }

  #windows(epoch: number): Window<Block>[] {
    const { seed, window } = this.#settings;
    return windowsOf(this.#source.store.blocks, { seed, epoch, examples: window });
  }

  #encode({ blocks }: Window<Block>, { epoch, unwanted }: { epoch: number; unwanted: AbortSignal }): Promise<Row[]> {
    return encodeBlocks(blocks, { store: this.#source.store, encoder: this.#encoder, epoch, unwanted });
  }

  /** The batches of a window's rows. */
  #arrange(rows: readonly Row[], { epoch, window }: { epoch: number; window: number }): Row[][] {
    const { seed, limits } = this.#settings;
    const mixed = shuffled(rows, keyOf(seed, "examples", epoch), window);
    const arranged = this.#encoder.arrange?.(mixed) ?? mixed;
    return grouped(arranged, { limits, key: keyOf(seed, "batches", epoch), window });
  }
}

function noSuchPosition(from: DataPosition): InputError {
  return new InputError(
    `Cannot go on in the data: there is no position ${
      shown(from)
    }; give the data and options of the training's beginning`,
  );
}
