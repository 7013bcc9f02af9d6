/** How the states of a text's tokens become one vector, by a `Pooling` module. */

import { quoted, shown } from "../../base/messages.ts";
import { POOLING_MODES, type PoolingMode } from "../readouts/pooled_state.ts";
import type { JsonFile } from "./json_file.ts";

/** A module that pools. */
export interface PoolingModule {
  /** The poolings, whose vectors are joined in this order. */
  readonly modes: readonly PoolingMode[];
  /** Whether the tokens of a prompt are pooled too. */
  readonly includePrompt: boolean;
}

/** The flags of versions before 5.4, in the order in which what they ask for is joined. */
const FLAGS: readonly (readonly [flag: string, mode: PoolingMode])[] = [
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
];

/** The size of what is pooled, in its present spelling and its past one. */
const DIMENSIONS = ["embedding_dimension", "word_embedding_dimension"];

/**
 * Reads the settings of a pooling.
 *
 * @param width The size of the states that it is given.
 * @throws {ConfigError} If they are not what sentence-transformers writes, or name a pooling that it does not have.
 */
export function readPooling(file: JsonFile, width: number): PoolingModule {
  for (const key of DIMENSIONS) {
    const dimension = file.count(key);
    if (dimension === undefined || dimension === width) continue;
    throw file.error(`${key} must be the size of the states that it is given, ${width}, got ${dimension}`);
  }
  return { modes: readModes(file), includePrompt: file.flag("include_prompt") ?? true };
}

function readModes(file: JsonFile): PoolingMode[] {
  const { values } = file;
  const named = values.pooling_mode;
  if (named !== undefined && named !== null) {
    const modes: unknown[] = Array.isArray(named) ? named : [named];
    if (modes.length > 0 && modes.every(isMode)) return modes;
    throw file.error(`pooling_mode must be one or several of ${quoted(POOLING_MODES)}, got ${shown(named)}`);
  }
  const known = FLAGS.map(([flag]) => flag);
  const unknown = Object.keys(values).find((key) => /^pooling_mode_/.test(key) && !known.includes(key));
  if (unknown !== undefined && values[unknown] !== false) throw file.error(`there is no ${unknown}`);
  const modes = FLAGS.filter(([flag]) => file.flag(flag) === true).map(([, mode]) => mode);
  if (modes.length > 0) return modes;
  // As sentence-transformers, which takes the mean if no flag is set.
  if ([...DIMENSIONS, ...known].some((key) => values[key] !== undefined)) return ["mean"];
  throw file.error(`it must have a pooling_mode, or flags such as pooling_mode_mean_tokens, got no pooling_mode`);
}

function isMode(mode: unknown): mode is PoolingMode {
  return POOLING_MODES.some((one) => one === mode);
}
