/** Repositories of the Hub and their cache, when all goes well; `hub_faults_test.ts` has the rest. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readFile } from "../../../src/io/folder/model_folder.ts";
import { type ProgressInfo, ProgressReporter } from "../../../src/io/folder/progress.ts";
import { openFolder } from "../../../src/io/folder/folder.ts";
import { checkCache, COMMIT, ID, loadBoth, namesIn, noise, smallRepository, withHub } from "./hub_folders.ts";
import { etagOf } from "./test_hub.ts";

Deno.test("a cold load asks for each file once, keeps what Python's library would, and a warm one asks nothing", () =>
  withHub(async ({ hub, cache, open }) => {
    const folder = await open();
    assert.equal(folder.location, ID);
    await loadBoth(folder);
    assert.equal(await folder.find("none.json"), null);
    assert.deepEqual(hub.taken(), [
      "hub HEAD config.json",
      "hub GET config.json",
      "hub HEAD model.safetensors",
      "hub GET model.safetensors",
      `cdn GET /${etagOf(noise(50_000, 2))}?signature=secret-of-the-cdn`,
      "hub HEAD none.json",
    ]);
    await checkCache(cache);
    const repository = join(cache, "models--org--model");
    assert.equal(await Deno.readTextFile(join(repository, "refs/main")), COMMIT);
    for (const [name, bytes] of smallRepository().files) {
      assert.equal(await Deno.readLink(join(repository, "snapshots", COMMIT, name)), `../../blobs/${etagOf(bytes)}`);
    }
    assert.deepEqual(
      await namesIn(join(repository, "blobs")),
      [...smallRepository().files.values()].map(etagOf).sort(),
    );
    assert.deepEqual(await namesIn(join(repository, ".no_exist", COMMIT)), ["none.json"]);
    assert.match(
      await Deno.readTextFile(join(cache, "CACHEDIR.TAG")),
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
    const locks = [...smallRepository().files.values()].map((bytes) => `${etagOf(bytes)}.lock`).sort();
    assert.deepEqual(await namesIn(join(cache, ".locks/models--org--model")), locks);

    for (const offline of [undefined, "local_files_only is set"]) {
      const warm = await open({ offline });
      await loadBoth(warm);
      assert.equal(await warm.find("none.json"), null);
    }
    assert.deepEqual(hub.taken(), []);
  }));

Deno.test("files that are prepared come several at once, and each once; the first of each choice", () =>
  withHub(async ({ hub, open }) => {
    const files = new Map(Array.from({ length: 8 }, (_, i) => [`${i}.bin`, noise(5000 + i, i)]));
    hub.repositories.set(ID, { commit: COMMIT, files: new Map([["config.json", noise(9)], ...files]) });
    let running = 0, most = 0;
    hub.alter = async ({ host }) => {
      if (host !== "cdn") return;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running--;
    };
    const folder = await open();
    await readFile(folder, "config.json");
    folder.prepare!([["none.bin", "0.bin", "never.bin"], ...[...files.keys()].map((name) => [name])]);
    for (const [name, bytes] of files) assert.deepEqual(await readFile(folder, name), bytes);
    const heads = hub.requests.filter(({ method }) => method === "HEAD").map(({ path }) => path);
    assert.equal(heads.length, new Set(heads).size);
    assert.equal(hub.requests.filter(({ host }) => host === "cdn").length, 8);
    assert.ok(heads.every((path) => !path.includes("never")));
    assert.ok(most >= 2 && most <= 4, `${most} at once`);
  }));

Deno.test("all files of a load are of one commit, though the branch moves meanwhile", () =>
  withHub(async ({ hub, open }) => {
    const repository = hub.repositories.get(ID)!;
    const folder = await open();
    await readFile(folder, "config.json");
    repository.revisions = { old: COMMIT };
    repository.commit = "b".repeat(40);
    await readFile(folder, "model.safetensors");
    assert.ok(hub.requests.slice(2).every(({ path, host }) => host === "cdn" || path.includes(COMMIT)));
  }));

Deno.test("revisions: branches with slashes, whole commits, and a branch that has moved", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.repositories.get(ID)!.revisions = { "dev/a": "c".repeat(40), "refs/pr/1": "d".repeat(40) };
    for (const [revision, commit] of [["dev/a", "c".repeat(40)], ["refs/pr/1", "d".repeat(40)]] as const) {
      await loadBoth(await open({ revision }));
      assert.equal(await Deno.readTextFile(join(cache, "models--org--model/refs", revision)), commit);
    }
    assert.ok(hub.requests.some(({ path }) => path.includes("/resolve/dev%2Fa/config.json")));
    await loadBoth(await open({ revision: "c".repeat(40) }));
    hub.requests.length = 0;
    await loadBoth(await open({ revision: "c".repeat(40), access: { endpoint: "http://127.0.0.1:1" } }));
    assert.deepEqual(hub.taken(), []);

    hub.repositories.get(ID)!.revisions = { "dev/a": "e".repeat(40) };
    hub.repositories.get(ID)!.files.set("config.json", noise(301));
    assert.deepEqual(await readFile(await open({ revision: "dev/a" }), "config.json"), noise(300)); // as it was cached
    assert.deepEqual(await readFile(await open({ revision: "dev/a", refresh: true }), "config.json"), noise(301));
    assert.deepEqual(await readFile(await open({ revision: "dev/a" }), "config.json"), noise(301));
    await checkCache(cache);
  }));

Deno.test("subfolders, odd names, and folders inside", () =>
  withHub(async ({ hub, cache, open }) => {
    const odd = "a+b #1?%.json";
    hub.repositories.get(ID)!.files.set("a b/c/config.json", noise(20, 7)).set(`a b/${odd}`, noise(21, 8));
    const folder = await open({ subfolder: "a b" });
    assert.deepEqual(await readFile(folder, odd), noise(21, 8));
    assert.deepEqual(await readFile(folder.inside("c"), "config.json"), noise(20, 7));
    assert.equal(folder.inside("c").location, "org/model/a b/c");
    const link = join(cache, "models--org--model/snapshots", COMMIT, "a b/c/config.json");
    assert.equal(await Deno.readLink(link), `../../../../blobs/${etagOf(noise(20, 7))}`);
    await assert.rejects(readFile(folder, "../config.json"), { message: /must be a plain file name/ });
  }));

Deno.test("tokens: private and gated repositories; a token goes to the hub alone", () =>
  withHub(async ({ hub, open }) => {
    hub.repositories.set("org/private", smallRepository({ token: "hf_secret" }));
    hub.repositories.set("org/gated", smallRepository({ gate: "hf_secret" }));
    const access = { token: "hf_secret" };
    for (const id of ["org/private", "org/gated"]) await loadBoth(await open({ id, access }));
    for (const { host, headers } of hub.requests) {
      assert.equal(headers.get("authorization"), host === "hub" ? "Bearer hf_secret" : null);
    }
  }));

Deno.test("a repository that was renamed is cached under the name that was asked for", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.repositories.set("old", smallRepository({ renamed: ID }));
    await loadBoth(await open({ id: "old" }));
    await checkCache(cache, "models--old");
    assert.deepEqual(await namesIn(cache), [".locks", "CACHEDIR.TAG", "models--old"]);
  }));

Deno.test("text that the hub sends packed, and an ETag that is weak", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.alter = async ({ path, method }, reply) => {
      if (!path.endsWith("config.json")) return;
      reply.headers["etag"] = `W/${reply.headers["etag"]}`;
      reply.headers["content-encoding"] = "gzip";
      const packed = new Response(reply.body as Uint8Array<ArrayBuffer>).body!.pipeThrough(
        new CompressionStream("gzip"),
      );
      reply.body = await new Response(packed).bytes();
      if (method === "HEAD") reply.headers["content-length"] = "";
    };
    await loadBoth(await open());
    await checkCache(cache);
  }));

Deno.test("progress: each file begins, goes on and is done once", () =>
  withHub(async ({ open }) => {
    for (const isCold of [true, false]) {
      const events: ProgressInfo[] = [];
      const progress = new ProgressReporter(ID, (event) => events.push(event));
      const folder = await open({ progress });
      await loadBoth(folder);
      await loadBoth(folder);
      for (const status of ["initiate", "download", "done"] as const) {
        const files = events.flatMap((event) => event.status === status ? [event.file] : []);
        assert.deepEqual(files, ["config.json", "model.safetensors"], `${status}, cold: ${isCold}`);
      }
      const last = events.findLast(({ status }) => status === "progress_total");
      assert.deepEqual(last, { status: "progress_total", name: ID, progress: 100, loaded: 50_300, total: 50_300 });
    }
  }));

Deno.test("a callback that throws ends the load, and leaves no answer open", () =>
  withHub(async ({ open }) => {
    const progress = new ProgressReporter(ID, ({ status }) => {
      if (status === "progress") throw new Error("enough");
    });
    const folder = await open({ progress });
    for (const name of ["config.json", "model.safetensors"]) {
      await assert.rejects(folder.find(name), { message: "enough" });
    }
  }));

Deno.test("the files that a dead process left are gone on with by range", () =>
  withHub(async ({ hub, cache, open }) => {
    const bytes = noise(50_000, 2);
    const blobs = join(cache, "models--org--model/blobs");
    await Deno.mkdir(blobs, { recursive: true });
    await Deno.writeFile(join(blobs, `${etagOf(bytes)}.0123abcd.incomplete`), bytes.subarray(0, 30_000));
    await Deno.writeFile(join(blobs, `${etagOf(bytes)}.89abcdef.incomplete`), bytes.subarray(0, 10_000));
    await loadBoth(await open());
    const ranges = hub.requests.filter(({ host }) => host === "cdn").map(({ headers }) => headers.get("range"));
    assert.deepEqual(ranges, ["bytes=30000-"]);
    await checkCache(cache);
  }));

Deno.test("a blob may be a link to the store that repositories share; it is read, and never written through", () =>
  withHub(async ({ cache, open, hub }) => {
    const bytes = noise(50_000, 2);
    const repository = join(cache, "models--org--model");
    const shared = join(cache, "blobs/ab/abcdef");
    await Deno.mkdir(join(cache, "blobs/ab"), { recursive: true });
    await Deno.mkdir(join(repository, "blobs"), { recursive: true });
    await Deno.writeFile(shared, bytes);
    await Deno.symlink("../../blobs/ab/abcdef", join(repository, "blobs", etagOf(bytes)));
    await loadBoth(await open());
    assert.equal(hub.requests.filter(({ host }) => host === "cdn").length, 0);
    // One that is damaged is replaced in this repository alone.
    await Deno.writeFile(shared, bytes.subarray(1));
    await Deno.remove(join(repository, "snapshots", COMMIT, "model.safetensors"));
    await loadBoth(await open());
    assert.equal((await Deno.readFile(shared)).byteLength, 49_999);
    await checkCache(cache);
    // The folder of a commit can be opened as any other.
    const opened = await openFolder(join(repository, "snapshots", COMMIT));
    await loadBoth(opened);
  }));

Deno.test("a load that is aborted ends at once, and what came is kept", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.alter = ({ host }, reply) => {
      if (host === "cdn" && reply.status === 200) reply.stallAfter = 20_000;
    };
    const controller = new AbortController();
    const progress = new ProgressReporter(ID, (event) => {
      if (event.status === "progress" && event.loaded === 20_000) controller.abort(new Error("enough"));
    });
    const folder = await open({ signal: controller.signal, progress });
    await assert.rejects(loadBoth(folder), { message: "enough" });
    hub.requests.length = 0;
    await loadBoth(await open());
    assert.equal(hub.requests.find(({ host }) => host === "cdn")!.headers.get("range"), "bytes=20000-");
    await checkCache(cache);
  }));

Deno.test("small files may be on another address of the hub, which tells their ETag itself", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.alter = ({ path, method }, reply) => {
      const file = smallRepository().files.get("config.json")!;
      if (path.startsWith("/api/resolve-cache/")) {
        const headers = { "x-repo-commit": COMMIT, etag: `"${etagOf(file)}"` };
        return { status: 200, headers, body: file };
      }
      if (!path.endsWith("/config.json")) return;
      const headers: Record<string, string> = {
        "x-repo-commit": COMMIT,
        location: `/api/resolve-cache/${method}?x=%22`,
      };
      return { ...reply, status: 307, headers, body: new Uint8Array() };
    };
    await loadBoth(await open());
    await checkCache(cache);
  }));

Deno.test("two loads at once in one process fetch each file once", () =>
  withHub(async ({ hub, cache, open }) => {
    hub.alter = ({ host }, reply) => {
      if (host === "cdn") reply.pace = { bytes: 5000, milliseconds: 5 };
    };
    await Promise.all([open(), open(), open()].map(async (folder) => await loadBoth(await folder)));
    assert.equal(hub.requests.filter(({ host }) => host === "cdn").length, 1);
    await checkCache(cache);
  }));

Deno.test("a revision that is no name of one is refused before anything is asked for", () =>
  withHub(async ({ hub, open }) => {
    for (const revision of ["", "..", "a/../b", "/a", "a b", "C:\\x"]) {
      await assert.rejects(open({ revision }), { message: /revision must be a branch, a tag or a commit, got / });
    }
    assert.equal(hub.requests.length, 0);
  }));
