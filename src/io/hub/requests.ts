/**
 * Requests to a Hub. Redirects are followed here rather than by `fetch`: what the Hub says about a file is in the headers
 * of a redirect, and the token must not go to another host.
 */

import { PermissionError } from "../../base/errors.ts";
import { permissionError } from "../../base/runtime.ts";
import { urlForMessages } from "../folder/http_file.ts";
import { withoutSecrets } from "../folder/location.ts";
import { type HubAccess, isOfHub } from "./access.ts";
import { type Deadline, DeadlineError } from "./deadline.ts";
import { hubError } from "./hub_error.ts";

/** Most redirects of a request. */
const MAX_REDIRECTS = 20;

const REDIRECTS = [301, 302, 303, 307, 308];

/** One request. */
export interface HubRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  /** What is asked for, as messages name it. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the request, and the reading of its body. */
  readonly deadline: Deadline;
  /** Whether only Hubs may answer. Bytes of files come from other hosts. */
  readonly hubOnly: boolean;
  /** Whether a redirect holds the answer already. */
  readonly isAnswer?: (redirect: Response) => boolean;
}

/**
 * Sends a request, and follows redirects.
 *
 * @returns The response, of any status; its body must be read or cancelled.
 * @throws {HubError} If there is no answer, or a redirect leads elsewhere than it may.
 */
export async function send(access: HubAccess, request: HubRequest): Promise<{ response: Response; url: URL }> {
  const { what, deadline, isAnswer } = request;
  let { url } = request;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await sendOnce(access, { ...request, url });
    const location = response.headers.get("location");
    if (!REDIRECTS.includes(response.status) || location === null || isAnswer?.(response)) return { response, url };
    await response.body?.cancel();
    url = redirected(url, location, { access, request });
    deadline.putOff();
  }
  throw hubError(what, `it was redirected more than ${MAX_REDIRECTS} times, last to ${shown(url)}`);
}

async function sendOnce(access: HubAccess, { method, url, what, headers, deadline }: HubRequest): Promise<Response> {
  const { endpoint, token } = access;
  // The length that a server announces, and the parts that it sends, must be those of the file itself.
  const sent = new Headers({ "accept-encoding": "identity", "user-agent": "narrowbert", ...headers });
  if (token !== undefined && url.origin === new URL(endpoint).origin) sent.set("authorization", `Bearer ${token}`);
  const init = { method, headers: sent, redirect: "manual", signal: deadline.signal } as const;
  return await fetch(url, init).catch((error) => {
    throw lostConnection(what, error, shown(url));
  });
}

/** Where a redirect leads. @throws {HubError} If it may not lead there. */
function redirected(
  from: URL,
  location: string,
  { access, request: { what, hubOnly } }: { access: HubAccess; request: HubRequest },
): URL {
  const refuse = (problem: string) => hubError(what, `${shown(from)} redirects ${problem}`);
  if (!URL.canParse(location, from)) throw refuse("to what is no URL");
  const url = new URL(location, from);
  url.username = url.password = "";
  if (!/^https?:$/.test(url.protocol)) throw refuse(`to ${url.protocol}, which is not of the web`);
  if (url.protocol === "http:" && (from.protocol === "https:" || access.endpoint.startsWith("https:"))) {
    throw refuse(`to ${shown(url)}, which is not encrypted`);
  }
  if (hubOnly && !isOfHub(url, access)) {
    throw refuse(`to ${url.origin}, which is no Hub; a proxy or a login page may stand between`);
  }
  return url;
}

/**
 * The error of a request or a body that broke off. An abort by the caller and a missing permission are passed on.
 *
 * @param where The URL, or how much came.
 */
export function lostConnection(what: string, error: unknown, where: string): unknown {
  if (error instanceof DeadlineError) return hubError(what, `${where}: ${error.message}`, LOST);
  const refusal = permissionError(error);
  if (refusal instanceof PermissionError) {
    return new PermissionError(
      `${what}: Deno may not reach ${where}: it takes --allow-net, as files come from other hosts`,
    );
  }
  if (!(error instanceof Error) || !LOST_NAMES.includes(error.name)) return error;
  // The cause is left out: its text may hold a URL that is signed.
  return hubError(what, `${where}: ${problemOf(error)}`, LOST);
}

const LOST = { isPassing: true, isUnreachable: true };
const LOST_NAMES = ["TypeError", "Http", "ConnectionReset", "ConnectionRefused", "BrokenPipe", "UnexpectedEof"];

/** What `fetch` says, without the URL, which the message has. */
function problemOf(error: Error): string {
  const { message } = innermost(error);
  return withoutSecrets(message).replace(
    /^error sending request (from [^ ]+ )?for (url \()?[^ ]*\)?(?: \([^ ]*\))?: /,
    "",
  );
}

function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function shown(url: URL): string {
  return urlForMessages(url);
}
