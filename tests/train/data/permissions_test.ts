/** Reading data needs read permission for the files of the data alone; data in memory need none. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../../io/temporary.ts";

const MODULE = new URL("../../../src/train/data/open_dataset.ts", import.meta.url).href;

/** Runs code that prints the length of a data set or an error's message, with some permissions only. */
async function lengthOf(data: string, permissions: readonly string[]): Promise<string> {
  const code = `import { datasetOf, openDataset } from ${JSON.stringify(MODULE)};
    try {
      const data = await ${data};
      console.log((await data.read([1]))[0].example.text, data.length);
    } catch (error) {
      console.log(error.message);
    }`;
  const args = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-check", ...permissions, "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

Deno.test("a data set needs read permission for its files, and for nothing else", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "one\ntwo\n");
    const open = `openDataset(${JSON.stringify(path)}, { task: "mlm" })`;
    assert.equal(await lengthOf(open, [`--allow-read=${path}`]), "two 2");
    const refused = await lengthOf(open, []);
    assert.ok(refused.startsWith(`Cannot read ${path}: Requires read access to `), refused);
    assert.equal(await lengthOf('datasetOf(["one", "two"], { task: "mlm" })', []), "two 2");
    assert.equal(await lengthOf('openDataset(new File(["one\\ntwo"], "a.txt"), { task: "mlm" })', []), "two 2");
  }));
