/** Access to Deno, if that is the runtime. Importing this file touches no Deno global. */

import { PermissionError } from "./errors.ts";

/** The global `Deno`; undefined in other runtimes. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
}

/** What a program does that needs a permission, as messages call it. */
const DOING: Readonly<Record<string, string>> = {
  read: "read",
  write: "write",
  net: "reach",
  env: "know",
  import: "import from",
};

/** Deno's error of a missing permission as one that names the flag; any other error as it is. */
export function permissionError(error: unknown): unknown {
  const Denied = deno()?.errors.NotCapable;
  if (Denied === undefined || !(error instanceof Denied)) return error;
  const [, kind = "", what = ""] = /^Requires (\w+) access to "(.+?)", run again/.exec(error.message) ?? [];
  if (DOING[kind] === undefined) return new PermissionError(error.message, { cause: error });
  const flag = flagOf(kind, what);
  return new PermissionError(`Deno may not ${DOING[kind]} ${JSON.stringify(what)}: it takes ${flag}`, { cause: error });
}

/** A flag by which Deno permits something. */
export function flagOf(kind: string, value: string): string {
  return `--allow-${kind}=${/^[\w./:\\-]+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** Whether Deno has granted a permission. Never prompts. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return deno()?.permissions.querySync(permission).state === "granted";
}

/** CPU time that all threads of this process have taken, in milliseconds; nothing if the runtime does not tell. */
export function cpuTime(): number | undefined {
  const usage = (deno() as Partial<CpuUsage> | undefined)?.cpuUsage?.();
  return usage === undefined ? undefined : (usage.user + usage.system) / 1000;
}

/** What Deno 2.9 has, but does not declare; `process.cpuUsage` does the same, but takes 20 ms to load. */
interface CpuUsage {
  cpuUsage(): { user: number; system: number };
}
