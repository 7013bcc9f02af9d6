/** The files in which tunings are kept: their names, and what they say. */

import manifest from "../../../deno.json" with { type: "json" };
import { isObject } from "../../base/json.ts";
import { deno } from "../../base/runtime.ts";
import type { AdapterDescription } from "../../gpu/adapter.ts";
import type { Gpu } from "../../gpu/device.ts";
import { pipelineKey } from "../../gpu/pipelines.ts";
import { attentionApply } from "../attention/attention_apply.ts";
import { storesProbabilities } from "../attention/attention_probabilities.ts";
import type { Variant } from "../kernel.ts";
import { candidates, misfit } from "./candidates.ts";
import { shortHash } from "./short_hash.ts";
import { type Slot, SLOTS } from "./slots.ts";

/** Version of the files; increased when older files must not be read any more. */
const VERSION = 2;

/** What runs an adapter. */
export interface Driver {
  /** The backend, such as `vulkan`; `unknown` if the process does not know it. */
  readonly backend: string;
  /** What the driver computes where WGSL leaves it open (`fingerprint.ts`). */
  readonly fingerprint: string;
}

/** The winner of a slot, as a file has it. */
export interface Winner {
  readonly variant: Variant;
  /** Which candidates it won against; see {@linkcode candidatesHash}. */
  readonly against: string;
}

/** The winners in a file, of all slots or some. */
export type Winners = Partial<Record<Slot, Winner>>;

/** How the names of all files of an adapter begin: with its words and a hash of its description. */
function stemOf({ vendor, architecture, device, description }: AdapterDescription): string {
  const text = `${vendor} ${architecture} ${device} ${description}`;
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ["unnamed"];
  return `${words.join("-").slice(0, 100)}-${shortHash(text)}`;
}

/** The name of the file of an adapter under a driver. */
export function tuningFileName(adapter: AdapterDescription, { backend, fingerprint }: Driver): string {
  return `${stemOf(adapter)}-${backend}-${fingerprint}.json`;
}

/** The files of an adapter. */
export interface TuningFiles {
  /** Those of each driver. */
  readonly files: readonly { readonly name: string; readonly driver: Driver }[];
  /** That of version 1, which does not say for which driver it is; `null` if there is none. */
  readonly old: string | null;
}

/** Those of some files that are tunings of an adapter, whatever the driver. */
export function filesOf(adapter: AdapterDescription, names: readonly string[]): TuningFiles {
  const stem = stemOf(adapter);
  const files = names.flatMap((name) => {
    const [, backend, fingerprint] = (name.startsWith(stem) && name.slice(stem.length).match(DRIVER)) || [];
    return backend && fingerprint ? [{ name, driver: { backend, fingerprint } }] : [];
  });
  return { files, old: names.find((name) => name === `${stem}.json`) ?? null };
}

const DRIVER = /^-([a-z0-9]+)-([0-9a-f]{8})\.json$/;

/** Whether two drivers are the same, as far as is known: a process may not know the backend. */
export function isSameDriver(one: Driver, other: Driver): boolean {
  const unknown = [one.backend, other.backend].includes("unknown");
  return one.fingerprint === other.fingerprint && (unknown || one.backend === other.backend);
}

/** Tells the candidates of a slot from those of another version of the library: by their shaders and constants. */
export function candidatesHash(slot: Slot): string {
  const texts = candidates(slot).map((variant) => {
    const { kernel, constants } = variant;
    const rest = storesProbabilities(variant) ? attentionApply.source : "";
    return pipelineKey(kernel.name, constants) + kernel.source + rest;
  });
  return shortHash(texts.join());
}

/** What a file says of winners. */
export function tuningText(adapter: AdapterDescription, driver: Driver, winners: Winners): string {
  const file = {
    version: VERSION,
    adapter,
    ...driver,
    library: manifest.version,
    runtime: deno()?.version.deno ?? "",
    date: new Date().toISOString(),
    slots: Object.fromEntries(
      Object.entries(winners).map(([slot, { variant: { kernel, constants }, against }]) => {
        return [slot, { kernel: kernel.name, constants, against }];
      }),
    ),
  };
  return JSON.stringify(file, null, 2) + "\n";
}

/**
 * The winners in a file.
 *
 * @throws {Error} If any of it is not valid for this device, this driver or this version of the library.
 */
export function parseTuning(
  text: string,
  { adapter, limits, driver }: Pick<Gpu, "adapter" | "limits"> & { driver: Driver },
): Winners {
  const file = record(parseJson(text), "the file");
  if (file.version !== VERSION) throw new Error(`its version must be ${VERSION}, got ${JSON.stringify(file.version)}`);
  const described = record(file.adapter, "adapter");
  for (const [key, value] of Object.entries(adapter)) {
    if (described[key] === value) continue;
    throw new Error(`it is for another adapter: ${key} must be "${value}", got ${JSON.stringify(described[key])}`);
  }
  const of = { backend: String(file.backend), fingerprint: String(file.fingerprint) };
  if (!isSameDriver(of, driver)) {
    throw new Error(`it is for another driver: it must be ${driverName(driver)}, got ${driverName(of)}`);
  }
  const winners: Winners = {};
  for (const [name, choice] of Object.entries(record(file.slots, "slots"))) {
    const slot = SLOTS.find((slot) => slot === name);
    if (slot === undefined) throw new Error(`there is no slot ${JSON.stringify(name)}`);
    winners[slot] = winnerOf(slot, choice, limits);
  }
  return winners;
}

/** A driver in words. */
export function driverName({ backend, fingerprint }: Driver): string {
  return `${backend} ${fingerprint}`;
}

function winnerOf(slot: Slot, choice: unknown, limits: GPUSupportedLimits): Winner {
  const { kernel, constants, against } = record(choice, `slots.${slot}`);
  const values = record(constants, `slots.${slot}.constants`);
  const odd = Object.entries(values).find(([, value]) => typeof value !== "number");
  if (odd !== undefined) throw new TypeError(`${slot}: ${odd[0]} must be a number, got ${JSON.stringify(odd[1])}`);
  const key = pipelineKey(String(kernel), values as Record<string, number>);
  const variant = candidates(slot).find(({ kernel, constants }) => pipelineKey(kernel.name, constants) === key);
  if (variant === undefined) throw new Error(`${slot} has no such candidate: ${JSON.stringify(choice)}`);
  const reason = misfit(variant, limits);
  if (reason !== null) throw new Error(reason);
  return { variant, against: String(against) };
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
