/** The manifest of a checkpoint: its files, with sizes and digests. */

import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import { nameProblem } from "./layout.ts";

/** What a manifest says of a file. */
export interface FileEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A manifest. */
export interface Manifest {
  readonly step: number;
  readonly files: readonly FileEntry[];
}

/** The version of the form of checkpoints. */
const FORMAT = 1;

/** The text of a manifest. */
export function manifestText({ step, files }: Manifest): string {
  return JSON.stringify({ format: FORMAT, step, files }, null, 2) + "\n";
}

/**
 * Reads a manifest.
 *
 * @throws {SyntaxError} If it is not one.
 */
export function parseManifest(text: string): Manifest {
  const json: unknown = JSON.parse(text);
  if (!isObject(json)) throw new SyntaxError(`the manifest must be an object, got ${shown(json)}`);
  const { format, step, files } = json;
  if (format !== FORMAT) throw new SyntaxError(`the manifest's format must be ${FORMAT}, got ${shown(format)}`);
  if (!isCount(step)) throw new SyntaxError(`the manifest's step must be a whole number, got ${shown(step)}`);
  if (!Array.isArray(files)) throw new SyntaxError(`the manifest's files must be a list, got ${shown(files)}`);
  const entries = files.map(entryOf);
  const names = entries.map(({ name }) => name);
  const double = names.find((name, i) => names.indexOf(name) < i);
  if (double !== undefined) throw new SyntaxError(`the manifest lists ${shown(double)} twice`);
  return { step, files: entries };
}

function entryOf(entry: unknown): FileEntry {
  if (isObject(entry)) {
    const { name, size, sha256 } = entry;
    const isNamed = typeof name === "string" && nameProblem(name) === null;
    const isDigest = typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
    if (isNamed && isCount(size) && isDigest) return { name, size, sha256 };
  }
  throw new SyntaxError(`a file of the manifest must have a name, a size and a SHA-256, got ${shown(entry)}`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
