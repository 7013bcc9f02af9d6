/** The files of a repository: from the cache, and from the Hub if they are not there. */

import { quote } from "../../../base/messages.ts";
import { warn } from "../../../base/warn.ts";
import { type ProgressReporter, SILENT } from "../../folder/progress.ts";
import type { HubClient } from "../../hub/hub_client.ts";
import { HubError, named, NO_FOLDER } from "../../hub/hub_error.ts";
import type { RemoteFile } from "../../hub/remote_file.ts";
import { retried } from "../../hub/retries.ts";
import { downloadBlob } from "./blob_download.ts";
import { cacheError } from "./cache_error.ts";
import type { RepositoryCache } from "./repository_cache.ts";
import type { LoadedRevision } from "./revision.ts";
import { Turns } from "./turns.ts";

/** Most files that are downloaded at once. */
const AT_ONCE = 4;

/** What {@linkcode HubFiles} work with. */
export interface HubFilesSettings {
  readonly client: HubClient;
  readonly cache: RepositoryCache;
  readonly revision: LoadedRevision;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal | undefined;
  /** Why the Hub is not asked; `null` if it is. */
  readonly offline: string | null;
}

/** The files of one revision of a repository, each of which is looked for once. */
export class HubFiles {
  readonly settings: HubFilesSettings;
  readonly #found = new Map<string, Promise<string | null>>();
  readonly #turns = new Turns(AT_ONCE);
  /** Ends the downloads under way when one of them fails. */
  #failure = new AbortController();
  /** The first question to the Hub, whose answer tells the commit. */
  #first: Promise<unknown> | null = null;
  /** Why the Hub is not asked any more. */
  #silence: HubError | null = null;

  constructor(settings: HubFilesSettings) {
    this.settings = settings;
  }

  /** What to say of a file that is not there. */
  get absence(): string {
    const { offline } = this.settings;
    if (this.#silence !== null) return `; the Hub could not be asked for it: ${this.#silence.message}`;
    return offline === null || !this.settings.revision.isCached ? "" : `; it is not in the cache, and ${offline}`;
  }

  /**
   * The path of a file in the cache, to which it is downloaded if need be; `null` if the repository has none.
   *
   * @param file Its path in the repository.
   * @throws {HubError} If it cannot be had, or if it is not known whether there is one.
   */
  find(file: string): Promise<string | null> {
    const known = this.#found.get(file);
    if (known !== undefined) return known;
    const failure = this.#failure;
    const found = this.#look(file).catch((error) => {
      this.#found.delete(file); // another call tries again
      throw error;
    });
    found.catch((error) => {
      failure.abort(error);
      if (this.#failure === failure) this.#failure = new AbortController();
    });
    this.#found.set(file, found);
    return found;
  }

  /** The same files, for what is read when the call that opened them is over: without its signal and progress. */
  detached(): HubFiles {
    return new HubFiles({ ...this.settings, signal: undefined, progress: SILENT });
  }

  get #signal(): AbortSignal {
    const { signal } = this.settings;
    return signal === undefined ? this.#failure.signal : AbortSignal.any([signal, this.#failure.signal]);
  }

  async #look(file: string): Promise<string | null> {
    const { cache, signal } = this.settings;
    const what = named(file, cache.id);
    try {
      signal?.throwIfAborted();
      const cached = await this.#cached(file);
      if (cached !== undefined) return cached;
      return await this.#turns.take(async () => {
        const remote = await this.#ask(file);
        if (remote === null) return await this.#cached(file) ?? null;
        if (remote === "absent") return null;
        const there = await cache.find(remote.commit, file);
        if (there !== null && there !== "absent") return this.#report(file, there.path);
        return await this.#download(file, remote);
      });
    } catch (error) {
      throw cacheError(what, cache.cache, error);
    }
  }

  /** The path of a file that is in the cache, `null` if it is known that there is none, `undefined` if nothing is. */
  async #cached(file: string): Promise<string | null | undefined> {
    const { cache, revision } = this.settings;
    if (revision.commit === null) return undefined;
    const cached = await cache.find(revision.commit, file);
    if (cached === null) return undefined;
    return cached === "absent" ? null : this.#report(file, cached.path);
  }

  /** Asks the Hub about a file; `null` if it is not asked, and the file has to be left out. */
  async #ask(file: string): Promise<RemoteFile | "absent" | null> {
    const { client, cache, revision, offline } = this.settings;
    const what = named(file, client.id);
    if (offline !== null) {
      if (revision.isCached) return null;
      const wanted = revision.name === "main" ? what : `${what} at ${quote(revision.name)}`;
      throw new HubError(`Cannot find ${wanted} in the cache ${quote(cache.cache)}, and ${offline}${NO_FOLDER}`);
    }
    if (this.#silence !== null) return null;
    while (revision.commit === null && this.#first !== null) await this.#first;
    const signal = this.#signal;
    const question = retried(
      () => client.ask(file, { revision: revision.commit ?? revision.name, signal }),
      { access: client.access, signal, isWarm: revision.isCached },
    );
    const done = () => this.#first = null;
    if (revision.commit === null) this.#first = question.then(done, done);
    try {
      const { commit, ...remote } = await question;
      if (commit !== null) await revision.learn(commit);
      if (remote.etag !== null) return { ...remote, commit: commit! } as RemoteFile;
      if (commit !== null) await cache.rememberAbsence(commit, file);
      return "absent";
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (revision.fallBack(error)) this.#silence = error;
      else if (!revision.isCached) {
        throw error.isUnreachable ? new HubError(`${error.message}${NO_FOLDER}`, error) : error;
      } else if (this.#silence === null) {
        this.#silence = error;
        warn(`${error.message}; it is taken as absent`);
      }
      return null;
    }
  }

  async #download(file: string, remote: RemoteFile): Promise<string> {
    const { client, cache, progress } = this.settings;
    progress.report("initiate", file);
    let begun = false;
    await downloadBlob({
      client,
      cache,
      file,
      remote,
      signal: this.#signal,
      onBytes: (loaded, total) => {
        if (!begun) progress.report("download", file);
        begun = true;
        progress.advance(file, loaded, total);
      },
    });
    const path = await cache.link(remote.commit, file, remote.etag);
    if (!begun) progress.report("download", file);
    if (!begun) progress.advance(file, remote.size ?? 0);
    progress.report("done", file);
    return path;
  }

  /** Reports a file that is in the cache as read at once. */
  #report(file: string, path: string): string {
    const { progress } = this.settings;
    progress.report("initiate", file);
    progress.report("download", file);
    progress.advance(file, Deno.statSync(path).size);
    progress.report("done", file);
    return path;
  }
}
