/** Files over HTTP. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";

const FIRST_CAPACITY = 1 << 16;

/** Options of {@linkcode requestFile}. */
export interface RequestOptions {
  /** Sent as a bearer token. Deno drops it where a redirect leads to another origin. */
  token?: string;
  /** Ends the request, and the reading of its answer. */
  signal?: AbortSignal;
}

/**
 * Asks a server for a file.
 *
 * @returns The answer, whose body is to be read or cancelled, or `undefined` where there is no such file.
 * @throws {CheckpointError} Where the server cannot be reached, or refuses.
 */
export async function requestFile(url: URL, { token, signal }: RequestOptions = {}): Promise<Response | undefined> {
  // Weights hardly compress, and the announced length of a compressed body is not that of the file.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(url, { headers, signal }).catch((error) => {
    throw networkError(url, error);
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
 * Reads the body of an answer.
 *
 * @param onBytes Called with the bytes so far, and their number in the end where the server announced it.
 */
export async function readBody(
  response: Response,
  onBytes?: (loaded: number, total: number | undefined) => void,
): Promise<Uint8Array> {
  const length = response.headers.get("content-length");
  const total = length === null || response.headers.has("content-encoding") ? undefined : Number(length);
  let bytes = new Uint8Array(total ?? FIRST_CAPACITY);
  let loaded = 0;
  try {
    for await (const chunk of response.body ?? []) {
      if (loaded + chunk.byteLength > bytes.byteLength) bytes = grown(bytes, loaded + chunk.byteLength);
      bytes.set(chunk, loaded);
      loaded += chunk.byteLength;
      onBytes?.(loaded, total);
    }
  } catch (error) {
    throw networkError(new URL(response.url), error);
  }
  return bytes.subarray(0, loaded);
}

/** A URL without what may be secret in it. */
export function urlForMessages(url: URL): string {
  return url.origin + url.pathname;
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.byteLength));
  larger.set(bytes);
  return larger;
}

/** What `fetch` throws where the network fails is a `TypeError`; an abort or a missing permission is passed on. */
function networkError(url: URL, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  return new CheckpointError(`Cannot read ${quote(urlForMessages(url))}: ${innermost(error).message}`, {
    cause: error,
  });
}

/** The cause of the causes: `fetch failed` tells nobody anything. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}
