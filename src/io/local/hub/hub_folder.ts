/** A model folder in a repository of the Hugging Face Hub. */

import { CheckpointError } from "../../../base/errors.ts";
import { quote } from "../../../base/messages.ts";
import type { FileBytes } from "../../folder/file_bytes.ts";
import { checkPlainName, type ModelFolder, subfolderNames } from "../../folder/model_folder.ts";
import type { ProgressReporter } from "../../folder/progress.ts";
import { HubClient } from "../../hub/hub_client.ts";
import { hubError, named } from "../../hub/hub_error.ts";
import { isRevision } from "../../hub/names.ts";
import { LocalFile } from "../local_file.ts";
import { cacheError } from "./cache_error.ts";
import { HubFiles } from "./hub_files.ts";
import { RepositoryCache } from "./repository_cache.ts";
import { LoadedRevision } from "./revision.ts";
import { type HubChoice, type HubSettings, hubSettings } from "./settings.ts";

/** Options of {@linkcode openHubFolder}. */
export interface HubFolderOptions extends HubChoice {
  readonly revision?: string | undefined;
  readonly refresh?: boolean | undefined;
  readonly subfolder: string;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

/** A repository that is open. */
export interface HubRepository {
  readonly folder: ModelFolder;
  /** The commit whose files it has, and its folder in the cache; `null` before the first file. */
  readonly commit: string | null;
  readonly path: string | null;
  /** Brings all files into the cache. @throws {HubError} If one of them cannot be had. */
  fetchAll(): Promise<void>;
}

/** {@linkcode openHubRepository}, for its files alone. */
export async function openHubFolder(
  id: string,
  options: HubFolderOptions,
  settings?: HubSettings,
): Promise<ModelFolder> {
  return (await openHubRepository(id, options, settings)).folder;
}

/**
 * Opens a repository of the Hub, or a folder in it. Nothing is asked for before the first file is.
 *
 * @param id `name` or `owner/name`, which is valid.
 * @param settings Where the Hub and the cache are. Default: what options and environment say.
 * @throws {CheckpointError} If options or environment cannot be used.
 */
export async function openHubRepository(
  id: string,
  { revision = "main", refresh = false, subfolder, progress, signal, ...choice }: HubFolderOptions,
  settings?: HubSettings,
): Promise<HubRepository> {
  if (typeof revision !== "string" || !isRevision(revision)) {
    throw new CheckpointError(
      `Cannot open ${quote(id)}: revision must be a branch, a tag or a commit, got ${quote(`${revision}`)}`,
    );
  }
  const prefix = subfolderNames(subfolder);
  const { access, cache: cacheFolder, offline } = settings ?? await hubSettings(choice);
  const cache = new RepositoryCache(cacheFolder, id);
  const client = new HubClient(id, access);
  const loaded = await LoadedRevision.open(revision, cache, refresh && offline === null).catch((error) => {
    throw cacheError(named(null, id), cacheFolder, error);
  });
  const files = new HubFiles({ client, cache, revision: loaded, progress, signal, offline });
  return {
    folder: new HubFolder(id, prefix, files),
    get commit() {
      return loaded.commit;
    },
    get path() {
      return loaded.commit === null ? null : cache.snapshot(loaded.commit);
    },
    async fetchAll() {
      if (offline !== null) throw hubError(named(null, id), `only the Hub knows them all, and ${offline}`);
      await files.find("config.json"); // the answer tells the commit, whether there is such a file or not
      const names = await Array.fromAsync(client.list(loaded.commit ?? revision, signal));
      await Promise.all(names.map((name) => files.find(name)));
    },
  };
}

class HubFolder implements ModelFolder {
  readonly #id: string;
  readonly #prefix: readonly string[];
  readonly #files: HubFiles;

  constructor(id: string, prefix: readonly string[], files: HubFiles) {
    this.#id = id;
    this.#prefix = prefix;
    this.#files = files;
  }

  get location(): string {
    return [this.#id, ...this.#prefix].join("/");
  }

  get absence(): string {
    return this.#files.absence;
  }

  async find(file: string): Promise<FileBytes | null> {
    checkPlainName(file);
    const path = await this.#files.find(this.#path(file));
    return path === null ? null : new LocalFile(path);
  }

  /** Begins to download the files; an error is told when the file is asked for. */
  prepare(choices: readonly (readonly string[])[]): void {
    for (const names of choices) {
      void this.#first(names).catch(() => {});
    }
  }

  inside(subfolder: string): ModelFolder {
    return new HubFolder(this.#id, [...this.#prefix, ...subfolderNames(subfolder)], this.#files);
  }

  confined(): ModelFolder {
    return this;
  }

  detached(): ModelFolder {
    return new HubFolder(this.#id, this.#prefix, this.#files.detached());
  }

  async #first(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (await this.#files.find(this.#path(name)) !== null) return;
    }
  }

  #path(file: string): string {
    return [...this.#prefix, file].join("/");
  }
}
