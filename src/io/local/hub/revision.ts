/** Which commit a revision is: all files of a load are of one commit. */

import { quote } from "../../../base/messages.ts";
import { warn } from "../../../base/warn.ts";
import type { HubError } from "../../hub/hub_error.ts";
import { isCommit } from "../../hub/names.ts";
import { ifThere } from "../paths.ts";
import type { RepositoryCache } from "./repository_cache.ts";

/** The commit of a load: found in the cache, or told by the Hub's first answer. */
export class LoadedRevision {
  readonly name: string;
  readonly #cache: RepositoryCache;
  #commit: string | null;
  /** The commit that is used if the Hub gives no answer, when it was to be asked anew. */
  #fallback: string | null;
  #isCached: boolean;

  private constructor(
    name: string,
    { cache, commit, fallback, isCached }: {
      cache: RepositoryCache;
      commit: string | null;
      fallback: string | null;
      isCached: boolean;
    },
  ) {
    this.name = name;
    this.#cache = cache;
    this.#commit = commit;
    this.#fallback = fallback;
    this.#isCached = isCached;
  }

  /** @param refresh Whether the Hub is asked which commit it is, though the cache knows one. */
  static async open(name: string, cache: RepositoryCache, refresh: boolean): Promise<LoadedRevision> {
    const found = isCommit(name) ? name : await cache.commitOf(name);
    const isCached = found !== null && await ifThere(Deno.stat(cache.snapshot(found))) !== null;
    const known = isCached ? found : null;
    const asks = refresh && !isCommit(name);
    const commit = asks ? null : known;
    return new LoadedRevision(name, { cache, commit, fallback: asks ? known : null, isCached: commit !== null });
  }

  /** The commit, once it is known. */
  get commit(): string | null {
    return this.#commit;
  }

  /** Whether the commit is one of an earlier load, so that a file which nobody can be asked about may be left out. */
  get isCached(): boolean {
    return this.#isCached;
  }

  /** The Hub told the commit. */
  async learn(commit: string): Promise<void> {
    if (this.#commit !== null) return;
    this.#commit = commit;
    await this.#cache.remember(this.name, commit);
  }

  /** The Hub gave no answer: whether the cache has an older one. */
  fallBack(error: HubError): boolean {
    if (this.#fallback === null || this.#commit !== null || error.isGone) return false;
    warn(`${error.message}; the cache's copy of ${quote(this.#cache.id)} is used`);
    this.#commit = this.#fallback;
    return this.#isCached = true;
  }
}
