/** Where the Hub, its cache and the token are: by options, then by the environment, as Python's `huggingface_hub` has it. */

import { CheckpointError } from "../../../base/errors.ts";
import { quote } from "../../../base/messages.ts";
import { isGranted } from "../../../base/runtime.ts";
import { pathIn } from "../../folder/path.ts";
import { DEFAULT_ENDPOINT } from "../../hub/names.ts";
import { endpointOf, type HubAccess, tokenOf, wait } from "../../hub/access.ts";
import { homeFolder, isOn, variableOf } from "../environment.ts";
import { absolute, ifThere, pathOf } from "../paths.ts";

/** What callers choose. */
export interface HubChoice {
  readonly cache_dir?: string | URL | undefined;
  readonly token?: string | undefined;
  readonly local_files_only?: boolean | undefined;
}

/** Where things are. */
export interface HubSettings {
  readonly access: HubAccess;
  /** The folder of the cache, absolute. */
  readonly cache: string;
  /** Why no request is made; `null` if requests are made. */
  readonly offline: string | null;
}

/** Seconds that `HF_HUB_ETAG_TIMEOUT` and `HF_HUB_DOWNLOAD_TIMEOUT` are by default. */
const TIMEOUT = 10;

/** @throws {CheckpointError} If a variable cannot be used, or if no cache is named. */
export async function hubSettings(choice: HubChoice): Promise<HubSettings> {
  return {
    access: {
      endpoint: endpointOf(variableOf("HF_ENDPOINT") || DEFAULT_ENDPOINT),
      token: await tokenFor(choice),
      answerTimeout: timeout("HF_HUB_ETAG_TIMEOUT"),
      stallTimeout: timeout("HF_HUB_DOWNLOAD_TIMEOUT"),
      wait,
    },
    cache: cacheFolder(choice),
    offline: offlineReason(choice),
  };
}

/**
 * The absolute path of the cache, whether it exists or not.
 *
 * @throws {CheckpointError} If nothing names one.
 */
export function cacheFolder({ cache_dir }: HubChoice): string {
  if (cache_dir !== undefined) return absolute(pathOf(cache_dir));
  const named = variableOf("HF_HUB_CACHE") || variableOf("HUGGINGFACE_HUB_CACHE");
  if (named !== "") return absolute(expanded(named));
  const home = hubHome();
  if (home !== null) return pathIn(home, "hub");
  throw new CheckpointError(
    "Cannot find the cache of the Hugging Face Hub: give cache_dir, or let HF_HOME or HOME be read " +
      "(--allow-env=HF_HOME,HOME)",
  );
}

/** Python's `HF_HOME`; `null` if nothing names it. */
function hubHome(): string | null {
  const named = variableOf("HF_HOME");
  if (named !== "") return absolute(expanded(named));
  const caches = variableOf("XDG_CACHE_HOME");
  if (caches !== "") return pathIn(absolute(expanded(caches)), "huggingface");
  const home = homeFolder();
  return home === "" ? null : pathIn(home, ".cache/huggingface");
}

/** A path with `~` and variables replaced; what may not be read stays. */
function expanded(path: string): string {
  const home = path.replace(/^~(?=$|[/\\])/, () => homeFolder() || "~");
  return home.replace(/\$(?:(\w+)|\{(\w+)\})/g, (text, bare, braced) => variableOf(bare ?? braced) || text);
}

/** The caller's token, or the user's. A file of it that may not be read is none. */
async function tokenFor({ token }: HubChoice): Promise<string | undefined> {
  if (token !== undefined) return tokenOf(token, "the option token");
  if (isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return undefined;
  for (const variable of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const found = tokenOf(variableOf(variable), variable);
    if (found !== undefined) return found;
  }
  const path = tokenFile();
  if (path === null || !isGranted({ name: "read", path })) return undefined;
  try {
    return tokenOf(await ifThere(Deno.readTextFile(path)) ?? "", quote(path));
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    return undefined;
  }
}

function tokenFile(): string | null {
  const named = variableOf("HF_TOKEN_PATH");
  if (named !== "") return absolute(expanded(named));
  const home = hubHome();
  return home === null ? null : pathIn(home, "token");
}

function offlineReason({ local_files_only }: HubChoice): string | null {
  if (local_files_only) return "local_files_only is set";
  const variable = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find(isOn);
  return variable === undefined ? null : `${variable} is set`;
}

/** A time in ms that a variable gives in seconds. */
function timeout(variable: string): number {
  const told = variableOf(variable).trim();
  if (told === "") return 1000 * TIMEOUT;
  if (/^\d{1,6}$/.test(told) && Number(told) > 0) return 1000 * Number(told);
  throw new CheckpointError(
    `Cannot use ${variable}: it must be a whole number of seconds from 1, got ${quote(told)}`,
  );
}
