/** Opening what a caller names as a model: a local folder, a repository of the Hub, a URL, or files in memory. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { DEFAULT_ENDPOINT, idProblem, isRepositoryId } from "../hub/names.ts";
import { pathIn } from "./path.ts";
import { HttpFolder } from "./http_folder.ts";
import { parseLocation, withoutSecrets } from "./location.ts";
import { MemoryFolder } from "./memory_folder.ts";
import { type ModelFolder, subfolderNames } from "./model_folder.ts";
import { localFiles } from "./on_disk.ts";
import { type ProgressCallback, ProgressReporter } from "./progress.ts";

export type { ModelFolder } from "./model_folder.ts";
export type { ProgressCallback, ProgressInfo } from "./progress.ts";

/**
 * The folder of a model: its local path, its id on the Hugging Face Hub (`name` or `owner/name`; a folder of that path wins),
 * its `file:`, `http:` or `https:` URL, or its files in memory, by name. A path, an id and a `file:` URL need Deno.
 */
export type ModelSource = string | URL | ReadonlyMap<string, Uint8Array>;

/** Options of what reads a model's folder. */
export interface OpenFolderOptions {
  /** A folder inside the folder, as `a` or `a/b`. @default the folder itself */
  subfolder?: string;
  /** Of a Hub id: a branch, a tag or a commit. If a folder of that name wins, a warning says so. @default "main" */
  revision?: string;
  /**
   * Of a Hub id: the folder of the cache, which is that of Python's `huggingface_hub`. By default `HF_HUB_CACHE`, or `hub` in
   * `HF_HOME`, in `$XDG_CACHE_HOME/huggingface` or in `~/.cache/huggingface`.
   */
  cache_dir?: string | URL;
  /** Of a Hub id: asks the Hub which commit the revision is now, even if the cache has an earlier one. @default false */
  refresh?: boolean;
  /** Never uses the network: a Hub id is looked for in the cache alone, and a URL is an error. @default false */
  local_files_only?: boolean;
  /** Sent as a bearer token to the server of a URL, or to the Hub. By default the Hub gets `HF_TOKEN`, or the user's. */
  token?: string;
  /** Called as files are read or downloaded. */
  progress_callback?: ProgressCallback;
  /** Aborts every read. */
  signal?: AbortSignal;
}

/** A host with its port, or a scheme without both slashes. */
const HOST = /^(https?:|[a-z0-9][a-z0-9.-]+:\d)/i;

/** What can be no id, but a path: an absolute one, one that begins with a dot or a tilde, one of Windows. */
const PATH = /^[/.~]|[\\:]/;

/**
 * Opens the folder that a model is in. Whoever loads opens it once, and hands it on.
 *
 * @throws {CheckpointError} If there is no such folder, or if it is a path or an id and this is no Deno. A server is asked
 *   for files only, so a URL without a folder, or an id without a repository, fails at the first file.
 * @throws {PermissionError} If Deno may not read it.
 */
export async function openFolder(
  where: ModelSource,
  options: OpenFolderOptions = {},
): Promise<ModelFolder> {
  const { subfolder = "", local_files_only = false, token, progress_callback, signal } = options;
  const names = subfolderNames(subfolder);
  if (where instanceof Map) return new MemoryFolder(where).inside(subfolder);
  const location = parseLocation(where as string | URL);
  const progress = new ProgressReporter(`${where}`, progress_callback);

  if ("url" in location) {
    if (local_files_only) {
      throw new CheckpointError(
        `Cannot open ${quote(withoutSecrets(`${where}`))}: local_files_only is set, and this is not local`,
      );
    }
    const url = new URL(location.url);
    url.pathname = pathIn(url.pathname, "");
    return new HttpFolder(url, { progress, token, signal }).inside(subfolder);
  }

  const id = typeof location.local === "string" && isRepositoryId(location.local) ? location.local : null;
  const url = id === null ? "" : `, of the Hub ${DEFAULT_ENDPOINT}/${id}/resolve/main/`;
  const { openNamedFolder, pathOf } = await localFiles(`open ${quote(`${where}`)}`, `give a URL${url}`);
  const { revision, cache_dir, refresh } = options;
  const choice = { revision, cache_dir, refresh, local_files_only, token };
  const folder = await openNamedFolder(location.local, { id, subfolder, progress, signal, ...choice });
  if (folder !== null) return folder;
  const path = names.reduce(pathIn, pathOf(location.local));
  throw new CheckpointError(`Cannot open ${quote(path)}: there is no such folder${cureFor(where)}`);
}

/** What else may be meant by what is no folder. */
function cureFor(where: ModelSource): string {
  if (typeof where !== "string") return "";
  if (HOST.test(where)) return "; a URL begins with http:// or https://";
  const problem = PATH.test(where) ? null : idProblem(where);
  return problem === null ? "" : `; as an id of the Hugging Face Hub it is wrong: ${problem}`;
}
