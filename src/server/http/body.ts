/** Reads the body of a request: JSON in strict UTF-8, of bounded length, in bounded time. */

import { joined } from "../../io/folder/file_bytes.ts";
import { HttpError } from "./errors.ts";

/** How a body is read. */
export interface BodyLimits {
  /** Most bytes. */
  readonly bytes: number;
  /** Longest time, in ms. */
  readonly timeoutMs: number;
}

const tooLarge = ({ bytes }: BodyLimits) =>
  new HttpError("PayloadTooLarge", `The body must have at most ${bytes} bytes`, { headers: { connection: "close" } });

/**
 * The JSON of a body.
 *
 * @throws {HttpError} If it is something else, too large, or slow.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  checkHeaders(request.headers);
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > limits.bytes) throw tooLarge(limits);
  const bytes = await readBytes(request, limits);
  if (bytes.length === 0) throw new HttpError("Syntax", "The body must be JSON, got nothing");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HttpError("Syntax", "The body must be UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message.replace(/^.*?( at position \d+).*$/s, "$1");
    throw new HttpError("Syntax", `The body must be JSON${why.startsWith(" at ") ? `, and is not${why}` : ""}`);
  }
}

function checkHeaders(headers: Headers): void {
  const type = headers.get("content-type");
  const [media = "", ...parameters] = (type ?? "").toLowerCase().split(";").map((part) => part.trim());
  const charset = parameters.find((one) => one.startsWith("charset="))?.slice(8).replaceAll('"', "");
  const isJson = media === "application/json" || /^application\/[\w.-]+\+json$/.test(media);
  if (!isJson || (charset !== undefined && charset !== "utf-8" && charset !== "utf8")) {
    throw new HttpError("UnsupportedMediaType", "The body must be JSON: `Content-Type: application/json`");
  }
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new HttpError("UnsupportedMediaType", "The body must not be compressed", {
      headers: { "accept-encoding": "identity" },
    });
  }
}

/** The bytes of a body. The length that it declares may be a lie, so each read may take no longer than is left. */
async function readBytes({ body }: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `The body must come within ${limits.timeoutMs / 1000} s`;
    late.reject(new HttpError("BodyTimeout", message, { headers: { connection: "close" } }));
  }, limits.timeoutMs);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) break;
      length += value.length;
      if (length > limits.bytes) throw tooLarge(limits);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof HttpError) throw error;
    throw new HttpError("Cancelled", "The body was not sent to its end", { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return joined(parts);
}
