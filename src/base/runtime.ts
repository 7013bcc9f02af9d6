/** Access to Deno, if that is the runtime. Importing this file touches no Deno global. */

/** The global `Deno`; undefined in other runtimes. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
}

/** Whether Deno has granted a permission. Never prompts. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return deno()?.permissions.querySync(permission).state === "granted";
}

/** CPU times of threads, in microseconds. */
interface CpuUsage {
  user: number;
  system: number;
}

/** The part of Node's `process` that Deno has as a global, too. */
interface Process {
  cpuUsage?(): CpuUsage;
  threadCpuUsage?(): CpuUsage;
}

/** CPU time that the threads beside this one have taken, in milliseconds; nothing where the runtime does not tell. */
export function threadTimes(): { others: number } | undefined {
  const { process } = globalThis as { process?: Process };
  const all = process?.cpuUsage?.();
  const own = process?.threadCpuUsage?.();
  if (all === undefined || own === undefined) return undefined;
  return { others: (all.user + all.system - own.user - own.system) / 1000 };
}
