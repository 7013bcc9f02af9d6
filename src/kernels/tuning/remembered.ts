/** The tuning of a device, kept between runs: a file for each adapter and driver. A browser keeps none. */

import { deno } from "../../base/runtime.ts";
import { warn } from "../../base/warn.ts";
import type { Gpu } from "../../gpu/device.ts";
import { type LocalFiles, localFiles } from "../../io/folder/on_disk.ts";
import { pathIn } from "../../io/folder/path.ts";
import type { Variant } from "../kernel.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Slot, Tuning } from "./slots.ts";
import { isTuned, useTuning } from "./tuning.ts";
import {
  candidatesHash,
  type Driver,
  filesOf,
  isSameDriver,
  parseTuning,
  tuningFileName,
  tuningText,
  type Winners,
} from "./tuning_file.ts";

/** Access to the files of tunings. */
async function store(): Promise<LocalFiles["tunings"]> {
  return (await localFiles("read tunings")).tunings;
}

/** What was found for a device. */
export interface LoadedTuning {
  /** The path of the file in use; `null` if the shipped choices are, or what a program set. */
  readonly file: string | null;
  /** If none is in use: the paths of those for the same adapter under other drivers. */
  readonly others: readonly string[];
}

const NONE: LoadedTuning = { file: null, others: [] };

const loads = new WeakMap<Gpu, Promise<LoadedTuning>>();

/**
 * Makes a device use the tuning of its adapter and driver, if there is a file that may be read. Looks once a device. A
 * file that is not valid is ignored with a warning. What `useTuning` set before stays.
 *
 * @throws {DeviceLostError} If there is a file for the adapter, and the device is lost.
 */
export function loadTuning(gpu: Gpu): Promise<LoadedTuning> {
  let load = loads.get(gpu);
  if (load === undefined) {
    load = isTuned(gpu) || deno() === undefined ? Promise.resolve(NONE) : find(gpu);
    loads.set(gpu, load);
  }
  return load;
}

/** The driver of a device. */
export async function driverOf(gpu: Gpu): Promise<Driver> {
  const backend = deno() === undefined ? "unknown" : (await store()).backendOf();
  return { backend, fingerprint: await fingerprintOf(gpu) };
}

async function find(gpu: Gpu): Promise<LoadedTuning> {
  const { fileNames, tuningFolder } = await store();
  const folder = tuningFolder();
  if (folder === null) return NONE;
  const names = await fileNames(folder).catch((error: Error) => {
    warn(`ignored all tunings: ${error.message}`);
    return [];
  });
  const { files, old } = filesOf(gpu.adapter, names);
  if (files.length === 0 && old === null) return NONE;
  const driver = await driverOf(gpu);
  const fitting = files.filter((one) => isSameDriver(one.driver, driver));
  const file = fitting.find((one) => one.driver.backend === driver.backend) ?? fitting[0];
  if (file !== undefined) return await use(gpu, { path: pathIn(folder, file.name), driver });
  if (old !== null) ignore(pathIn(folder, old), "it is of an older version, which does not say for which driver it is");
  return { file: null, others: files.map(({ name }) => pathIn(folder, name)) };
}

/** Makes a device use a file, unless that is not valid or a program has set something meanwhile. */
async function use(gpu: Gpu, { path, driver }: { path: string; driver: Driver }): Promise<LoadedTuning> {
  const { isRefusal, readFile } = await store();
  try {
    const winners = parseTuning(await readFile(path), { ...limitsOf(gpu), driver });
    if (isTuned(gpu)) return NONE;
    useTuning(gpu, variantsOf(winners));
    return { file: path, others: [] };
  } catch (error) {
    // If the system refuses to read it, it may refuse to write it too.
    if (isRefusal(error)) warn(`ignored a tuning: ${error.message}`);
    else ignore(path, (error as Error).message);
    return NONE;
  }
}

function ignore(path: string, reason: string): void {
  warn(`ignored the tuning ${path}: ${reason}; "narrowbert tune" makes a new one`);
}

/** The file that a tuning of a device goes to. */
export interface TuningRecord {
  /** Its path. */
  readonly path: string;
  /** Winners that it has already, against the candidates that there are now. */
  readonly known: Partial<Tuning>;
  /** Writes the winner of a slot to it; those of other slots stay. */
  remember(slot: Slot, variant: Variant): Promise<void>;
}

/**
 * Opens the file for what a tuner will find.
 *
 * @throws {Error} If it cannot be written, with the reason.
 */
export async function openTuningRecord(gpu: Gpu): Promise<TuningRecord> {
  const { readFile, writableTuningFolder, writeFile } = await store();
  const folder = await writableTuningFolder();
  const driver = await driverOf(gpu);
  const path = pathIn(folder, tuningFileName(gpu.adapter, driver));
  // Read before each writing, as another tuner may have written.
  const winners = async (): Promise<Winners> => {
    try {
      return parseTuning(await readFile(path), { ...limitsOf(gpu), driver });
    } catch {
      return {}; // not valid, or not there
    }
  };
  const isCurrent = ([slot, { against }]: [string, { against: string }]) => against === candidatesHash(slot as Slot);
  return {
    path,
    known: variantsOf(Object.fromEntries(Object.entries(await winners()).filter(isCurrent))),
    async remember(slot, variant) {
      const all = { ...await winners(), [slot]: { variant, against: candidatesHash(slot) } };
      await writeFile(path, tuningText(gpu.adapter, driver, all));
    },
  };
}

function limitsOf({ adapter, limits }: Gpu): Pick<Gpu, "adapter" | "limits"> {
  return { adapter, limits };
}

function variantsOf(winners: Winners): Partial<Tuning> {
  return Object.fromEntries(Object.entries(winners).map(([slot, { variant }]) => [slot, variant]));
}
