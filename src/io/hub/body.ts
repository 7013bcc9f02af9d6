/** The bytes of an answer. */

import { quote } from "../../base/messages.ts";
import { urlForMessages } from "../folder/http_file.ts";
import { type HubError, hubError } from "./hub_error.ts";
import { lostConnection } from "./requests.ts";

/** The part of a file that an answer holds. */
export interface Body {
  /** Where in the file it begins: 0 if the server sent all of it. */
  readonly begin: number;
  /** Its bytes. They must be read, or `cancel` called. */
  chunks(): AsyncGenerator<Uint8Array>;
  cancel(): Promise<void>;
}

/** Whether the bytes come packed, though it was asked that they be not. */
export function isPacked({ headers }: Response): boolean {
  return encodingOf(headers) !== "";
}

/**
 * The body of an answer to the question for a file from `begin` on.
 *
 * @param size Bytes of the whole file; `null` if they are not known.
 * @throws {HubError} If it is another part, or cannot be unpacked.
 */
export function bodyOf(
  response: Response,
  { what, url, begin, size }: { what: string; url: URL; begin: number; size: number | null },
): Body {
  const { status, headers } = response;
  const from = status === 206 ? begin : 0;
  const problem = (status === 206 ? rangeProblem(headers, begin, size) : null) ?? lengthProblem(headers, from, size);
  if (problem !== null) throw hubError(what, `${urlForMessages(url)} ${problem}`);
  const stream = unpacked(response, what);
  return {
    begin: from,
    async *chunks() {
      let count = from;
      try {
        for await (const chunk of stream) {
          count += chunk.byteLength;
          yield chunk;
        }
      } catch (error) {
        throw lostConnection(what, error, `it broke off after ${count}${size === null ? "" : ` of ${size}`} bytes`);
      }
    },
    cancel: () => stream.cancel(),
  };
}

function encodingOf(headers: Headers): string {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "identity" ? "" : encoding;
}

/** @throws {HubError} If the bytes are packed in a way that this runtime does not know. */
function unpacked({ body, headers }: Response, what: string): ReadableStream<Uint8Array> {
  const stream = body ?? new ReadableStream({ start: (controller) => controller.close() });
  const encoding = encodingOf(headers).replace(/^x-/, "");
  if (encoding === "") return stream;
  if (encoding === "gzip" || encoding === "deflate") return stream.pipeThrough(new DecompressionStream(encoding));
  throw packedError(what, encoding);
}

function packedError(what: string, encoding: string): HubError {
  return hubError(what, `the bytes must come as they are, and are packed by ${quote(encoding)}`);
}

function rangeProblem(headers: Headers, begin: number, size: number | null): string | null {
  const range = headers.get("content-range");
  const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? "") ?? [];
  const isRight = Number(first) === begin &&
    (size === null || (Number(last) === size - 1 && (all === "*" || Number(all) === size)));
  return isRight ? null : `sent another part than was asked for: bytes ${begin} to ${size}, got ${quote(`${range}`)}`;
}

/** An announced length that is not that of the file tells of a page in its place, before it is read. */
function lengthProblem(headers: Headers, begin: number, size: number | null): string | null {
  const length = headers.get("content-length");
  if (size === null || length === null || encodingOf(headers) !== "" || Number(length) === size - begin) return null;
  const type = headers.get("content-type");
  return `announces ${length} bytes${type === null ? "" : ` of ${quote(type)}`}, expected ${size - begin}`;
}
