/** Paths and URLs that callers give for a file or folder. */

import { quote } from "../../base/messages.ts";

/** A path or `file:` URL on this machine, or a URL on a web server. */
export type Location = { local: string | URL } | { url: URL };

// A drive letter with its colon is no scheme.
const URL_START = /^[a-z][a-z0-9+.-]+:\/\//i;

/** URLs in a text: the scheme, credentials, host and path, and the rest without the sentence's brackets and points. */
const URLS = /\b([a-z][a-z0-9+.-]+:\/\/)(?:[^\s/?#]*@)?([^\s?#'"]*)(?:[?#][^\s'"]*?(?=\)?[:;,.]?(?:[\s'"]|$)))?/gi;

/**
 * Tells a path from a URL.
 *
 * @param where A path, or a `file:`, `http:` or `https:` URL as text or object.
 * @throws {TypeError} On a URL of another kind.
 */
export function parseLocation(where: string | URL): Location {
  if (typeof where === "string" && !URL_START.test(where)) {
    if (where === "") throw new TypeError("Cannot open a path that is empty");
    return { local: where };
  }
  if (!(typeof where === "string" || where instanceof URL)) {
    throw new TypeError(`Cannot open a path or URL: it must be a string or a URL, got ${described(where)}`);
  }
  if (!URL.canParse(where)) {
    throw new TypeError(`Cannot open ${quote(withoutSecrets(`${where}`))}: it is not a valid URL`);
  }
  const url = new URL(where);
  switch (url.protocol) {
    case "file:":
      return { local: url };
    case "http:":
    case "https:":
      return { url };
    default:
      throw new TypeError(
        `Cannot open ${quote(withoutSecrets(url.href))}: a URL must be file:, http: or https:, got ${url.protocol}`,
      );
  }
}

/** A text for messages, its URLs without credentials, query and fragment, which may be secret. A path stays as it is. */
export function withoutSecrets(text: string): string {
  return text.replace(URLS, "$1$2");
}

function described(value: unknown): string {
  return value === null ? "null" : typeof value;
}
