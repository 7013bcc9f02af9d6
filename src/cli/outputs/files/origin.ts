/** What an output is begun with, as far as it is known before the model is loaded. */

import { beginHash } from "../../../io/local/hash.ts";
import { LOCAL } from "../../../io/local/file_system.ts";
import type { Inputs } from "../../inputs/inputs.ts";
import type { EarlyOrigin, Origin } from "./rows/resume_note.ts";

/** What a command is given. */
interface GivenCommand {
  readonly inputs: Inputs;
  /** Its arguments, if they are the texts. */
  readonly texts: readonly string[];
  /** The options that change answers, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** The origin of an output. Reads all files of the input. */
export async function originOf(
  command: string,
  format: string,
  { options, ...given }: GivenCommand,
): Promise<EarlyOrigin> {
  return { command, format, options: givenOptions(options), input: await inputOf(given) };
}

/** Options as JSON has them; what is not given, or off, is left out. */
function givenOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => {
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
  return JSON.parse(JSON.stringify(Object.fromEntries(given)));
}

async function inputOf({ inputs, texts, signal }: Omit<GivenCommand, "options">): Promise<Origin["input"]> {
  const found: { name: string; sha256: string | null }[] = [];
  for (const { name, path } of inputs.sources) {
    found.push({ name, sha256: path === null ? null : await digestOf(LOCAL.read(path), signal) });
  }
  if (found.length > 0) return found;
  return [{
    name: "the command line",
    sha256: await digestOf([new TextEncoder().encode(JSON.stringify(texts))], signal),
  }];
}

async function digestOf(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string> {
  const hash = beginHash();
  for await (const part of parts) {
    signal.throwIfAborted();
    hash.update(part);
  }
  return hash.digest("hex");
}
