/** What a Hub says about a file, in the headers of its answer. */

import { quote } from "../../base/messages.ts";
import { urlForMessages } from "../folder/http_file.ts";
import { hubError } from "./hub_error.ts";
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
  { what, revision, url }: { what: string; revision: string; url: URL },
): RemoteFile {
  const wrong = (problem: string) =>
    hubError(what, `${urlForMessages(url)} is no Hub, or a proxy or a login page stands between: ${problem}`);
  const commit = headers.get("x-repo-commit");
  if (commit === null) throw wrong("its answer has no X-Repo-Commit");
  if (!isCommit(commit)) throw wrong(`its X-Repo-Commit must be a commit, got ${quote(commit)}`);
  if (isCommit(revision) && commit !== revision) throw wrong(`asked for commit ${revision}, it answered of ${commit}`);
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
