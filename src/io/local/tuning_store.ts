/**
 * Where tunings are kept between runs: `narrowbert/tuning` in `$XDG_CACHE_HOME`, or else in `$HOME/.cache`. All access
 * to the environment and to files that a tuning needs is here, so that what computes runs in a browser too.
 */

import { PermissionError } from "../../base/errors.ts";
import { isGranted } from "../../base/runtime.ts";
import { pathIn } from "../folder/path.ts";
import { writeAtomically } from "./atomic_write.ts";
import { variableOf } from "./environment.ts";
import { ifThere, isAbsolute } from "./paths.ts";
import { writingFlags } from "./writing_permission.ts";

/** The folder of tunings; `null` if neither variable holds an absolute path and may be read. */
export function tuningFolder(): string | null {
  return folderIn("XDG_CACHE_HOME", "narrowbert/tuning") ?? folderIn("HOME", ".cache/narrowbert/tuning");
}

/** A folder in the one that a variable names; `null` if it names none, or may not be read. */
function folderIn(variable: string, name: string): string | null {
  const folder = variableOf(variable);
  return isAbsolute(folder) ? pathIn(folder, name) : null;
}

/** The backends that a system may have. */
const BACKENDS: Readonly<Partial<Record<typeof Deno.build.os, readonly string[]>>> = {
  darwin: ["metal"],
  windows: ["vulkan", "dx12", "gl"],
};
const OTHER_BACKENDS = ["vulkan", "gl"];

/** Other names that Deno takes for them. */
const ALIASES: Readonly<Record<string, string>> = {
  vk: "vulkan",
  opengl: "gl",
  gles: "gl",
  d3d12: "dx12",
  mtl: "metal",
};

/** The backend by which Deno reaches the GPU, such as `vulkan`; `unknown` if it may be one of several. */
export function backendOf(): string {
  const told = variableOf("DENO_WEBGPU_BACKEND").toLowerCase();
  const names = told.split(",").map((name) => ALIASES[name.trim()] ?? name.trim());
  const backends = (BACKENDS[Deno.build.os] ?? OTHER_BACKENDS)
    .filter((backend) => told === "" || names.includes(backend));
  return backends.length === 1 ? backends[0]! : "unknown";
}

/** The names of the files in a folder; none if it does not exist, or may not be read by this process. */
export async function fileNames(folder: string): Promise<string[]> {
  if (!isGranted({ name: "read", path: folder })) return [];
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? [];
  return entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name).sort();
}

/** The text of a file. */
export function readFile(path: string): Promise<string> {
  return Deno.readTextFile(path);
}

/** Whether the system refused access to a file, whose path the message then holds. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Deno.errors.PermissionDenied;
}

/** Replaces a file at once, or leaves it as it was. */
export async function writeFile(path: string, text: string): Promise<void> {
  await writeAtomically(path, [new TextEncoder().encode(text)]);
}

/**
 * The folder of tunings, which is created. Tries to write there, so that a failure shows before the work of tuning.
 *
 * @throws {Error} If it cannot, with the reason.
 */
export async function writableTuningFolder(): Promise<string> {
  const folder = tuningFolder();
  if (folder === null) {
    throw new Error(
      "Cannot remember a tuning: XDG_CACHE_HOME or HOME must be set to an absolute path and readable " +
        "(--allow-env=XDG_CACHE_HOME,HOME)",
    );
  }
  if (!(["read", "write"] as const).every((name) => isGranted({ name, path: folder }))) {
    throw new PermissionError(`Cannot remember a tuning in ${folder}: it takes ${writingFlags(folder)}`);
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    const trial = pathIn(folder, `${crypto.randomUUID()}.tmp`);
    await Deno.writeFile(trial, new Uint8Array(0), { createNew: true });
    await Deno.remove(trial);
    return folder;
  } catch (cause) {
    throw new Error(`Cannot remember a tuning in ${folder}: ${(cause as Error).message}`, { cause });
  }
}
