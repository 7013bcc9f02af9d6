/** The list of modules that a text goes through, by `modules.json`. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { quote } from "../../base/messages.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import { MODULES } from "./files.ts";
import { readJson } from "./json_file.ts";

/** One module. */
export interface ModuleEntry {
  /** The name of its class, without the path of the Python module, which differs between versions. */
  readonly kind: string;
  /** Its folder inside the model's, as `a/b`; `""` for the model's own. */
  readonly path: string;
}

/** Classes of sentence-transformers have paths that begin so; any other is Python code beside the model. */
const OWN = /^sentence_transformers\.(?:\w+\.)*(\w+)$/;

/**
 * The modules of a folder, in order; `null` if it has no such list.
 *
 * @throws {ConfigError} If the list is not valid, names a class that is not of sentence-transformers, or has a module
 *   among the model's own files.
 */
export async function readModules(folder: ModelFolder): Promise<ModuleEntry[] | null> {
  const list = await listed(folder);
  if (list === null) return null;
  const entries = list.map(({ type, path }) => {
    const kind = kindOf(type);
    if (kind !== undefined) return { kind, path };
    throw wrong(
      folder,
      `module ${quote(type)} is none of sentence-transformers, but Python code beside the model, which runs ` +
        "with trust_remote_code alone; nothing in a folder is executed here",
    );
  });
  const own = entries.find(({ kind }) => isTransformer(kind))?.path ?? "";
  const inside = entries.find(({ kind, path }) => !isTransformer(kind) && (path === "" || path === own));
  if (inside === undefined) return entries;
  throw wrong(
    folder,
    `module ${inside.kind} must have a folder of its own, as its settings have the name of a model's config.json, got ` +
      quote(inside.path),
  );
}

/**
 * The folder of the Transformer: in the folder that has the list of modules, or that folder itself. Modules of other
 * kinds may be Python code, as nothing is made of them here.
 *
 * @throws {ConfigError} If the list is not valid.
 */
export async function locateTransformer(folder: ModelFolder): Promise<ModelFolder> {
  const path = (await listed(folder))?.find(({ type }) => isTransformer(kindOf(type)))?.path ?? "";
  return path === "" ? folder : folder.inside(path);
}

/** A module as it is listed. */
interface ListedModule {
  /** Its class, by its path in Python. */
  readonly type: string;
  readonly path: string;
}

/** Lists that were read: a folder is asked once, by what looks for the model and by what makes embeddings of its states. */
const known = new WeakMap<ModelFolder, Promise<ListedModule[] | null>>();

function listed(folder: ModelFolder): Promise<ListedModule[] | null> {
  const found = known.get(folder) ?? readList(folder);
  known.set(folder, found);
  return found;
}

async function readList(folder: ModelFolder): Promise<ListedModule[] | null> {
  const json = await readJson(folder, MODULES);
  if (json === undefined) return null;
  const entries = Array.isArray(json) && json.length > 0 ? json : [null];
  return entries.map((entry) => {
    if (isObject(entry) && typeof entry.type === "string" && typeof entry.path === "string") {
      return { type: entry.type, path: plainPath(entry.path) };
    }
    throw wrong(folder, "it must be an array of objects with a type and a path");
  });
}

function wrong({ location }: ModelFolder, problem: string): ConfigError {
  return new ConfigError(`Cannot read ${MODULES} in ${quote(location)}: ${problem}`);
}

/** The name of a class of sentence-transformers; `undefined` for any other. */
function kindOf(type: string): string | undefined {
  return OWN.exec(type)?.[1];
}

/** Whether a module of that class is the language model. */
export function isTransformer(kind: string | undefined): boolean {
  return kind === "Transformer";
}

/** A path as Python's `os.path.join` takes it, without what changes nothing: `./a//b/` is `a/b`. */
function plainPath(path: string): string {
  return path.split("/").filter((name, i) => !(name === "." || (name === "" && i > 0))).join("/");
}
