/** Files over HTTP. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { deno, permissionError } from "../../base/runtime.ts";
import { withoutSecrets } from "./location.ts";

const FIRST_CAPACITY = 1 << 16;

/** A browser does not tell a page why it cannot reach a server. */
const BROWSER_CURE = "the server must run, and from another origin allow this page's (CORS)";

/** Options of {@linkcode requestFile}. */
export interface RequestOptions {
  /** Sent as a bearer token. Deno drops it if a redirect leads to another origin. */
  token?: string;
  /** Aborts the request, and reading its response. */
  signal?: AbortSignal;
}

/**
 * Asks a server for a file.
 *
 * @returns The response, whose body must be read or cancelled, or `undefined` if there is no such file.
 * @throws {CheckpointError} If the server cannot be reached, or refuses.
 */
export async function requestFile(url: URL, { token, signal }: RequestOptions = {}): Promise<Response | undefined> {
  // Weights hardly compress, and the announced length of a compressed body is not that of the file.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(url, { headers, signal }).catch((error) => {
    throw networkError(url, error, deno() === undefined ? { cure: BROWSER_CURE } : {});
  });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410) return undefined;
  const cure = response.status === 401 || response.status === 403 ? "; pass a token that may read it" : "";
  throw new CheckpointError(
    `Cannot read ${quote(urlForMessages(url))}: the server answered ${response.status} ${response.statusText}${cure}`,
  );
}

/**
 * Reads the body of a response.
 *
 * @param onBytes Called with the bytes so far and, if the server announced it, their number in the end.
 * @throws {CheckpointError} If it breaks off, or does not fit in memory.
 */
export async function readBody(
  response: Response,
  onBytes?: (loaded: number, total: number | undefined) => void,
): Promise<Uint8Array> {
  const length = response.headers.get("content-length");
  const total = length === null || response.headers.has("content-encoding") ? undefined : Number(length);
  let bytes = new Uint8Array();
  let loaded = 0;
  const soFar = () => `${loaded} ${total === undefined ? "" : `of ${total} `}bytes`;
  for await (const chunk of chunksOf(response, soFar)) {
    if (loaded === 0) bytes = memoryFor(total ?? FIRST_CAPACITY, response);
    if (loaded + chunk.byteLength > bytes.byteLength) bytes = grown(bytes, loaded + chunk.byteLength, response);
    bytes.set(chunk, loaded);
    loaded += chunk.byteLength;
    // A browser does not tell that a body from elsewhere was compressed: then the announced length is no total.
    onBytes?.(loaded, total !== undefined && loaded > total ? undefined : total);
  }
  return bytes.subarray(0, loaded);
}

/** The chunks of a body. Errors of the network are told in this library's words, but none of whoever takes the chunks. */
async function* chunksOf(response: Response, soFar: () => string): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body ?? [];
  } catch (error) {
    const context = `it broke off after ${soFar()}: `;
    throw networkError(new URL(response.url), error, { context, cure: "load it again" });
  }
}

/** A URL without credentials and query, which may be secret. */
export function urlForMessages(url: URL): string {
  return url.origin + url.pathname;
}

function grown(
  bytes: Uint8Array<ArrayBuffer>,
  least: number,
  response: Response,
): Uint8Array<ArrayBuffer> {
  const larger = memoryFor(Math.max(least, 2 * bytes.byteLength), response);
  larger.set(bytes);
  return larger;
}

/** @throws {CheckpointError} If there is not so much memory, as for a length that a server made up. */
function memoryFor(bytes: number, { url }: Response): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new CheckpointError(
      `Cannot read ${
        quote(urlForMessages(new URL(url)))
      }: ${bytes} bytes do not fit in memory; if the file is smaller, ` +
        "the server announced a wrong content-length",
      { cause },
    );
  }
}

/** The error of a failed `fetch`. A network failure is a `TypeError`; an abort or a missing permission is passed on. */
function networkError(url: URL, error: unknown, { context = "", cure = "" } = {}): unknown {
  if (!(error instanceof TypeError)) return permissionError(error);
  const { message } = innermost(error);
  const problem = `${context}${withoutSecrets(message)}${cure && `; ${cure}`}`;
  // A cause is printed with the error, so one that tells a secret is left out.
  const texts = [error.message, message];
  const cause = texts.every((text) => withoutSecrets(text) === text) ? error : undefined;
  return new CheckpointError(`Cannot read ${quote(urlForMessages(url))}: ${problem}`, { cause });
}

/** The innermost cause, as `fetch failed` by itself says nothing. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}
