/** What a Hub says about a file, in the headers of its answer. */

import { quote } from "../../base/messages.ts";
import { urlForMessages } from "../folder/http_file.ts";
import { type HubError, hubError } from "./hub_error.ts";
import { isCommit } from "./names.ts";

/** A file of a repository. */
export interface RemoteFile {
  /** The commit that the revision is. */
  readonly commit: string;
  /** The file's SHA-256, or of a small file its hash by git; both in lower-case hexadecimal digits. */
  readonly etag: string;
  /** Bytes; `null` if the Hub does not say. */
  readonly size: number | null;
}

/** What was asked for: as messages name it, at which revision, and where. */
interface AskedFile {
  readonly what: string;
  readonly revision: string;
  readonly url: URL;
}

const ETAG = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Whether an answer, or a redirect to the file's bytes, says all about a file. */
export function isAboutFile({ headers }: Response): boolean {
  return headers.has("x-repo-commit") && headers.has("x-linked-etag") && headers.has("x-linked-size");
}

/**
 * Reads what an answer says about a file.
 *
 * @throws {HubError} If it says too little: then it is not from a Hub.
 */
export function readRemoteFile(
  { headers }: Response,
  { what, revision, url }: AskedFile,
): RemoteFile {
  const wrong = (problem: string) => noHub(problem, { what, url });
  const commit = readCommit(headers, { what, revision, url });
  if (commit === null) throw wrong("its answer has no X-Repo-Commit");
  const told = headers.get("x-linked-etag") ?? headers.get("etag");
  if (told === null) throw wrong("its answer has no ETag");
  const etag = told.replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
  if (!ETAG.test(etag)) throw wrong(`its ETag must be a hash by SHA-256 or git, got ${quote(told)}`);
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  const size = headers.get("x-linked-size") ?? length;
  if (size === null) return { commit, etag, size };
  if (!/^\d{1,15}$/.test(size)) throw wrong(`the size must be a number, got ${quote(size)}`);
  return { commit, etag, size: Number(size) };
}

/**
 * The commit that an answer is of, whether there is such a file or not; `null` if it does not say. The cache names folders
 * by it.
 *
 * @throws {HubError} If it is no commit, or another one than was asked for.
 */
export function readCommit(headers: Headers, { what, revision, url }: AskedFile): string | null {
  const commit = headers.get("x-repo-commit");
  if (commit === null) return null;
  if (!isCommit(commit)) throw noHub(`its X-Repo-Commit must be a commit, got ${quote(commit)}`, { what, url });
  if (!isCommit(revision) || commit === revision) return commit;
  throw noHub(`asked for commit ${revision}, it answered of ${commit}`, { what, url });
}

function noHub(problem: string, { what, url }: { what: string; url: URL }): HubError {
  return hubError(what, `${urlForMessages(url)} is no Hub, or a proxy or a login page stands between: ${problem}`);
}
