/** What the library asks of Deno. */

import assert from "node:assert/strict";
import { permissionFlag } from "../../src/base/runtime.ts";
Deno.test("a flag of a permission is what a shell and Deno take, whatever is in the path", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/it's $HOME "a" \`b\` `;
  try {
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/a.txt`, "here");
    const flag = permissionFlag("read", folder);
    const script = `${folder}/script.ts`;
    await Deno.writeTextFile(script, `console.log(Deno.readTextFileSync(Deno.args[0]));`);
    const command = `"$DENO" run --no-prompt ${flag} "$SCRIPT" "$FILE"`;
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", command],
      env: { DENO: Deno.execPath(), SCRIPT: script, FILE: `${folder}/a.txt` },
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "here\n", flag);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
  assert.equal(permissionFlag("net", "huggingface.co:443"), "--allow-net=huggingface.co:443");
  assert.equal(permissionFlag("read", "/a,b"), "--allow-read");
  assert.equal(permissionFlag("read", "/a b"), '--allow-read="/a b"');
});
