/** Options of the ways to make a model. */

import { describe } from "../base/messages.ts";
import type { OpenFolderOptions } from "../io/folder/folder.ts";
import type { ConfigSource } from "./config/source.ts";
import { DEVICE_OPTIONS, type DeviceOptions } from "./device_options.ts";

/** Options of every way to make a model. */
export interface ModelOptions extends DeviceOptions {
  /** A base model without its pooler computes the rows of `narrow_mask`, or all tokens. @default true */
  add_pooling_layer?: boolean;
  /** Most GPU bytes of all contexts together that `encode` of trunks keeps. @default 268435456, which is 256 MiB */
  maxContextBytes?: number;
}

/** Options of `from_pretrained`. */
export interface LoadOptions extends ModelOptions, OpenFolderOptions {
  /** Overrides of keys of config.json, such as `problem_type`. */
  config?: ConfigSource;
  /** Makes weights that the model has no use for an error. @default false, a warning */
  strict?: boolean;
  /**
   * Gives the head new random weights, whatever the checkpoint holds of it, and a pooler if it needs one and the
   * checkpoint has none: for training on labels of one's own. A whole number is the seed; `true` is seed 0.
   *
   * @default false
   */
  new_head?: boolean | number;
  /**
   * `probe`: once the model is loaded, four tokens go through it, and through the same weights in float64 on the CPU. A
   * device that computes something else is refused, by a `ProbeError`, in place of believed. Of a large model the first
   * layer of each kind is computed, and the head.
   *
   * @default false
   */
  verify?: "probe" | false;
}

/** @throws {RangeError} If `verify` is something else. */
export function checkVerify({ verify = false }: LoadOptions): void {
  if (verify === "probe" || verify === false) return;
  throw new RangeError(`Cannot load a model with verify ${describe(verify)}: it must be "probe" or false`);
}

/** @throws {RangeError} If the limit for contexts is no whole number of bytes. */
export function checkContextLimit({ maxContextBytes: limit }: ModelOptions): void {
  if (limit === undefined || limit === Infinity || (Number.isSafeInteger(limit) && limit >= 0)) return;
  throw new RangeError(
    `Cannot make a model with maxContextBytes ${describe(limit)}: it must be a whole number of bytes, or Infinity`,
  );
}

/** Names of the {@linkcode ModelOptions}. */
export const MODEL_OPTIONS = [...DEVICE_OPTIONS, "add_pooling_layer", "maxContextBytes"];
const FOLDER_OPTIONS = [
  "subfolder",
  "revision",
  "cache_dir",
  "refresh",
  "local_files_only",
  "token",
  "progress_callback",
  "signal",
];
/** Names of the options of `from_pretrained`. */
export const LOAD_OPTIONS = [...MODEL_OPTIONS, ...FOLDER_OPTIONS, "config", "strict", "new_head", "verify"];
