/** Opening what a caller names as a model: a local folder, the URL of one, or files in memory. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
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
 * The folder of a model: its local path, its `file:`, `http:` or `https:` URL, or its files in memory, by name. A path and a
 * `file:` URL need Deno.
 */
export type ModelSource = string | URL | ReadonlyMap<string, Uint8Array>;

/** Options of what reads a model's folder. */
export interface OpenFolderOptions {
  /** A folder inside the folder, as `a` or `a/b`. @default the folder itself */
  subfolder?: string;
  /** Never uses the network: a URL is an error. @default false */
  local_files_only?: boolean;
  /** Sent as a bearer token to the server of a URL. */
  token?: string;
  /** Called as the files of a local folder or a URL are read. */
  progress_callback?: ProgressCallback;
  /** Aborts every read. */
  signal?: AbortSignal;
}

const HUB_ID = /^\w[\w.-]*(\/\w[\w.-]*)?$/;

/** A host with its port, or a scheme without both slashes. */
const HOST = /^(https?:|[a-z0-9][a-z0-9.-]+:\d)/i;

/**
 * Opens the folder that a model is in. Whoever loads opens it once, and hands it on.
 *
 * @throws {CheckpointError} If there is no such folder, or if it is a path and this is no Deno. A missing permission is
 *   Deno's own `NotCapable`, which says so. A server is asked for files only, so a URL without a folder fails at the first
 *   file.
 */
export async function openFolder(
  where: ModelSource,
  { subfolder = "", local_files_only = false, token, progress_callback, signal }: OpenFolderOptions = {},
): Promise<ModelFolder> {
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

  const { openLocalFolder, pathOf } = await localFiles(`open ${quote(`${where}`)}`, "give a URL");
  const folder = await openLocalFolder(location.local, { subfolder, progress, signal });
  if (folder !== null) return folder;
  const path = names.reduce(pathIn, pathOf(location.local));
  throw new CheckpointError(`Cannot open ${quote(path)}: there is no such folder${cureFor(where)}`);
}

/** What else may be meant by what is no folder. */
function cureFor(where: ModelSource): string {
  if (typeof where !== "string") return "";
  if (HOST.test(where)) return "; a URL begins with http:// or https://";
  if (!HUB_ID.test(where)) return "";
  return ". Models are not downloaded from the Hugging Face Hub by this version: download it, and pass its folder";
}
