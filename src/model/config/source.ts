/** Configs before they are checked. */

import { isObject } from "../../base/json.ts";

/** A config as a file or a caller gives it: keys of any kind, nothing checked. */
export type ConfigSource = Readonly<Record<string, unknown>>;

/**
 * Lays overrides over a config. New labels replace everything that the config says about labels: `{ num_labels: 5 }`
 * over a file with three labels means five, `{ num_labels: 3 }` keeps its three. `undefined` says nothing, in either.
 */
export function override(source: ConfigSource, overrides: ConfigSource): ConfigSource {
  const base = defined(source);
  const given = defined(overrides);
  const size = isObject(base["id2label"]) ? Object.keys(base["id2label"]).length : undefined;
  if ("id2label" in given || ("num_labels" in given && given["num_labels"] !== size)) {
    for (const key of ["num_labels", "id2label", "label2id"]) delete base[key];
  }
  return { ...base, ...given };
}

function defined(source: ConfigSource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined));
}
