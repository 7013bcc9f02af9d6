/** The labels of a classifier: `id2label`, `label2id` and the short form `num_labels`. */

import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import { LARGEST, whole } from "./fields.ts";
import type { ConfigSource } from "./source.ts";

/** Labels by number, and numbers by label. */
export interface Labels {
  readonly id2label: Readonly<Record<number, string>>;
  readonly label2id: Readonly<Record<string, number>>;
}

const COUNT = whole(2, LARGEST.num_labels);

/**
 * Reads the labels of a config: two, called LABEL_0 and LABEL_1, unless it says otherwise.
 *
 * @param source The config as given.
 * @param problems Gets a line for each problem; the labels returned are then not to be used.
 * @param options `isFile`: it comes from a file, whose `num_labels` may be of other labels than its `id2label`; that counts,
 *   as in transformers.
 */
export function readLabels(source: ConfigSource, problems: string[], { isFile }: { isFile: boolean }): Labels {
  const before = problems.length;
  const names = readNames(isFile && isObject(source["id2label"]) ? { ...source, num_labels: null } : source, problems);
  if (problems.length > before) return { id2label: {}, label2id: {} };
  const id2label = Object.freeze(Object.fromEntries(names.entries()));
  const label2id = readNumbers(source, names, problems);
  return { id2label, label2id: Object.freeze(label2id) };
}

/** The label of each number. */
function readNames({ num_labels = null, id2label = null }: ConfigSource, problems: string[]): string[] {
  if (num_labels !== null && !COUNT.accepts(num_labels)) {
    problems.push(`num_labels must be ${COUNT.expected}, got ${shown(num_labels)}`);
    return [];
  }
  if (id2label === null) return Array.from({ length: num_labels ?? COUNT.fallback }, (_, id) => `LABEL_${id}`);
  if (!isObject(id2label) || Object.keys(id2label).length === 0) {
    problems.push(`id2label must be an object with a label for each number from 0, got ${shown(id2label)}`);
    return [];
  }
  const size = Object.keys(id2label).length;
  const ids = Array.from({ length: size }, (_, id) => id);
  // Numbers below 0, such as -100 for what is not labelled, take a place of the model's labels, as in transformers.
  const below = Object.keys(id2label).filter((key) => /^-[1-9]\d*$/.test(key)).length;
  const absent = ids.slice(0, size - below).find((id) => !Object.hasOwn(id2label, id));
  if (absent !== undefined) {
    problems.push(`id2label must number its ${size} labels 0 to ${size - 1}, but there is no label ${absent}`);
    return [];
  }
  if (num_labels !== null && num_labels !== size) {
    problems.push(`num_labels must be the size of id2label, ${size}, got ${num_labels}`);
  }
  for (const id of ids.slice(0, size - below)) {
    if (!isName(id2label[id])) problems.push(`id2label.${id} must be a string or a number, got ${shown(id2label[id])}`);
  }
  return ids.map((id) => String(id2label[id] ?? `LABEL_${id}`));
}

/** Whether something may be the name of a label: Python's JSON has numbers, and truth values, where labels were such. */
function isName(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/**
 * The number of each label: as given, else the reverse of `names`. Any number may be given, as files have labels that
 * their model does not: -100 for what is not labelled, or those of another head.
 */
function readNumbers({ label2id = null }: ConfigSource, names: string[], problems: string[]): Record<string, number> {
  if (label2id === null) return Object.fromEntries(names.map((name, id) => [name, id]));
  if (!isObject(label2id)) {
    problems.push(`label2id must be an object with the number of each label, got ${shown(label2id)}`);
    return {};
  }
  const numbers: [string, number][] = [];
  for (const [label, id] of Object.entries(label2id)) {
    const number = typeof id === "string" && /^-?\d+$/.test(id) ? Number(id) : id;
    if (Number.isSafeInteger(number)) numbers.push([label, number as number]);
    else problems.push(`label2id.${label} must be a whole number, got ${shown(id)}`);
  }
  return Object.fromEntries(numbers);
}
