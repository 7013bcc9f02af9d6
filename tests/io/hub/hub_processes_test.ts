/**
 * Several processes on one cache: killed at any moment, and at work at once. With `--long`, 20 kills in place of 4.
 * `deno task hub` has Python's library beside ours.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { kill9 } from "../../cli/processes.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { checkCache, COMMIT, ID, namesIn, noise } from "./hub_folders.ts";
import { TestHub } from "./test_hub.ts";

const KILLS = Deno.args.includes("--long") ? 20 : 4;

/** Bytes that may be on the way when a process is killed: buffers of both ends. */
const WINDOW = 1 << 20;

const FILES = new Map([["config.json", noise(300)], ["1.bin", noise(8_000_000, 3)], ["2.bin", noise(6_000_000, 4)]]);

/** Loads all files, several at once, as a process of its own. */
const LOAD = `
  import { openFolder } from "${new URL("../../../src/io/folder/folder.ts", import.meta.url)}";
  const folder = await openFolder("${ID}", { cache_dir: Deno.args[0] });
  await folder.find("config.json");
  folder.prepare([["1.bin"], ["2.bin"]]);
  for (const name of ["1.bin", "2.bin"]) console.log((await folder.find(name)).size);`;

/** Starts the process. */
function start(folder: string, hub: TestHub): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", join(folder, "load.ts"), join(folder, "cache")],
    env: { HF_ENDPOINT: hub.endpoint, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a test with a hub that sends slowly. */
function withSlowHub(run: (test: { hub: TestHub; folder: string; cache: string }) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, { commit: COMMIT, files: FILES });
    hub.alter = ({ host }, reply) => {
      if (host === "cdn") reply.pace = { bytes: 1 << 17, milliseconds: 10 };
    };
    await Deno.writeTextFile(join(folder, "load.ts"), LOAD);
    await run({ hub, folder, cache: join(folder, "cache") });
  });
}

Deno.test(`processes that are killed at ${KILLS} random moments never leave a wrong file, and the last goes on`, () =>
  withSlowHub(async ({ hub, folder, cache }) => {
    let kills = 0, resumed = 0, widest = 0;
    // Each request begins where the one before it ended, but for what was on the way.
    const checkRequests = () => {
      const requests = hub.requests.splice(0).filter(({ host }) => host === "cdn");
      for (const path of new Set(requests.map(({ path }) => path))) {
        let came = 0;
        for (const { headers, sent } of requests.filter((request) => request.path === path)) {
          const begin = Number(/^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1] ?? 0);
          assert.ok(begin >= came - WINDOW, `${path}: ${came} bytes had been sent, and it was asked from ${begin} on`);
          widest = Math.max(widest, came - begin);
          if (begin > 0) resumed++;
          came = begin + sent;
        }
      }
    };
    while (kills < KILLS) {
      const process = start(folder, hub);
      const output = process.output();
      // A process takes some time to start; then some 800 ms to download all.
      const timer = setTimeout(() => kill9(process), 200 + Math.random() * 700);
      const { signal } = await output;
      clearTimeout(timer);
      await checkCache(cache);
      if (signal === "SIGKILL") kills++;
      // All was there: from the beginning again.
      else if (kills < KILLS) {
        checkRequests();
        await Deno.remove(cache, { recursive: true });
      }
    }
    const { code, stdout, stderr } = await start(folder, hub).output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    assert.equal(new TextDecoder().decode(stdout), "8000000\n6000000\n");
    await checkCache(cache);
    for (const [name, bytes] of FILES) {
      assert.deepEqual(await Deno.readFile(join(cache, "models--org--model/snapshots", COMMIT, name)), bytes);
    }
    assert.deepEqual(
      (await namesIn(join(cache, "models--org--model/blobs"))).filter((name) => !/^[0-9a-f]+$/.test(name)),
      [],
    );
    checkRequests();
    console.log(`${kills} kills, ${resumed} downloads resumed, at most ${widest} bytes came twice`);
  }));

Deno.test("two processes at once fetch each file once", () =>
  withSlowHub(async ({ hub, folder, cache }) => {
    const outputs = await Promise.all([start(folder, hub), start(folder, hub)].map((process) => process.output()));
    for (const { code, stdout, stderr } of outputs) {
      assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
      assert.equal(new TextDecoder().decode(stdout), "8000000\n6000000\n");
    }
    await checkCache(cache);
    const fetched = hub.requests.filter(({ host, method }) => host === "cdn" && method === "GET");
    assert.equal(fetched.length, 2);
    assert.ok(fetched.every(({ headers }) => !headers.has("range")));
  }));

Deno.test("a process that is killed while another waits for its lock: the other goes on where it ended", () =>
  withSlowHub(async ({ hub, folder, cache }) => {
    const first = start(folder, hub);
    const ended = first.output();
    while (hub.requests.filter(({ host }) => host === "cdn").length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = start(folder, hub).output();
    await new Promise((resolve) => setTimeout(resolve, 400));
    first.kill("SIGKILL");
    await ended;
    const { code, stdout } = await second;
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stdout), "8000000\n6000000\n");
    await checkCache(cache);
  }));
