/** Loads the module of a kernel's conformance cases. */

import type { ConformanceCase } from "./conformance.ts";

/** What `cases/<name>.ts` exports; `About` is what its generator may be told. */
export interface CasesModule<About extends unknown[] = []> {
  cases(...about: About): Iterable<ConformanceCase>;
}

/** @throws {Error} If the kernel has no such file. */
export async function importCases<About extends unknown[] = []>(kernel: string): Promise<CasesModule<About>> {
  const file = `cases/${kernel}.ts`;
  if (!await exists(new URL(file, import.meta.url))) {
    throw new Error(`kernel ${kernel} has no tests/conformance/${file}`);
  }
  return await import(`./${file}`);
}

async function exists(file: URL): Promise<boolean> {
  try {
    return (await Deno.stat(file)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
