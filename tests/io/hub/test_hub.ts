/** A Hugging Face Hub for tests: repositories with small and large files, the latter on a second host. */

import { createHash } from "node:crypto";
import type { HubAccess } from "../../../src/io/hub/access.ts";
import { type RawReply, type RawRequest, type RawServer, serveRaw } from "./raw_server.ts";

/** Files of this size on are on the second host, and named by SHA-256. */
const LARGE = 4096;
/** Entries of a page of a list. */
const PAGE = 3;

/** A repository. */
export interface TestRepository {
  commit: string;
  /** Branches and tags besides `main`. */
  revisions?: Record<string, string>;
  files: Map<string, Uint8Array>;
  /** Who has no such token does not see it. */
  token?: string;
  /** Who has no such token may not read it. */
  gate?: string;
  /** What its list says it holds, in place of its files. */
  listed?: readonly unknown[];
  /** It was renamed to this. */
  renamed?: string;
}

/** A request that a test hub was sent. */
export interface SeenRequest extends RawRequest {
  readonly host: "hub" | "cdn" | "other";
  /** Bytes of the body that were sent. */
  sent: number;
}

/** What a test changes about an answer. */
export type Alteration = (request: SeenRequest, reply: RawReply) => RawReply | void | Promise<RawReply | void>;

/** The ETag by which the Hub names some bytes. */
export function etagOf(bytes: Uint8Array): string {
  if (bytes.byteLength >= LARGE) return createHash("sha256").update(bytes).digest("hex");
  return createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}

/** A hub, its host of bytes, and a third host that has nothing to do with them. */
export class TestHub implements AsyncDisposable {
  readonly repositories = new Map<string, TestRepository>();
  readonly requests: SeenRequest[] = [];
  /** Changes answers. */
  alter: Alteration | null = null;
  readonly #servers: Record<"hub" | "cdn" | "other", RawServer>;

  constructor() {
    const seen = new WeakMap<RawRequest, SeenRequest>();
    const serve = (host: "hub" | "cdn" | "other", answer: (request: RawRequest) => RawReply) =>
      serveRaw(async (request) => {
        const noted = { ...request, host, sent: 0 };
        seen.set(request, noted);
        this.requests.push(noted);
        const reply = answer(request);
        return await this.alter?.(noted, reply) ?? reply;
      }, (request, bytes) => seen.get(request)!.sent += bytes);
    this.#servers = {
      hub: serve("hub", (request) => this.#answer(request)),
      cdn: serve("cdn", (request) => this.#bytes(request)),
      other: serve("other", () => page("<html>Log in</html>")),
    };
  }

  get endpoint(): string {
    return this.#servers.hub.origin;
  }

  get cdn(): string {
    return this.#servers.cdn.origin;
  }

  get other(): string {
    return this.#servers.other.origin;
  }

  /** How a client reaches it: it waits for nothing. */
  access(changes: Partial<HubAccess> = {}): HubAccess {
    const times = { answerTimeout: 2000, stallTimeout: 2000 };
    return { endpoint: this.endpoint, token: undefined, ...times, wait: () => Promise.resolve(), ...changes };
  }

  /** The requests so far, as `hub HEAD config.json`, and forgets them. */
  taken(): string[] {
    return this.requests.splice(0).map(({ host, method, path }) =>
      `${host} ${method} ${decodeURIComponent(path.split("/resolve/")[1]?.split("/").slice(1).join("/") ?? path)}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#servers).map((server) => server.close()));
  }

  #answer(request: RawRequest): RawReply {
    const url = new URL(request.path, this.endpoint);
    const [, api, apiId, apiRevision] = /^\/(api)\/models\/(.+)\/tree\/([^/]+)$/.exec(url.pathname) ?? [];
    const [, fileId, revision, file] = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const id = apiId ?? fileId ?? "";
    const repository = this.repositories.get(id);
    const token = request.headers.get("authorization")?.replace("Bearer ", "");
    if (repository === undefined || (repository.token !== undefined && repository.token !== token)) {
      return error(token === undefined ? 401 : 404, "RepoNotFound");
    }
    if (repository.renamed !== undefined) {
      return {
        status: 307,
        headers: { location: request.path.replace(id, repository.renamed) },
        body: new Uint8Array(),
      };
    }
    const commit = this.#commitOf(repository, decodeURIComponent(revision ?? apiRevision ?? ""));
    if (commit === null) return error(404, "RevisionNotFound");
    if (api !== undefined) return this.#list(repository, url);
    if (repository.gate !== undefined && repository.gate !== token) return error(403, "GatedRepo");
    return this.#file(repository, { file: decodeURIComponent(file ?? ""), commit, request });
  }

  #commitOf({ commit, revisions = {} }: TestRepository, revision: string): string | null {
    if (revision === "main" || revision === commit) return commit;
    return revisions[revision] ?? (Object.values(revisions).includes(revision) ? revision : null);
  }

  #list({ files, listed }: TestRepository, url: URL): RawReply {
    const all = listed ?? [...files].map(([path, { byteLength }]) => ({ type: "file", path, size: byteLength }));
    const begin = Number(url.searchParams.get("cursor") ?? 0);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (begin + PAGE < all.length) {
      const next = new URL(url);
      next.searchParams.set("cursor", `${begin + PAGE}`);
      headers["link"] = `<${next.href}>; rel="next"`;
    }
    return { status: 200, headers, body: new TextEncoder().encode(JSON.stringify(all.slice(begin, begin + PAGE))) };
  }

  #file(
    { files }: TestRepository,
    { file, commit, request }: { file: string; commit: string; request: RawRequest },
  ): RawReply {
    const bytes = files.get(file);
    const about = { "x-repo-commit": commit };
    if (bytes === undefined) {
      return { ...error(404, "EntryNotFound"), headers: { ...about, "x-error-code": "EntryNotFound" } };
    }
    const etag = `"${etagOf(bytes)}"`;
    if (bytes.byteLength < LARGE) return ranged(bytes, request, { ...about, etag });
    const location = `${this.cdn}/${etagOf(bytes)}?signature=secret-of-the-cdn`;
    const linked = { "x-linked-etag": etag, "x-linked-size": `${bytes.byteLength}`, location };
    return { status: 302, headers: { ...about, ...linked }, body: new Uint8Array() };
  }

  #bytes(request: RawRequest): RawReply {
    const etag = new URL(request.path, this.cdn).pathname.slice(1);
    for (const { files } of this.repositories.values()) {
      for (const bytes of files.values()) {
        if (etagOf(bytes) === etag) return ranged(bytes, request, { etag: '"of-the-cdn"' });
      }
    }
    return error(404, "");
  }
}

function ranged(bytes: Uint8Array, { headers }: RawRequest, others: Record<string, string>): RawReply {
  const [, begin] = /^bytes=(\d+)-$/.exec(headers.get("range") ?? "") ?? [];
  if (begin === undefined) return { status: 200, headers: others, body: bytes };
  const size = bytes.byteLength;
  if (Number(begin) >= size) return { status: 416, headers: {}, body: new Uint8Array() };
  const range = `bytes ${begin}-${size - 1}/${size}`;
  return { status: 206, headers: { ...others, "content-range": range }, body: bytes.subarray(Number(begin)) };
}

/** A refusal. */
export function error(status: number, code: string): RawReply {
  return { status, headers: code === "" ? {} : { "x-error-code": code }, body: new TextEncoder().encode("no") };
}

/** A page of HTML. */
export function page(text: string): RawReply {
  return { status: 200, headers: { "content-type": "text/html" }, body: new TextEncoder().encode(text) };
}
