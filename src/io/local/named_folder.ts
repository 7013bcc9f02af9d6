/** The folder that a caller means by a path or by an id of the Hugging Face Hub. */

import { PermissionError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { isGranted } from "../../base/runtime.ts";
import { warn } from "../../base/warn.ts";
import type { ModelFolder } from "../folder/model_folder.ts";
import type { HubFolderOptions } from "./hub/hub_folder.ts";
import { openLocalFolder } from "./local_folder.ts";
import { ifThere } from "./paths.ts";

/** What a model of the Hub takes. */
const HUB_FLAGS = "takes --allow-env=HF_HOME,HOME, --allow-net, and --allow-read and --allow-write of its cache";

/**
 * Opens a folder of this machine, or if there is none of that path, a repository of the Hub.
 *
 * @param where A path, or a `file:` URL.
 * @param options.id The same as an id, if it can be one.
 * @returns `null` if there is nothing of that path, and it is no id.
 * @throws {CheckpointError} If it is a file, or if options or environment cannot be used.
 */
export async function openNamedFolder(
  where: string | URL,
  { id, ...options }: HubFolderOptions & { id: string | null },
): Promise<ModelFolder | null> {
  const { subfolder, progress, signal } = options;
  if (id === null) return await openLocalFolder(where, { subfolder, progress, signal });
  if (await mayLook(id, options)) {
    const folder = await openLocalFolder(where, { subfolder, progress, signal }).catch((error) => {
      if (!(error instanceof PermissionError)) throw error;
      throw new PermissionError(`${error.message} if it is a folder; a model of the Hub ${HUB_FLAGS}`, {
        cause: error,
      });
    });
    if (folder !== null || await ifThere(Deno.stat(id)) !== null) {
      if (options.revision !== undefined) warnOfFolder(id, options.revision);
      return folder;
    }
  }
  const { openHubFolder } = await import("./hub/hub_folder.ts"); // most loads do without
  return await openHubFolder(id, options);
}

/** Of an id with a revision the Hub's model was meant, most likely. */
function warnOfFolder(id: string, revision: string): void {
  warn(`${quote(id)} is a folder here, which wins over the Hub's model; so revision ${quote(revision)} is ignored`);
}

/**
 * Whether to look for a folder of an id's name. A program that may read the cache, and not the path, means the Hub: looking
 * would only ask for a permission that it does not need.
 */
async function mayLook(path: string, choice: HubFolderOptions): Promise<boolean> {
  if (isGranted({ name: "read", path })) return true;
  const { cacheFolder } = await import("./hub/settings.ts");
  try {
    return !isGranted({ name: "read", path: cacheFolder(choice) });
  } catch {
    return true; // no cache is named
  }
}
