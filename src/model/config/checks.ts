/** Checks a config that a file or a caller gave: one error lists all problems. */

import { ConfigError } from "../../base/errors.ts";
import { listed, shown } from "../../base/messages.ts";
import { pitch } from "../../kernels/kernel.ts";
import { keepsZero } from "../../kernels/rows/activation.ts";
import { type ConfigFields, type Field, FIELDS } from "./fields.ts";
import { type Labels, readLabels } from "./labels.ts";
import { type PrunedHeads, readPrunedHeads } from "./pruned_heads.ts";
import type { ConfigSource } from "./source.ts";

/** Everything that a config says, checked. */
export interface CheckedConfig extends ConfigFields, Labels {
  readonly pruned_heads: PrunedHeads;
}

/** Whether a config leaves it to the checkpoint which of its layers are narrow, as an ordinary BERT's does. */
export function leavesLayersOpen(source: ConfigSource): boolean {
  return source["model_type"] === "bert" && source["full_length_layers"] === undefined;
}

/**
 * Checks a config, filling in defaults.
 *
 * @param source The config as given.
 * @param location The file it came from, for messages; left out if a caller wrote it.
 * @throws {ConfigError} Listing every problem; of another architecture's config only that it is one.
 */
export function checkConfig(source: ConfigSource, location?: string): CheckedConfig {
  const subject = location === undefined ? "Cannot use the config" : `Cannot use the config "${location}"`;
  refuseOtherArchitectures(source, subject);
  const problems: string[] = [];
  const read = readFields(source, problems);
  const full_length_layers = leavesLayersOpen(source) ? read.num_hidden_layers : read.full_length_layers;
  relate({ ...read, full_length_layers }, problems);
  const labels = readLabels(source, problems, { isFile: location !== undefined });
  const pruned_heads = readPrunedHeads(source, read, problems);
  if (problems.length > 0) throw new ConfigError(`${subject}:${listed(problems)}`);
  // No problem, so every field is there.
  return { ...read as ConfigFields, full_length_layers: full_length_layers as number, ...labels, pruned_heads };
}

/** Reads the fields one by one, leaving out those that are wrong. */
function readFields(source: ConfigSource, problems: string[]): Partial<ConfigFields> {
  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<Field<unknown>>(FIELDS)) {
    const given = source[key];
    const value = given === undefined ? field.fallback : field.usual === undefined ? given : field.usual(given);
    if (field.accepts(value)) values[key] = Array.isArray(value) ? Object.freeze([...value]) : value;
    else problems.push(`${key} must be ${field.expected}, got ${shown(value)}`);
  }
  return values;
}

/** Checks fields against each other. A wrong field is left out and so NaN here: no comparison with it is true. */
function relate(fields: Partial<ConfigFields>, problems: string[]): void {
  const { hidden_size = NaN, num_attention_heads = NaN, num_hidden_layers = NaN, vocab_size = NaN } = fields;
  const { full_length_layers = NaN, pad_token_id = NaN, hidden_act = "gelu", intermediate_size = NaN } = fields;
  if (hidden_size % num_attention_heads > 0) {
    problems.push(`num_attention_heads must divide hidden_size ${hidden_size}, got ${num_attention_heads}`);
  }
  if (!keepsZero(hidden_act) && [hidden_size, intermediate_size].some((size) => pitch(size) > size)) {
    problems.push(
      `hidden_size and intermediate_size must be multiples of 4 for ${hidden_act}, got ${hidden_size} and ${intermediate_size}`,
    );
  }
  if (full_length_layers > num_hidden_layers) {
    problems.push(
      `full_length_layers must be at most num_hidden_layers ${num_hidden_layers}, got ${full_length_layers}`,
    );
  }
  if (pad_token_id !== null && pad_token_id >= vocab_size) {
    problems.push(`pad_token_id must be below vocab_size ${vocab_size}, got ${pad_token_id}`);
  }
}

/**
 * Refuses another architecture by its name alone: its other keys have other meanings, and their problems would mislead.
 */
function refuseOtherArchitectures({ model_type, architectures }: ConfigSource, subject: string): void {
  const { accepts, expected } = FIELDS.model_type;
  if (model_type === undefined || accepts(model_type)) return;
  const classes = Array.isArray(architectures) ? ` with architectures ${shown(architectures)}` : "";
  throw new ConfigError(
    `${subject}: model_type must be ${expected}, got ${shown(model_type)}${classes}. ` +
      "Only NarrowBERT and BERT models can be loaded",
  );
}
