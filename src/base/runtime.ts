/** Access to Deno, if that is the runtime. Importing this file touches no Deno global. */

/** The global `Deno`; undefined in other runtimes. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
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
