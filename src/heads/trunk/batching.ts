/** How queries of many callers are gathered: options, and what is told of a batch. */

import { checkOptionNames } from "../../base/options.ts";
import { kindOf } from "../../base/messages.ts";

/** What a batch was, for whoever watches a queue. */
export interface BatchReport {
  /** Its queries; equal ones of several callers count once. */
  readonly queries: number;
  /** Their tokens. */
  readonly tokens: number;
  /** Their narrow rows. */
  readonly rows: number;
  /** How long its first query had waited, in ms. */
  readonly waitedMs: number;
  /** From then until it was answered, or had failed, in ms. */
  readonly tookMs: number;
  /** Queries that wait when it is done. */
  readonly waiting: number;
}

/** How queries are gathered. */
export interface BatchingOptions {
  /** Most queries of a batch. @default 64 */
  maxBatch?: number;
  /** Most tokens of a batch; a query with more is a batch of its own. @default the trunk's `passTokens` */
  maxTokens?: number;
  /** Most narrow rows of a batch; a query with more is a batch of its own. @default no limit but that of tokens */
  maxRows?: number;
  /**
   * How long the first query of a batch waits for others if the GPU has nothing to do, in ms. While the GPU computes a
   * batch, queries wait for it anyway, so 0 is best for callers that come again and again. @default 0
   */
  maxWaitMs?: number;
  /** Most queries that wait; further ones are refused, unless none waits. @default 1024 */
  maxQueue?: number;
  /** Longest time that a query waits, in ms: then its call ends with a `TimeoutError`, a `DOMException`. @default no limit */
  maxQueueMs?: number;
  /** Called after each batch, whether it was answered or not. It must not throw. */
  onBatch?: (batch: BatchReport) => void;
}

/** Names of {@linkcode BatchingOptions}. */
const NAMES = ["maxBatch", "maxTokens", "maxRows", "maxWaitMs", "maxQueue", "maxQueueMs", "onBatch"];

/**
 * All options, with their defaults.
 *
 * @throws {TypeError} On an unknown option, or a callback that is none.
 * @throws {RangeError} If a value is not allowed.
 */
export function batchingSettings(
  options: BatchingOptions,
  { passTokens }: { passTokens: number },
): Required<BatchingOptions> {
  checkOptionNames("batch calls", options, NAMES);
  const { maxBatch = 64, maxTokens = passTokens, maxWaitMs = 0, maxQueue = 1024, onBatch = () => {} } = options;
  const { maxRows = Number.MAX_SAFE_INTEGER, maxQueueMs = Infinity } = options;
  for (const [name, value] of Object.entries({ maxBatch, maxTokens, maxRows, maxQueue })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new RangeError(`Cannot batch calls: ${name} must be a whole number from 1, got ${value}`);
  }
  for (const [name, value] of Object.entries({ maxWaitMs, maxQueueMs })) {
    if (value >= 0 && value < 2 ** 31 || name === "maxQueueMs" && value === Infinity) continue;
    throw new RangeError(`Cannot batch calls: ${name} must be a time from 0 in ms, got ${value}`);
  }
  if (typeof onBatch !== "function") {
    throw new TypeError(`Cannot batch calls: onBatch must be a function, got ${kindOf(onBatch)}`);
  }
  return { maxBatch, maxTokens, maxRows, maxWaitMs, maxQueue, maxQueueMs, onBatch };
}
