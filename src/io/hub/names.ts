/** Names on the Hugging Face Hub, by the rules of Python's `huggingface_hub`: those that a cache can hold. */

import { isPlainName } from "../folder/model_folder.ts";

/** The Hub itself, if `HF_ENDPOINT` names no other. */
export const DEFAULT_ENDPOINT = "https://huggingface.co";

/** Most characters of a repository's id. */
const MAX_ID = 96;

const ID_NAME = /^[A-Za-z0-9_]([\w.-]*[A-Za-z0-9_])?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Why a text is no id of a repository: `name` or `owner/name`.
 *
 * @returns `null` if it is one.
 */
export function idProblem(text: string): string | null {
  const names = text.split("/");
  if (names.length > 2) return 'it has more than one "/"';
  if (!names.every((name) => ID_NAME.test(name))) {
    return 'its names are of letters, digits, "-", "_" and ".", and begin and end with none of "-" and "."';
  }
  if (text.length > MAX_ID) return `it has at most ${MAX_ID} characters`;
  const wrong = ["--", ".."].find((part) => text.includes(part)) ?? (text.endsWith(".git") ? ".git at its end" : null);
  return wrong === null ? null : `it has no ${wrong}`;
}

/** Whether a text may be the id of a repository. */
export function isRepositoryId(text: string): boolean {
  return idProblem(text) === null;
}

/** Whether a revision is a whole commit, which names the same files for ever. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Whether a text may be a branch, a tag, a commit or a reference, and is a path inside a folder on every system. */
export function isRevision(text: string): boolean {
  return text.length <= 255 && text.split("/").every((name) => isPlainName(name) && !/[\s~^?*[<>"|]/.test(name));
}

/** Whether a text may be the path of a file in a repository, and is one inside a folder on every system. */
export function isFilePath(text: string): boolean {
  return text.split("/").every(isPlainName);
}
