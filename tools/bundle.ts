/** The library as one file for browsers, as README.md makes it. `deno bundle` gets its esbuild from npm. */

const ROOT = new URL("../", import.meta.url);

/** The arguments of `deno`. */
export function bundling(output: string): string[] {
  return ["bundle", "--platform", "browser", "--output", output, "mod.ts"];
}

/** Makes the file, whose path must be absolute, and gives its text. */
export async function bundleTo(path: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: bundling(path), cwd: ROOT, stdin: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`Cannot bundle mod.ts: ${new TextDecoder().decode(stderr)}`);
  return await Deno.readTextFile(path);
}
