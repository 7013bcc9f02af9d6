/**
 * The tuning of a device, kept between runs: a file for each adapter in the cache folder. That is `narrowbert/tuning`
 * in `$XDG_CACHE_HOME`, or else in `$HOME/.cache`.
 */

import { dirname, isAbsolute, join } from "node:path";
import { isObject } from "../../base/json.ts";
import { deno, isGranted } from "../../base/runtime.ts";
import { warn } from "../../base/warn.ts";
import type { AdapterDescription } from "../../gpu/adapter.ts";
import type { Gpu } from "../../gpu/device.ts";
import { pipelineKey } from "../../gpu/pipelines.ts";
import { writeAtomically } from "../../io/folder/atomic_write.ts";
import type { Variant } from "../kernel.ts";
import { candidates, misfit } from "./candidates.ts";
import { type Slot, SLOTS, type Tuning } from "./slots.ts";
import { isTuned, useTuning } from "./tuning.ts";

/** Version of the file; increased when older files must not be read any more. */
const VERSION = 1;

/** Path of an adapter's tuning; `null` if neither variable is set and may be read. */
export function tuningPath(adapter: AdapterDescription): string | null {
  const cache = folderIn("XDG_CACHE_HOME") ?? folderIn("HOME", ".cache");
  return cache === null ? null : join(cache, "narrowbert", "tuning", tuningFileName(adapter));
}

/** The name of an adapter's file: its words and a hash of its description. The file holds the description. */
export function tuningFileName({ vendor, architecture, device, description }: AdapterDescription): string {
  const text = `${vendor} ${architecture} ${device} ${description}`;
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ["unnamed"];
  const hash = [...text].reduce((hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193), 7);
  return `${words.join("-").slice(0, 100)}-${(hash >>> 0).toString(16).padStart(8, "0")}.json`;
}

/** A folder in the one that a variable names; `null` if it names none, or may not be read. */
function folderIn(variable: string, ...names: string[]): string | null {
  if (!isGranted({ name: "env", variable })) return null;
  const folder = deno()?.env.get(variable) ?? "";
  return isAbsolute(folder) ? join(folder, ...names) : null;
}

const loads = new WeakMap<Gpu, Promise<void>>();

/**
 * Makes a device use the tuning of its adapter, if there is a file that may be read. Looks once a device. A file that
 * is not valid is ignored with a warning. What `useTuning` set before stays.
 */
export function loadTuning(gpu: Gpu): Promise<void> {
  let load = loads.get(gpu);
  if (load === undefined) {
    load = isTuned(gpu) ? Promise.resolve() : readFile(gpu);
    loads.set(gpu, load);
  }
  return load;
}

async function readFile(gpu: Gpu): Promise<void> {
  const path = tuningPath(gpu.adapter);
  if (path === null || !isGranted({ name: "read", path })) return;
  try {
    const tuning = parseTuning(await Deno.readTextFile(path), gpu);
    if (!isTuned(gpu)) useTuning(gpu, tuning);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    // If the system refuses to read it, it may refuse to write it too; its message names the path.
    const isUnread = error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.IsADirectory;
    warn(
      isUnread
        ? `ignored a tuning: ${error.message}`
        : `ignored the tuning ${path}: ${(error as Error).message}; "narrowbert tune" makes a new one`,
    );
  }
}

/**
 * The tuning in a file.
 *
 * @throws {Error} If any of it is not valid for this device and this version of the library.
 */
export function parseTuning(text: string, { adapter, limits }: Pick<Gpu, "adapter" | "limits">): Partial<Tuning> {
  const file = record(parseJson(text), "the file");
  if (file.version !== VERSION) throw new Error(`its version must be ${VERSION}, got ${JSON.stringify(file.version)}`);
  const described = record(file.adapter, "adapter");
  for (const [key, value] of Object.entries(adapter)) {
    if (described[key] === value) continue;
    throw new Error(`it is for another adapter: ${key} must be "${value}", got ${JSON.stringify(described[key])}`);
  }
  const tuning: Partial<Record<Slot, Variant>> = {};
  for (const [name, choice] of Object.entries(record(file.slots, "slots"))) {
    const slot = SLOTS.find((slot) => slot === name);
    if (slot === undefined) throw new Error(`there is no slot ${JSON.stringify(name)}`);
    const { kernel, constants } = record(choice, `slots.${slot}`);
    const values = record(constants, `slots.${slot}.constants`);
    const odd = Object.entries(values).find(([, value]) => typeof value !== "number");
    if (odd !== undefined) throw new TypeError(`${slot}: ${odd[0]} must be a number, got ${JSON.stringify(odd[1])}`);
    const key = pipelineKey(String(kernel), values as Record<string, number>);
    const variant = candidates(slot).find(({ kernel, constants }) => pipelineKey(kernel.name, constants) === key);
    if (variant === undefined) throw new Error(`${slot} has no such candidate: ${JSON.stringify(choice)}`);
    const reason = misfit(variant, limits);
    if (reason !== null) throw new Error(reason);
    tuning[slot] = variant;
  }
  return tuning;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("it is not JSON");
  }
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new TypeError(`${name} must be an object, got ${JSON.stringify(value)}`);
}

/**
 * The path for {@linkcode saveTuning}. Creates its folder and tries to write there, so that a failure shows before the
 * work of tuning.
 *
 * @throws {Error} If it cannot, with the reason.
 */
export async function writableTuningPath(gpu: Gpu): Promise<string> {
  const path = tuningPath(gpu.adapter);
  if (path === null) {
    throw new Error(
      "Cannot remember a tuning: XDG_CACHE_HOME or HOME must be set to an absolute path and readable " +
        "(--allow-env=XDG_CACHE_HOME,HOME)",
    );
  }
  const folder = dirname(path);
  const lacking = (["read", "write"] as const).find((name) => !isGranted({ name, path: folder }));
  if (lacking !== undefined) {
    throw new Error(`Cannot remember a tuning in ${folder}: it takes --allow-${lacking} of that folder`);
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    const trial = join(folder, `${crypto.randomUUID()}.tmp`);
    await Deno.writeFile(trial, new Uint8Array(0), { createNew: true });
    await Deno.remove(trial);
    return path;
  } catch (cause) {
    throw new Error(`Cannot remember a tuning in ${folder}: ${(cause as Error).message}`, { cause });
  }
}

/** Writes variants to the file that {@linkcode writableTuningPath} named; those of other slots stay. */
export async function saveTuning(gpu: Gpu, { path, chosen }: { path: string; chosen: Partial<Tuning> }): Promise<void> {
  const slots = { ...await remembered(path, gpu), ...chosen };
  const file = {
    version: VERSION,
    adapter: gpu.adapter,
    runtime: Deno.version.deno,
    date: new Date().toISOString(),
    slots: Object.fromEntries(
      Object.entries(slots).map(([slot, { kernel, constants }]) => [slot, { kernel: kernel.name, constants }]),
    ),
  };
  await writeAtomically(path, [new TextEncoder().encode(JSON.stringify(file, null, 2) + "\n")]);
}

/** The tuning in a file; empty if it is not valid or does not exist. */
async function remembered(path: string, gpu: Gpu): Promise<Partial<Tuning>> {
  try {
    return parseTuning(await Deno.readTextFile(path), gpu);
  } catch {
    return {};
  }
}
