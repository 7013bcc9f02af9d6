/** How a Hub is reached. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { withoutSecrets } from "../folder/location.ts";

/** Hosts that are the Hub: a mirror may redirect questions about files to them. */
const HUB_HOSTS = ["huggingface.co", "hf.co"];

/** How a Hub is reached, and by whom. */
export interface HubAccess {
  /** URL of the Hub, without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint's origin alone. */
  readonly token: string | undefined;
  /** How long an answer about a file may take, in ms. */
  readonly answerTimeout: number;
  /** How long a download may stand still, in ms. */
  readonly stallTimeout: number;
  /** Waits so many ms. Tests have another. */
  readonly wait: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** @throws {CheckpointError} If an endpoint is no URL of a web server. */
export function endpointOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  // A "?" or "#" with nothing behind it would make a query of all that is put after it.
  if (url !== null && /^https?:$/.test(url.protocol) && !/[?#]/.test(url.href) && url.username + url.password === "") {
    return url.href.replace(/\/+$/, "");
  }
  const problem = "it must be an http: or https: URL without credentials and query";
  throw new CheckpointError(
    `Cannot use the Hugging Face Hub at ${quote(withoutSecrets(given))} (HF_ENDPOINT): ${problem}`,
  );
}

/**
 * A token without the white space around it.
 *
 * @param source Where it is from, for the message, which does not tell the token.
 * @throws {CheckpointError} If no header can hold it.
 */
export function tokenOf(given: string | undefined, source: string): string | undefined {
  const token = given?.trim();
  if (token === undefined || token === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CheckpointError(`Cannot use the token of ${source}: it must be one word of ASCII characters`);
}

/** Whether a URL is of a Hub: the endpoint, the same host by another scheme, or the Hub itself. */
export function isOfHub(url: URL, { endpoint }: HubAccess): boolean {
  const { origin, hostname } = new URL(endpoint);
  if (url.origin === origin) return true;
  return url.protocol === "https:" && url.port === "" &&
    (url.hostname === hostname || HUB_HOSTS.includes(url.hostname));
}

/** Waits; the timer ends with the signal. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
