/** Loading needs exactly the permissions that the documentation names. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { buildFloats } from "./build.ts";
import { inTemporaryFolder } from "./temporary.ts";

const HEAD = Object.entries({
  folder: "folder/folder",
  checkpoint: "checkpoint/open",
  safetensors: "safetensors/safetensors",
  onDisk: "folder/on_disk",
  training: "../train/checkpoint/folder",
})
  .map(([name, path]) =>
    `import * as ${name} from ${JSON.stringify(new URL(`../../src/io/${path}.ts`, import.meta.url).href)};`
  )
  .join("\n");

/** Runs code with some permissions only, in a process of its own, and returns what it prints. */
async function run(code: string, permissions: string[]): Promise<string> {
  const args = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-check", ...permissions, "-"];
  const command = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "piped" });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${HEAD}\n${code}`));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** Code that prints the value of the weight "w" of the checkpoint in `where`, or the error. */
const load = (where: string) => `
  try {
    const weights = await checkpoint.openCheckpoint(await folder.openFolder(${where}));
    console.log(weights.float32("w")[0]);
  } catch (error) {
    console.log(error.name + ": " + error.message);
  }`;

Deno.test("permissions: weights in memory need none", async () => {
  const bytes = `new Uint8Array([${buildFloats({ w: [42] })}])`;
  assert.equal(await run(load(`new Map([["model.safetensors", ${bytes}]])`), []), "42\n");
});

Deno.test("permissions: a local folder needs read of it; without, an error names the flag", () =>
  inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "model.safetensors"), buildFloats({ w: [42] }));
    const code = load(JSON.stringify(folder));
    assert.equal(await run(code, [`--allow-read=${folder}`]), "42\n");
    const lacking = `PermissionError: Deno may not read "${folder}": it takes --allow-read=${folder}\n`;
    assert.equal(await run(code, []), lacking);
    // What the flag of the message allows is enough.
    assert.equal(await run(code, [/--allow.*/.exec(lacking)![0]]), "42\n");
  }));

Deno.test("permissions: a URL needs net of its host", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response(new Uint8Array(buildFloats({ w: [42] })));
  });
  const host = `127.0.0.1:${server.addr.port}`;
  const code = load(JSON.stringify(`http://${host}/model`));
  assert.equal(await run(code, [`--allow-net=${host}`]), "42\n");
  assert.equal(await run(code, []), `PermissionError: Deno may not reach "${host}": it takes --allow-net=${host}\n`);
  await server.shutdown();
});

Deno.test("permissions: writing needs read and write of the folder, as renaming does", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.safetensors");
    const code = `await safetensors.writeSafetensors([], { path: ${JSON.stringify(path)} }); console.log("written");`;
    assert.equal(await run(code, [`--allow-read=${folder}`, `--allow-write=${folder}`]), "written\n");
    const lacking = `PermissionError: Cannot write ${
      JSON.stringify(path)
    }: it takes --allow-read=${folder} --allow-write=${folder}\n`;
    for (const permissions of [[], [`--allow-read=${folder}`], [`--allow-write=${folder}`]]) {
      const printed = await run(code, permissions);
      assert(printed.includes(lacking), printed);
    }
  }));

Deno.test("permissions: what saving lacks is told before anything is written", () =>
  inTemporaryFolder(async (folder) => {
    const [models, quoted] = [`${folder}/models`, `"${folder}/my models"`];
    const flags = (folder: string) => {
      const value = folder.includes(" ") ? `"${folder}"` : folder;
      return `it takes --allow-read=${value} --allow-write=${value}`;
    };
    const code = `
      const messageOf = (made) => made.catch(({ name, message }) => console.log(name + ": " + message));
      await messageOf(onDisk.saveFiles(${JSON.stringify(models)}, [["a", [new Uint8Array(1)]]]));
      await messageOf(onDisk.saveFiles(${quoted}, [["a", [new Uint8Array(1)]]]));
      await messageOf(training.CheckpointFolder.open(${JSON.stringify(models)}));`;
    const expected = [
      `Cannot save to "${models}": ${flags(models)}`,
      `Cannot save to ${quoted}: ${flags(JSON.parse(quoted))}`,
      `Cannot make the folder "${models}": ${flags(models)}`,
    ].map((message) => `PermissionError: ${message}\n`).join("");
    for (const permissions of [[], [`--allow-write=${folder}`]]) assert.equal(await run(code, permissions), expected);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    assert.equal(
      await run(code.split("\n").slice(0, 3).join("\n"), [`--allow-read=${models}`, `--allow-write=${models}`]),
      "",
    );
    assert.deepEqual([...Deno.readDirSync(models)].map(({ name }) => name), ["a"]);
  }));
