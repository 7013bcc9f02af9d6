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
  const lacking = lackingPermission(error.message);
  return new PermissionError(lacking === null ? error.message : messageOf(lacking), { cause: error });
}

/** What Deno says that a program lacks; null if it says something else. */
export function lackingPermission(message: string): { kind: string; what: string } | null {
  const [, kind = "", what = ""] = /^Requires (\w+) access to "(.+?)", run again/.exec(message) ?? [];
  return DOING[kind] === undefined ? null : { kind, what };
}

function messageOf({ kind, what }: { kind: string; what: string }): string {
  return `Deno may not ${DOING[kind]} ${JSON.stringify(what)}: it takes ${permissionFlag(kind, what)}`;
}

/** The flag by which Deno permits something, as a shell takes it. Commas stand between values, so one that has any needs all. */
export function permissionFlag(kind: string, value: string): string {
  if (value.includes(",")) return `--allow-${kind}`;
  const quote = /^[\w./:=-]+$/.test(value) ? "" : /["$`\\!]/.test(value) ? "'" : '"';
  return `--allow-${kind}=${quote}${quote === "'" ? value.replaceAll("'", "'\\''") : value}${quote}`;
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
