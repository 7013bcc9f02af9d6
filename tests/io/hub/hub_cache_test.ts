/** Caches that are damaged, cannot be written, or are full: one clear error, or a load that repairs them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readFile } from "../../../src/io/folder/model_folder.ts";
import { checkCache, COMMIT, ID, loadBoth, namesIn, noise, smallRepository, withHub } from "./hub_folders.ts";
import { etagOf, TestHub } from "./test_hub.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { runDeno } from "../../cli/processes.ts";

const LARGE = etagOf(noise(50_000, 2));

/** What happens to a warm cache, given its repository. */
const DAMAGES: [name: string, damage: (repository: string) => Promise<void>][] = [
  ["a link that leads nowhere", (repository) => Deno.remove(join(repository, "blobs", LARGE))],
  ["half a snapshot", (repository) => Deno.remove(join(repository, "snapshots", COMMIT, "model.safetensors"))],
  ["no snapshot, but a ref", (repository) => Deno.remove(join(repository, "snapshots"), { recursive: true })],
  ["a ref that is no commit", (repository) => Deno.writeTextFile(join(repository, "refs/main"), "what?\n")],
  ["an empty ref", (repository) => Deno.writeTextFile(join(repository, "refs/main"), "")],
  [
    "a ref to a commit that is not there",
    (repository) => Deno.writeTextFile(join(repository, "refs/main"), "f".repeat(40)),
  ],
  ["a ref with a newline", (repository) => Deno.writeTextFile(join(repository, "refs/main"), `${COMMIT}\n`)],
  ["a folder in place of a ref", async (repository) => {
    await Deno.remove(join(repository, "refs/main"));
    await Deno.mkdir(join(repository, "refs/main"));
  }],
  ["a link that leads to itself", async (repository) => {
    const path = join(repository, "snapshots", COMMIT, "model.safetensors");
    await Deno.remove(path);
    await Deno.symlink("model.safetensors", path);
  }],
  ["a blob that was cut short, without its link", async (repository) => {
    await Deno.truncate(join(repository, "blobs", LARGE), 100);
    await Deno.remove(join(repository, "snapshots", COMMIT, "model.safetensors"));
  }],
  ["wrong parts of a blob", async (repository) => {
    await Deno.remove(join(repository, "blobs", LARGE));
    await Deno.writeFile(join(repository, "blobs", `${LARGE}.00000000.incomplete`), noise(30_000, 77));
    await Deno.writeFile(join(repository, "blobs", `${LARGE}.00000001.incomplete`), noise(20_000, 78));
  }],
  ["a whole part, and one that is too long", async (repository) => {
    await Deno.rename(join(repository, "blobs", LARGE), join(repository, "blobs", `${LARGE}.0000000a.incomplete`));
    await Deno.writeFile(join(repository, "blobs", `${LARGE}.00000001.incomplete`), noise(60_000, 78));
  }],
  ["no blobs, but files in place of links", async (repository) => {
    for (const [name, bytes] of smallRepository().files) {
      const path = join(repository, "snapshots", COMMIT, name);
      await Deno.remove(path);
      await Deno.writeFile(path, bytes);
    }
    await Deno.remove(join(repository, "blobs"), { recursive: true });
  }],
  ["locks that nobody holds", async (repository) => {
    await Deno.remove(join(repository, "snapshots"), { recursive: true });
  }],
];

for (const [name, damage] of DAMAGES) {
  Deno.test(`a damaged cache is repaired by the next load: ${name}`, () =>
    withHub(async ({ cache, open }) => {
      await loadBoth(await open());
      await damage(join(cache, "models--org--model"));
      await loadBoth(await open());
      await checkCache(cache);
      await loadBoth(await open({ offline: "local_files_only is set" })).catch((error) => {
        // A ref that cannot be written is asked for at each load; all else is whole.
        assert.equal(name, "a folder in place of a ref", error.message);
      });
    }));
}

/** What stands in the way of a cold load; the message's end. */
const OBSTACLES: [name: string, build: (cache: string) => Promise<void>, message: RegExp][] = [
  [
    "the cache is a file",
    (cache) => Deno.writeTextFile(cache, ""),
    /^the cache ".*" cannot be written: Not a directory|File exists/,
  ],
  ["the repository is a file", async (cache) => {
    await Deno.mkdir(cache);
    await Deno.writeTextFile(join(cache, "models--org--model"), "");
  }, /^the cache ".*" cannot be written: .+/],
  ["the folder of blobs is a file", async (cache) => {
    await Deno.mkdir(join(cache, "models--org--model"), { recursive: true });
    await Deno.writeTextFile(join(cache, "models--org--model/blobs"), "");
  }, /^the cache ".*" cannot be written: .+/],
  ["the folder of snapshots is a file", async (cache) => {
    await Deno.mkdir(join(cache, "models--org--model"), { recursive: true });
    await Deno.writeTextFile(join(cache, "models--org--model/snapshots"), "");
  }, /^the cache ".*" cannot be written: .+/],
  ["a lock is a folder", async (cache) => {
    await Deno.mkdir(join(cache, ".locks/models--org--model", `${etagOf(noise(300))}.lock`), { recursive: true });
  }, /^the cache ".*" cannot be written: .+/],
];

for (const [name, build, message] of OBSTACLES) {
  Deno.test(`a cache that cannot be written is one clear error: ${name}`, () =>
    withHub(async ({ cache, open }) => {
      await build(cache);
      const error = await readFile(await open(), "config.json").then(() => assert.fail("it loads"), (error) => error);
      const start = 'Cannot download "config.json" of "org/model" from the Hugging Face Hub: ';
      assert.equal(error.name, "CheckpointError", error.stack);
      assert.ok(error.message.startsWith(start), error.message);
      assert.match(error.message.slice(start.length), message);
      await Deno.remove(cache, { recursive: true });
      await loadBoth(await open());
      await checkCache(cache);
    }));
}

/** A script that loads both files of a repository. */
const LOAD = `
  import { openFolder } from "${new URL("../../../src/io/folder/folder.ts", import.meta.url)}";
  const folder = await openFolder("${ID}", { cache_dir: Deno.args[0] });
  for (const name of ["config.json", "model.safetensors"]) {
    try {
      console.log((await folder.find(name)).size);
    } catch (error) {
      console.log(error.name + ": " + error.message);
      break;
    }
  }`;

/** Runs it by a shell, after other commands. */
async function loadAfter(shell: string, { hub, folder }: { hub: TestHub; folder: string }): Promise<string> {
  const script = join(folder, "load.ts");
  await Deno.writeTextFile(script, LOAD);
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      `${shell}; exec "$0" run --no-prompt --allow-read --allow-write --allow-net --allow-env "$@"`,
      Deno.execPath(),
      script,
      join(folder, "cache"),
    ],
    env: { HF_ENDPOINT: hub.endpoint, NO_COLOR: "1" },
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

Deno.test("a full disk is one clear error; what came is kept, and gone on with", () =>
  inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    // A limit for files stands for the disk: 512 bytes a block, beyond which a write fails.
    hub.repositories.set(ID, {
      commit: COMMIT,
      files: new Map([["config.json", noise(300)], ["model.safetensors", noise(6_000_000, 4)]]),
    });
    const stdout = await loadAfter("trap '' XFSZ; ulimit -f 8192", { hub, folder });
    assert.match(
      stdout,
      /^300\nCheckpointError: Cannot download "model\.safetensors" of "org\/model" from the Hugging Face Hub: the cache ".*" cannot be written: File too large \(os error 27\)\n$/,
    );
    const cache = join(folder, "cache");
    await checkCache(cache);
    const [part] = (await namesIn(join(cache, "models--org--model/blobs"))).filter((name) =>
      name.endsWith(".incomplete")
    );
    const { size } = await Deno.stat(join(cache, "models--org--model/blobs", part!));
    assert.equal(size, 8192 * 512);
    assert.equal(await loadAfter(":", { hub, folder }), "300\n6000000\n");
    assert.equal(hub.requests.findLast(({ host }) => host === "cdn")!.headers.get("range"), `bytes=${size}-`);
    await checkCache(cache);
  }));

Deno.test("blobs get the permissions that the umask leaves, so that others may share the cache", () =>
  inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, smallRepository());
    assert.equal(await loadAfter("umask 002", { hub, folder }), "300\n50000\n");
    const cache = join(folder, "cache");
    const modeOf = async (path: string) => ((await Deno.stat(join(cache, path))).mode! & 0o777).toString(8);
    assert.equal(await modeOf(`models--org--model/blobs/${LARGE}`), "664");
    assert.equal(await modeOf(`.locks/models--org--model/${LARGE}.lock`), "664");
    assert.equal(await modeOf("models--org--model/blobs"), "775");
  }));

Deno.test("with writing permitted in the cache alone, links are second names of the blobs", () =>
  inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, smallRepository());
    const [script, cache] = [join(folder, "load.ts"), join(folder, "cache")];
    await Deno.writeTextFile(script, LOAD);
    const permissions = [`--allow-read=${cache}`, `--allow-write=${cache}`, "--allow-net", "--allow-env=HF_ENDPOINT"];
    for (let times = 0; times < 2; times++) {
      const { stdout, stderr } = await runDeno([...permissions, script, cache], { env: { HF_ENDPOINT: hub.endpoint } });
      assert.deepEqual([stdout, stderr], ["300\n50000\n", ""]);
    }
    assert.equal(hub.requests.filter(({ host }) => host === "cdn").length, 1);
    const file = await Deno.stat(join(cache, "models--org--model/snapshots", COMMIT, "model.safetensors"));
    assert.equal(file.ino, (await Deno.stat(join(cache, "models--org--model/blobs", LARGE))).ino);
    await checkCache(cache);
  }));
