/** `training_state.json`: what a checkpoint holds of a training beside tensors. */

import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import type { Rates } from "../settings.ts";
import type { Environment } from "./environment.ts";

/** What is in it. */
export interface TrainingRecord {
  readonly step: number;
  /** Passes through the model so far, and the seed of dropout, for people; the optimizer's state holds them too. */
  readonly passes: number;
  readonly seed: number;
  readonly optimizer: {
    /** Name of its class. */
    readonly name: string;
    readonly settings: Readonly<Record<string, unknown>>;
  };
  readonly rates: Rates;
  readonly environment: Environment;
  /** Of the keys of the config that decide what the model computes. */
  readonly config_sha256: string;
  /** The caller's own. */
  readonly data: unknown;
}

/** The version of the form of the file. */
const FORMAT = 1;

/** The text of the file. */
export function recordText(record: TrainingRecord): string {
  return JSON.stringify({ format: FORMAT, ...record }, null, 2) + "\n";
}

/**
 * Reads the text of the file.
 *
 * @throws {SyntaxError} If it is not that of a training.
 */
export function parseRecord(text: string): TrainingRecord {
  const json: unknown = JSON.parse(text);
  if (!isObject(json)) throw new SyntaxError(`it must be an object, got ${shown(json)}`);
  if (json.format !== FORMAT) throw new SyntaxError(`its format must be ${FORMAT}, got ${shown(json.format)}`);
  const { step, passes, seed, optimizer, rates, environment, config_sha256 } = json;
  const fits = [step, passes, seed].every((count) => Number.isSafeInteger(count)) &&
    isObject(optimizer) && typeof optimizer.name === "string" && isObject(optimizer.settings) &&
    isObject(rates) && ["lr", "weight_decay", "max_grad_norm"].every((name) => typeof rates[name] === "number") &&
    isEnvironment(environment) && typeof config_sha256 === "string";
  if (!fits) throw new SyntaxError(`it must be the record of a training, got ${shown(json)}`);
  return json as unknown as TrainingRecord;
}

function isEnvironment(value: unknown): value is Environment {
  return isObject(value) && typeof value.library === "string" && typeof value.runtime === "string" &&
    isObject(value.adapter) && isObject(value.kernels);
}

/**
 * Checks that a value comes back from JSON as it is.
 *
 * @param path Names it, in messages.
 * @throws {TypeError} Naming the first part that does not, such as `data.best`.
 */
export function expectJson(path: string, value: unknown): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return;
  if (Array.isArray(value)) return value.forEach((item, i) => expectJson(`${path}[${i}]`, item));
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    for (const [key, item] of Object.entries(value)) expectJson(`${path}.${key}`, item);
    return;
  }
  throw new TypeError(`Cannot save a training: ${path} must be JSON, which keeps it as it is, got ${shown(value)}`);
}
