/** The options of a service, and their defaults, which are those of Text Embeddings Inference. */

import type { LoadOptions, ModelSource, Pooling } from "../../mod.ts";
import type { LogEntry } from "./http/log.ts";

/** A model to serve. */
export interface ModelToServe {
  /** Folder, URL of a folder, id on the Hugging Face Hub, or files in memory. */
  source: ModelSource;
  /** The name by which requests choose it. @default the last part of the source, for files in memory `model` */
  name?: string | undefined;
}

/** Options of `createApp`. */
export interface ServerOptions {
  /** The models, one at least. The first answers requests that name none, if there is no other one. */
  models: readonly (ModelSource | ModelToServe)[];
  /** How they are loaded. */
  load?: Pick<LoadOptions, "revision" | "dtype" | "cache_dir" | "local_files_only" | "signal" | "progress_callback">;
  /** Whether each model is in a Worker, so that this thread is never kept waiting by the GPU. @default true */
  worker?: boolean;
  /** After how many ms without a sign of life a Worker is replaced. @default 60000 */
  workerTimeoutMs?: number;
  /** The pooling of embeddings. @default as the model's files say, else `mean` */
  pooling?: Exclude<Pooling, "none"> | undefined;
  /** Most requests at a time; further ones are refused with 429. @default 512 */
  maxConcurrentRequests?: number;
  /** Most tokens that are computed together. @default 16384 */
  maxBatchTokens?: number;
  /** Most sequences that are computed together. @default 64 */
  maxBatchRequests?: number;
  /** Most narrow rows that are computed together. @default no limit but that of tokens */
  maxBatchRows?: number | undefined;
  /** Most inputs of one request. @default 32 */
  maxClientBatchSize?: number;
  /** Whether texts that are too long are cut, if a request does not say. @default true */
  autoTruncate?: boolean;
  /** Most bytes of a body. @default 2000000 */
  payloadLimit?: number;
  /** The key that requests must have, as `Authorization: Bearer KEY`. @default none */
  apiKey?: string | undefined;
  /** Origins whose pages may use the service; `*` for all. @default none */
  corsAllowOrigin?: readonly string[];
  /** Longest time that a body may take to come, in ms: then 408. @default 30000 */
  bodyTimeoutMs?: number;
  /** Longest time that a request waits for its batch, in ms: then 503. @default 30000 */
  queueTimeoutMs?: number;
  /** Longest time of a request, its body included, in ms: then 504. @default 60000 */
  requestTimeoutMs?: number;
  /** Whether each model answers once before the service is ready, so that its kernels are compiled. @default true */
  warmup?: boolean;
  /** Receives an entry for each request. @default none */
  log?: ((entry: LogEntry) => void) | undefined;
  /** Called once, if a model was lost three times in a minute: the process should end. */
  onFatal?: ((error: Error) => void) | undefined;
}

/** Options that may be left out for good. */
type Optional = "pooling" | "maxBatchRows" | "apiKey" | "log" | "onFatal";

/** All of them. */
export type Settings =
  & Required<Omit<ServerOptions, "load" | "models" | "corsAllowOrigin" | Optional>>
  & Pick<ServerOptions, Optional>
  & {
    readonly models: readonly Required<ModelToServe>[];
    readonly load: NonNullable<ServerOptions["load"]>;
    readonly corsAllowOrigin: readonly string[];
  };

const COUNTS = ["maxConcurrentRequests", "maxBatchTokens", "maxBatchRequests", "maxClientBatchSize", "payloadLimit"];
const TIMES = ["workerTimeoutMs", "bodyTimeoutMs", "queueTimeoutMs", "requestTimeoutMs"];

/**
 * Checks options, and adds the defaults.
 *
 * @throws {RangeError} If a value is not allowed, or two models have one name.
 */
export function settingsOf(options: ServerOptions): Settings {
  const settings: Settings = {
    load: {},
    worker: true,
    workerTimeoutMs: 60_000,
    pooling: undefined,
    maxConcurrentRequests: 512,
    maxBatchTokens: 16_384,
    maxBatchRequests: 64,
    maxBatchRows: undefined,
    maxClientBatchSize: 32,
    autoTruncate: true,
    payloadLimit: 2_000_000,
    apiKey: undefined,
    corsAllowOrigin: [],
    bodyTimeoutMs: 30_000,
    queueTimeoutMs: 30_000,
    requestTimeoutMs: 60_000,
    warmup: true,
    log: undefined,
    onFatal: undefined,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    models: options.models.map(namedModel),
  };
  const values = settings as unknown as Record<string, number>;
  for (const name of [...COUNTS, ...TIMES, ...(settings.maxBatchRows === undefined ? [] : ["maxBatchRows"])]) {
    const value = values[name]!;
    if (Number.isSafeInteger(value) && value >= 1 && (!TIMES.includes(name) || value < 2 ** 31)) continue;
    throw new RangeError(`Cannot serve: ${name} must be a whole number from 1, got ${value}`);
  }
  if (settings.apiKey === "") throw new RangeError("Cannot serve: apiKey must not be empty; leave it out for no key");
  const names = settings.models.map(({ name }) => name);
  if (names.length === 0) throw new RangeError("Cannot serve: models must name one at least, got none");
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double === undefined) return settings;
  throw new RangeError(`Cannot serve: models must have names of their own, got two called "${double}"`);
}

function namedModel(model: ModelSource | ModelToServe): Required<ModelToServe> {
  const isPair = typeof model === "object" && !(model instanceof URL) && !(model instanceof Map);
  const { source, name } = isPair ? model as ModelToServe : { source: model as ModelSource, name: undefined };
  return { source, name: name ?? nameOf(source) };
}

/** The last part of a path, a URL or an id. */
function nameOf(source: ModelSource): string {
  if (typeof source !== "string" && !(source instanceof URL)) return "model";
  return `${source}`.replace(/[?#].*$/, "").split(/[/\\]/).findLast((part) => part !== "" && part !== ".") ?? "model";
}
