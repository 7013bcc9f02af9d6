/** Access to Deno, if that is the runtime. Importing this file touches no Deno global. */

/** The global `Deno`; undefined in other runtimes. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
}

/** Whether Deno has granted a permission. Never prompts. */
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
