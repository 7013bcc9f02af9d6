/** The key that requests must have. */

import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./errors.ts";

/** What may be asked without a key. */
const PUBLIC = ["/", "/health", "/ready", "/ping", "/metrics"];

/**
 * A check of requests' keys. Digests are compared, in a time that does not tell how much of a key is right.
 *
 * @returns Throws an `HttpError` if a request lacks the key. It reads headers alone.
 */
export function keyCheck(key: string | undefined): (request: Request) => void {
  if (key === undefined) return () => {};
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = digest(`Bearer ${key}`);
  return (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "OPTIONS") return;
    if ((request.method === "GET" || request.method === "HEAD") && PUBLIC.includes(pathname)) return;
    if (timingSafeEqual(digest(request.headers.get("authorization") ?? ""), expected)) return;
    throw new HttpError("Unauthorized", "The request must have the key: `Authorization: Bearer KEY`", {
      headers: { "www-authenticate": "Bearer" },
    });
  };
}
