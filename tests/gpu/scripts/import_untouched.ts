/** Imports mod.ts where touching the GPU, or Deno, is an error; prints what it exports. Run by import_test.ts. */

const { log } = console;

function forbid(target: object, name: string): void {
  const touched = () => {
    throw new Error(`importing mod.ts touched ${name}`);
  };
  Object.defineProperty(target, name, { get: touched, configurable: true });
}

forbid(navigator, "gpu");
for (const name of Object.getOwnPropertyNames(globalThis)) if (name.startsWith("GPU")) forbid(globalThis, name);
const { args } = Deno;
if (args.includes("--without-deno")) forbid(globalThis, "Deno");

log(Object.keys(await import("../../../mod.ts")).join(" "));
