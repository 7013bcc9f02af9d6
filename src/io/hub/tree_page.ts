/** The Hub's lists of files, page by page. */

import { isObject } from "../../base/json.ts";
import { quote } from "../../base/messages.ts";
import { concatenate } from "../folder/file_bytes.ts";
import type { Body } from "./body.ts";
import type { Deadline } from "./deadline.ts";
import { hubError } from "./hub_error.ts";
import { isFilePath } from "./names.ts";

/** Most bytes of a page, which has 1,000 entries. */
const MAX_PAGE = 1 << 24;

/**
 * The files of a page.
 *
 * @throws {HubError} If it is no list of files, or a name is no path inside a folder.
 */
export async function readPage(
  body: Body,
  { what, deadline }: { what: string; deadline: Deadline },
): Promise<string[]> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body.chunks()) {
    deadline.putOff();
    size += part.byteLength;
    if (size > MAX_PAGE) throw hubError(what, `a page of its list has more than ${MAX_PAGE} bytes`);
    parts.push(part);
  }
  let entries: unknown;
  try {
    entries = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(concatenate(parts)));
  } catch {
    throw hubError(what, "the answer is no list of files, but other text; a proxy or a login page may stand between");
  }
  if (!Array.isArray(entries)) throw hubError(what, "the answer is no list of files");
  return entries.filter((entry) => !isObject(entry) || (entry as { type?: unknown }).type !== "directory")
    .map((entry) => pathOf(entry, what));
}

function pathOf(entry: unknown, what: string): string {
  const path = isObject(entry) ? (entry as { path?: unknown }).path : undefined;
  if (typeof path !== "string") throw hubError(what, "an entry of the Hub's list has no path");
  if (isFilePath(path)) return path;
  throw hubError(what, `the Hub lists ${quote(path)}, which is no path inside a folder`);
}

/** The URL of the next page; `null` after the last one. @throws {HubError} If it is on another host. */
export function nextPage(
  { headers }: Response,
  { what, url, origin }: { what: string; url: URL; origin: string },
): string | null {
  const [, link] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(headers.get("link") ?? "") ?? [];
  if (link === undefined) return null;
  const next = URL.canParse(link, url) ? new URL(link, url) : null;
  if (next !== null && (next.origin === origin || next.origin === url.origin)) return next.href;
  throw hubError(what, `the next page of its list must be on ${origin}, got ${quote(next?.origin ?? link)}`);
}
