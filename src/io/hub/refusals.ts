/** What a Hub means by the status of its answer. */

import { quote } from "../../base/messages.ts";
import { urlForMessages } from "../folder/http_file.ts";
import { type HubError, hubError, NO_FOLDER } from "./hub_error.ts";

/** Statuses that pass by themselves. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** What was asked. */
export interface Asked {
  /** As messages name it. */
  readonly what: string;
  readonly id: string;
  readonly revision: string;
  readonly hasToken: boolean;
  /** The Hub's URL. */
  readonly endpoint: string;
  /** Where the answer is from. */
  readonly url: URL;
}

/** The error of an answer that is a refusal. */
export function refusal({ status, statusText, headers }: Response, asked: Asked): HubError {
  const { what, id, revision, hasToken, endpoint, url } = asked;
  const code = headers.get("x-error-code");
  if (code === "RevisionNotFound") {
    return hubError(quote(id), `the repository has no revision ${quote(revision)}`, { isGone: true });
  }
  if (code === "GatedRepo") {
    const cure = hasToken ? "the token's owner must" : "pass the token (HF_TOKEN) of somebody who did";
    return hubError(quote(id), `access is granted by its owners: ${cure} accept the terms on ${endpoint}/${id}`);
  }
  if (status === 401 && /invalid/i.test(headers.get("x-error-message") ?? "")) {
    return hubError(what, `${urlForMessages(url)} answered 401: the token is not valid; pass another, or none`);
  }
  if (code === "RepoNotFound" || status === 401) {
    const cure = hasToken ? "the token may not read it" : "it is private, and needs a token (HF_TOKEN)";
    return hubError(quote(id), `${endpoint} has no repository of that name, or ${cure}${NO_FOLDER}`);
  }
  const answered = `${urlForMessages(url)} answered ${status}${statusText && ` ${statusText}`}`;
  // A host of bytes knows no tokens: it refuses an address whose time is over.
  if (status === 403 && url.origin === new URL(endpoint).origin) {
    return hubError(what, `${answered}: ${hasToken ? "the token may not" : "a token must"} read it`);
  }
  const details = { isPassing: PASSING.includes(status), pause: pauseOf(headers) };
  if (status === 429) {
    return hubError(what, `${urlForMessages(url)} answered 429: too many requests; try again later`, details);
  }
  return hubError(what, answered, details);
}

/** How long a server wants to be left alone, in ms and with a second more. */
function pauseOf(headers: Headers): number | undefined {
  const [, told] = /(?:^|;)\s*t=(\d{1,9})/.exec(headers.get("ratelimit") ?? "") ?? [];
  const seconds = told ?? headers.get("retry-after");
  return seconds !== null && /^\d{1,9}$/.test(seconds) ? 1000 * (Number(seconds) + 1) : undefined;
}
