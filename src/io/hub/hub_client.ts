/**
 * A repository on a Hugging Face Hub: what is in it, and the bytes of its files.
 *
 * `@huggingface/hub` 2.17.5 is not used: two of its downloads of one file share a partial file without a lock, it checks
 * neither size nor hash, and its `fileDownloadInfo` may give the ETag of the CDN in place of the file's own.
 */

import type { HubAccess } from "./access.ts";
import { type Body, bodyOf, isPacked } from "./body.ts";
import { Deadline } from "./deadline.ts";
import { HubError, hubError, named } from "./hub_error.ts";
import { type Asked, refusal } from "./refusals.ts";
import { isAboutFile, readCommit, readRemoteFile, type RemoteFile } from "./remote_file.ts";
import { send } from "./requests.ts";
import { retried } from "./retries.ts";
import { nextPage, readPage } from "./tree_page.ts";

/** Most pages of a list. The Hub advises at most 100,000 files, which are 100. */
const MAX_PAGES = 1000;

/** A page of a list, and the URL of the next one. */
interface TreePage {
  readonly names: readonly string[];
  readonly next: string | null;
}

/** A file that a repository does not have. */
export interface AbsentFile {
  /** The commit that the revision is, if the Hub says. */
  readonly commit: string | null;
  readonly etag: null;
}

/** Asks a Hub about the files of one repository. Needs net permission, for the Hub and for the hosts of its bytes. */
export class HubClient {
  readonly id: string;
  readonly access: HubAccess;

  constructor(id: string, access: HubAccess) {
    this.id = id;
    this.access = access;
  }

  /**
   * Asks about a file, once.
   *
   * @throws {HubError} If there is no such repository or revision, or no answer of a Hub.
   */
  async ask(
    file: string,
    { revision, signal }: { revision: string; signal?: AbortSignal | undefined },
  ): Promise<RemoteFile | AbsentFile> {
    const what = named(file, this.id);
    using deadline = new Deadline(this.access.answerTimeout, signal);
    const request = { method: "HEAD", url: this.#urlOf(file, revision), what, deadline, hubOnly: true } as const;
    const { response, url } = await send(this.access, { ...request, isAnswer: isAboutFile });
    await response.body?.cancel();
    if (response.status === 404 && response.headers.get("x-error-code") === "EntryNotFound") {
      return { commit: readCommit(response.headers, { what, revision, url }), etag: null };
    }
    if (response.status >= 400) throw refusal(response, this.#asked(what, revision, url));
    return readRemoteFile(response, { what, revision, url });
  }

  /**
   * Asks for the bytes of a file, from `begin` on; the server may send all of them in spite of that.
   *
   * @throws {HubError} If there is no answer, or another one.
   */
  async open(
    file: string,
    { commit, begin, size, deadline }: { commit: string; begin: number; size: number | null; deadline: Deadline },
  ): Promise<Body> {
    const what = named(file, this.id);
    const headers: Record<string, string> = begin === 0 ? {} : { range: `bytes=${begin}-` };
    const request = { method: "GET", url: this.#urlOf(file, commit), what, deadline, hubOnly: false } as const;
    const { response, url } = await send(this.access, { ...request, headers });
    if (begin > 0 && (response.status === 416 || (response.status === 206 && isPacked(response)))) {
      await response.body?.cancel();
      return await this.open(file, { commit, begin: 0, size, deadline });
    }
    return await cancellingOnError(response, () => {
      if (response.status === 200 || response.status === 206) return bodyOf(response, { what, url, begin, size });
      const error = refusal(response, this.#asked(what, commit, url));
      // The address of bytes is signed for some time, and is asked for anew by the next try.
      const isExpired = response.status === 403 && url.origin !== new URL(this.access.endpoint).origin;
      throw isExpired ? new HubError(error.message, { isPassing: true }) : error;
    });
  }

  /**
   * The names of all files of a revision, by as many requests as there are pages, each tried again if it fails in passing.
   *
   * @throws {HubError} As `ask` does, or if a name is no path inside a folder.
   */
  async *list(revision: string, signal?: AbortSignal): AsyncGenerator<string> {
    const what = named(null, this.id);
    const { access } = this;
    const tree = `${access.endpoint}/api/models/${this.id}/tree/${encodeURIComponent(revision)}?recursive=true`;
    const seen = new Set<string>();
    for (let next: string | null = tree; next !== null;) {
      if (seen.has(next)) throw hubError(what, "the Hub's list leads back to itself");
      if (seen.size === MAX_PAGES) throw hubError(what, `the Hub's list has more than ${MAX_PAGES} pages`);
      seen.add(next);
      const url = new URL(next);
      const ask = () => this.#page(url, { what, revision, signal });
      const page: TreePage = await retried(ask, { access, signal, isWarm: false });
      yield* page.names;
      next = page.next;
    }
  }

  async #page(
    asked: URL,
    { what, revision, signal }: { what: string; revision: string; signal: AbortSignal | undefined },
  ): Promise<TreePage> {
    using deadline = new Deadline(this.access.answerTimeout, signal);
    const request = { method: "GET", url: asked, what, deadline, hubOnly: true } as const;
    const { response, url } = await send(this.access, request);
    const body = await cancellingOnError(response, () => {
      if (!response.ok) throw refusal(response, this.#asked(what, revision, url));
      return bodyOf(response, { what, url, begin: 0, size: null });
    });
    const names = await readPage(body, { what, deadline });
    return { names, next: nextPage(response, { what, url, origin: new URL(this.access.endpoint).origin }) };
  }

  #urlOf(file: string, revision: string): URL {
    const path = file.split("/").map(encodeURIComponent).join("/");
    return new URL(`${this.access.endpoint}/${this.id}/resolve/${encodeURIComponent(revision)}/${path}`);
  }

  #asked(what: string, revision: string, url: URL): Asked {
    const { endpoint, token } = this.access;
    return { what, id: this.id, revision, hasToken: token !== undefined, endpoint, url };
  }
}

/** What is made of a response, whose body is not read if that fails. */
async function cancellingOnError<T>(response: Response, make: () => T): Promise<T> {
  try {
    return make();
  } catch (error) {
    await response.body?.cancel().catch(() => {}); // it may be broken already
    throw error;
  }
}
