/** Access to Deno, if that is the runtime. Importing this file touches no Deno global. */

/** The global `Deno`; undefined in other runtimes. */
export function deno(): typeof Deno | undefined {
  return (globalThis as { Deno?: typeof Deno }).Deno;
}

/** Whether Deno has granted a permission. Never prompts. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return deno()?.permissions.querySync(permission).state === "granted";
}
