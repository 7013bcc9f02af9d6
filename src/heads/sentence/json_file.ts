/** A JSON file of a folder, whose fields are checked as they are read. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { quote, shown } from "../../base/messages.ts";
import { findBytes, type ModelFolder } from "../../io/folder/model_folder.ts";

/** An object in a file. A field that is left out and one of `null` are the same. */
export class JsonFile {
  readonly values: Readonly<Record<string, unknown>>;
  readonly #place: string;

  /** @param place The file and its folder, for messages. */
  constructor(values: Readonly<Record<string, unknown>>, place: string) {
    this.values = values;
    this.#place = place;
  }

  /** The error of a file that is not what it should be. */
  error(problem: string): ConfigError {
    return new ConfigError(`Cannot read ${this.#place}: ${problem}`);
  }

  /** A text. @throws {ConfigError} If it is something else. */
  text(key: string): string | undefined {
    return this.#field(key, "a text", (value) => typeof value === "string");
  }

  /** True or false. @throws {ConfigError} If it is something else. */
  flag(key: string): boolean | undefined {
    return this.#field(key, "true or false", (value) => typeof value === "boolean");
  }

  /** A whole number from 1. @throws {ConfigError} If it is something else. */
  count(key: string): number | undefined {
    return this.#field(key, "a whole number from 1", (value) => Number.isSafeInteger(value) && (value as number) >= 1);
  }

  /** An object. @throws {ConfigError} If it is something else. */
  object(key: string): Record<string, unknown> | undefined {
    return this.#field(key, "an object", isObject);
  }

  #field<T>(key: string, kind: string, fits: (value: unknown) => boolean): T | undefined {
    const value = Object.hasOwn(this.values, key) ? this.values[key] : undefined;
    if (value === undefined || value === null) return undefined;
    if (fits(value)) return value as T;
    throw this.error(`${key} must be ${kind}, got ${shown(value)}`);
  }
}

/** A file as JSON; `undefined` if there is none. @throws {ConfigError} If it is no JSON. */
export async function readJson(folder: ModelFolder, file: string): Promise<unknown> {
  const bytes = await findBytes(folder, file);
  return bytes === null ? undefined : parsed(bytes, placeOf(folder, file));
}

/** A file that holds an object; `null` if there is none. @throws {ConfigError} If it holds something else. */
export async function findJsonFile(folder: ModelFolder, file: string): Promise<JsonFile | null> {
  const bytes = await findBytes(folder, file);
  return bytes === null ? null : asJsonFile(bytes, { folder, file });
}

/** The bytes of a file of a folder as an object. @throws {ConfigError} If they are something else. */
export function asJsonFile(bytes: Uint8Array, { folder, file }: { folder: ModelFolder; file: string }): JsonFile {
  const place = placeOf(folder, file);
  const json = parsed(bytes, place);
  if (isObject(json)) return new JsonFile(json, place);
  throw new ConfigError(`Cannot read ${place}: it must be an object, got ${shown(json)}`);
}

/** A file that must be there, and hold an object. @throws {ConfigError} If it does not. */
export async function readJsonFile(folder: ModelFolder, file: string): Promise<JsonFile> {
  const found = await findJsonFile(folder, file);
  if (found !== null) return found;
  throw new ConfigError(`Cannot read ${placeOf(folder, file)}: it must be there, and be an object`);
}

function parsed(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ConfigError(`Cannot read ${place}: it must be JSON: ${(cause as Error).message}`, { cause });
  }
}

function placeOf({ location }: ModelFolder, file: string): string {
  return `${file} in ${quote(location)}`;
}
