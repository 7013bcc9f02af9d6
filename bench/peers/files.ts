/** Files that the comparisons need, kept in the checkout's `.deno/peers` folder and made where they are missing. */

import { fileURLToPath } from "node:url";

export const CACHE = fileURLToPath(new URL("../../.deno/peers/", import.meta.url));

const EXPORT = fileURLToPath(new URL("export_onnx.py", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** The ONNX file that `export_onnx.py` makes under these arguments. */
export async function exported(name: string, args: readonly (string | number)[]): Promise<string> {
  const file = `${CACHE}${name}.onnx`;
  if (await exists(file)) return file;
  await Deno.mkdir(CACHE, { recursive: true });
  const part = `${file}.part`;
  await command(await python(), [EXPORT, ...args.map(String), part]);
  await Deno.rename(part, file);
  return file;
}

export async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A Python with the pinned packages in an environment of its own, or the one that PEERS_PYTHON names. */
async function python(): Promise<string> {
  const given = Deno.env.get("PEERS_PYTHON");
  if (given) return given;
  const environment = `${CACHE}venv`;
  const own = `${environment}/bin/python`;
  const complete = `${environment}/complete`;
  if (await exists(complete)) return own;
  await command("python3", ["-m", "venv", environment]);
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];
  await command(own, ["-m", "pip", "install", ...options, "--requirement", REQUIREMENTS]);
  await Deno.writeTextFile(complete, "");
  return own;
}

async function command(program: string, args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args, stdin: "null", stdout: "inherit" }).spawn().status;
  if (!success) throw new Error(`Cannot make the peers' files: ${program} ${args.join(" ")} failed`);
}
