/**
 * The library from a file, from a URL or as one bundled file, as its argument says, with no more permissions than these:
 * `deno run --allow-read=. examples/jobs/anywhere.ts`, or
 * `deno run --allow-import=HOST --allow-net=HOST examples/jobs/anywhere.ts http://HOST/mod.ts`
 */

const [module = "../../mod.ts", model] = Deno.args;
const { pipeline } = await import(module) as typeof import("../../mod.ts");

using classify = await pipeline("text-classification", model); // without a model, the one beside the module
const [best] = await classify("a can for holding soft drinks");
const asked = (["read", "write", "net", "env", "run", "sys", "ffi"] as const).map(async (name) => {
  return (await Deno.permissions.query({ name })).state === "granted" ? name : "";
});
console.log(
  `${best!.label}; permitted without bounds: ${(await Promise.all(asked)).filter(Boolean).join(", ") || "none"}`,
);
