/** The runtime that the library is in, where that is Deno; nothing of it is touched before it is asked for. */

/** Deno's own functions; nothing elsewhere. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
}

/** Whether Deno has granted a permission; nobody is asked for it. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return deno()?.permissions.querySync(permission).state === "granted";
}

/** What Deno has of Node's `process`, as a global. */
interface Process {
  cpuUsage?(): { user: number; system: number };
}

/** CPU time that all threads of this process have taken, in milliseconds; nothing where the runtime does not tell. */
export function cpuTime(): number | undefined {
  const usage = (globalThis as { process?: Process }).process?.cpuUsage?.();
  return usage === undefined ? undefined : (usage.user + usage.system) / 1000;
}
