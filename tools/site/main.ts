/**
 * Makes the site of guides and reference, to be looked at from the disk or served by any web server:
 * `deno task site [OUT]`
 *
 * OUT, `.deno/site` by default, gets a page for README.md, CHANGELOG.md, CONTRIBUTING.md and each file of `docs/`, and
 * `reference/`, which `deno doc` makes of the comments of public names. A link that leads nowhere ends it. What an earlier
 * site left in OUT is replaced; a folder with anything else in it is refused.
 */

import { dirname, resolve } from "node:path";
import { freshFolder } from "./folder.ts";
import { framed } from "./frame.ts";
import { guides, ROOT } from "./guides.ts";

const out = resolve(Deno.args[0] ?? ".deno/site");

async function reference(): Promise<void> {
  const args = ["doc", "--html", "--name=NarrowBERT", `--output=${out}/reference`, "mod.ts"];
  const { success, stderr } = await new Deno.Command("deno", { args, cwd: ROOT, stdin: "null" }).output();
  if (!success) throw new Error(`Cannot make the reference: ${new TextDecoder().decode(stderr)}`);
}

async function write(path: string, bytes: Uint8Array | string): Promise<void> {
  await Deno.mkdir(dirname(`${out}/${path}`), { recursive: true });
  await Deno.writeFile(`${out}/${path}`, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
}

const { pages, files } = guides();
await freshFolder(out);
for (const page of pages) await write(page.path, framed(page, pages, "reference/index.html"));
for (const file of files) await write(file, await Deno.readFile(new URL(file, ROOT)));
await reference();
console.log(`${pages.length} pages and the reference: ${out}/index.html`);
