/**
 * Python's `huggingface_hub` and this library on one cache: `deno task hub`. What one downloaded the other loads without
 * a network, and both at work at once fetch each file once. pip gets the library, once.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFile } from "../../src/io/folder/model_folder.ts";
import { ProgressReporter } from "../../src/io/folder/progress.ts";
import { listCache } from "../../src/io/local/hub/care/contents.ts";
import { verifyRepository } from "../../src/io/local/hub/care/verification.ts";
import { openHubFolder } from "../../src/io/local/hub/hub_folder.ts";
import { runDeno } from "../../tests/cli/processes.ts";
import { checkCache, COMMIT, ID, noise } from "../../tests/io/hub/hub_folders.ts";
import { TestHub } from "../../tests/io/hub/test_hub.ts";
import { inTemporaryFolder } from "../../tests/io/temporary.ts";

const LIBRARY = fileURLToPath(new URL("../../.deno/huggingface_hub", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));

const FILES = new Map([
  ["config.json", noise(300)],
  ["model.safetensors", noise(3_000_000, 2)],
  ["1_Pooling/config.json", noise(40, 3)],
]);

if (!await Deno.stat(LIBRARY).then(() => true, () => false)) {
  await new Deno.Command("pip3", { args: ["install", "--quiet", "--upgrade", "--target", LIBRARY, "-r", REQUIREMENTS] })
    .output().then(({ success, stderr }) => assert.ok(success, new TextDecoder().decode(stderr)));
}

/** Runs Python code that prints one JSON value. */
async function python(code: string, env: Record<string, string>): Promise<unknown> {
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-c", `import json\nfrom huggingface_hub import *\n${code}`],
    env: { PYTHONPATH: LIBRARY, HF_HUB_DISABLE_TELEMETRY: "1", HF_HUB_DISABLE_PROGRESS_BARS: "1", ...env },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What Python says of the files: the lengths and hashes of those that it finds, and the warnings of its own scan. */
const LOOK = `
import hashlib
def look(name):
    data = open(hf_hub_download("${ID}", name), "rb").read()
    return hashlib.sha256(data).hexdigest()
scan = scan_cache_dir()
print(json.dumps([{name: look(name) for name in ${JSON.stringify([...FILES.keys()])}},
  [str(warning) for warning in scan.warnings],
  [[repo.repo_id, repo.nb_files, sorted(ref for revision in repo.revisions for ref in revision.refs)] for repo in scan.repos]]))`;

async function expectedLook(): Promise<unknown> {
  const hashes: Record<string, string> = {};
  for (const [name, bytes] of FILES) {
    hashes[name] = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toHex();
  }
  return [hashes, [], [[ID, FILES.size, ["main"]]]];
}

/** Runs a test with a hub and a cache. */
function withBoth(run: (test: { hub: TestHub; cache: string; folder: string }) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, { commit: COMMIT, files: FILES });
    await run({ hub, cache: join(folder, "hub"), folder });
  });
}

async function load(hub: TestHub, cache: string): Promise<void> {
  const settings = { access: hub.access(), cache, offline: null };
  const folder = await openHubFolder(ID, { subfolder: "", progress: new ProgressReporter(ID, undefined) }, settings);
  assert.deepEqual(await readFile(folder, "config.json"), FILES.get("config.json"));
  assert.deepEqual(await readFile(folder, "model.safetensors"), FILES.get("model.safetensors"));
  assert.deepEqual(await readFile(folder.inside("1_Pooling"), "config.json"), FILES.get("1_Pooling/config.json"));
}

Deno.test("what Python downloaded is loaded without a request, listed and right", () =>
  withBoth(async ({ hub, cache, folder }) => {
    const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder };
    await python(
      `print(json.dumps([hf_hub_download("${ID}", name) for name in ${JSON.stringify([...FILES.keys()])}]))`,
      env,
    );
    hub.requests.length = 0;
    await load(hub, cache);
    assert.deepEqual(hub.taken(), []);
    await checkCache(cache);
    const [repository] = await listCache(cache);
    assert.deepEqual(repository!.commits.map(({ commit, revisions }) => [commit, revisions]), [[COMMIT, ["main"]]]);
    assert.deepEqual((await verifyRepository(repository!)).problems, []);
  }));

Deno.test("what was downloaded is there for Python without a network, and its scan has no complaint", () =>
  withBoth(async ({ hub, cache, folder }) => {
    await load(hub, cache);
    const found = await python(LOOK, { HF_HOME: folder, HF_HUB_OFFLINE: "1" });
    assert.deepEqual(found, await expectedLook());
    // With a network it asks, and downloads nothing.
    hub.requests.length = 0;
    assert.deepEqual(await python(LOOK, { HF_ENDPOINT: hub.endpoint, HF_HOME: folder }), await expectedLook());
    assert.deepEqual(hub.taken().filter((request) => request.includes(" GET ") && !request.includes("/api/")), []);
  }));

Deno.test("what a process without links downloaded is there for Python too", () =>
  withBoth(async ({ hub, cache, folder }) => {
    const script = join(folder, "load.ts");
    const module = new URL("../../src/io/folder/folder.ts", import.meta.url);
    await Deno.writeTextFile(
      script,
      `import { openFolder } from "${module}";
      const folder = await openFolder("${ID}", { cache_dir: "${cache}" });
      for (const name of ["config.json", "model.safetensors"]) await folder.find(name);
      await folder.inside("1_Pooling").find("config.json");`,
    );
    const permissions = [`--allow-read=${cache}`, `--allow-write=${cache}`, "--allow-net", "--allow-env=HF_ENDPOINT"];
    const { code, stderr } = await runDeno([...permissions, script], { env: { HF_ENDPOINT: hub.endpoint } });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(await python(LOOK, { HF_HOME: folder, HF_HUB_OFFLINE: "1" }), await expectedLook());
  }));

Deno.test("both at once on one cache fetch each file once, and both are right", () =>
  withBoth(async ({ hub, cache, folder }) => {
    hub.alter = ({ host }, reply) => {
      if (host === "cdn") reply.pace = { bytes: 1 << 16, milliseconds: 40 };
    };
    const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder };
    const names = JSON.stringify([...FILES.keys()]);
    const theirs = python(`print(json.dumps([hf_hub_download("${ID}", name) for name in ${names}]))`, env);
    // Python takes a while to start: ours begins when it is at work.
    while (!hub.requests.some(({ host }) => host === "cdn")) await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all([theirs, load(hub, cache)]);
    assert.equal(hub.requests.filter(({ host, method }) => host === "cdn" && method === "GET").length, 1);
    await checkCache(cache);

    // The other way round.
    await Deno.remove(cache, { recursive: true });
    hub.requests.length = 0;
    hub.alter = ({ host }, reply) => {
      if (host === "cdn") reply.pace = { bytes: 1 << 16, milliseconds: 60 };
    };
    await Promise.all([
      python(`print(json.dumps(hf_hub_download("${ID}", "model.safetensors")))`, env),
      load(hub, cache),
    ]);
    assert.equal(hub.requests.filter(({ host, method }) => host === "cdn" && method === "GET").length, 1);
    assert.deepEqual(await python(LOOK, { HF_HOME: folder, HF_HUB_OFFLINE: "1" }), await expectedLook());
    await checkCache(cache);
  }));
