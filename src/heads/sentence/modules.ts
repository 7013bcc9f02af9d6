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
 * @throws {ConfigError} If the list is not valid, or names a class that is not of sentence-transformers.
 */
export function readModules(folder: ModelFolder): Promise<ModuleEntry[] | null> {
  const found = known.get(folder) ?? readList(folder);
  known.set(folder, found);
  return found;
}

/** Lists that were read: a folder is asked once, by what looks for the model and by what makes embeddings of its states. */
const known = new WeakMap<ModelFolder, Promise<ModuleEntry[] | null>>();

async function readList(folder: ModelFolder): Promise<ModuleEntry[] | null> {
  const json = await readJson(folder, MODULES);
  if (json === undefined) return null;
  const fail = (problem: string) => {
    throw new ConfigError(`Cannot read ${MODULES} in ${quote(folder.location)}: ${problem}`);
  };
  const entries = Array.isArray(json) && json.length > 0 ? json : [null];
  return entries.map((entry) => {
    if (!isObject(entry) || typeof entry.type !== "string" || typeof entry.path !== "string") {
      return fail("it must be an array of objects with a type and a path");
    }
    const kind = OWN.exec(entry.type)?.[1];
    if (kind === undefined) {
      return fail(
        `module ${quote(entry.type)} is none of sentence-transformers, but Python code beside the model, which runs ` +
          "with trust_remote_code alone; nothing in a folder is executed here",
      );
    }
    return { kind, path: plainPath(entry.path) };
  });
}

/** The folder of the transformer among some modules: the model's own if none is named. */
export function transformerFolder(folder: ModelFolder, modules: readonly ModuleEntry[] | null): ModelFolder {
  const path = modules?.find(({ kind }) => isTransformer(kind))?.path ?? "";
  return path === "" ? folder : folder.inside(path);
}

/** Whether a module of that class is the language model. */
export function isTransformer(kind: string): boolean {
  return kind === "Transformer";
}

/** A path as Python's `os.path.join` takes it, without what changes nothing: `./a//b/` is `a/b`. */
function plainPath(path: string): string {
  return path.split("/").filter((name, i) => !(name === "." || (name === "" && i > 0))).join("/");
}
