/** Lists of files and indices of shards, as a hub should not send them. */

import assert from "node:assert/strict";
import { openCheckpoint } from "../../../src/io/checkpoint/open.ts";
import { readFile } from "../../../src/io/folder/model_folder.ts";
import { ProgressReporter } from "../../../src/io/folder/progress.ts";
import { HubClient } from "../../../src/io/hub/hub_client.ts";
import { idProblem, isFilePath, isRevision } from "../../../src/io/hub/names.ts";
import { openHubRepository } from "../../../src/io/local/hub/hub_folder.ts";
import { COMMIT, ID, loadBoth, namesIn, noise, smallRepository, withHub } from "./hub_folders.ts";
import type { RawReply } from "./raw_server.ts";
import { error, page } from "./test_hub.ts";

const HOSTILE = [
  "",
  "../evil",
  "a/../../evil",
  "/etc/passwd",
  "//host/share",
  "\\\\host\\share",
  "C:\\evil",
  "C:evil",
  "a\\..\\..\\evil",
  "a/..",
  "a//b",
  "./a",
  "a/.",
  "a\0b",
  "a\nb",
  ".. /evil",
  "a/",
];

Deno.test("names of files are paths inside a folder on every system", () => {
  for (const name of HOSTILE) assert.equal(isFilePath(name), false, name);
  for (const name of ["a", "a/b/c.json", "a b.txt", "größe.txt", ".gitattributes", "..a"]) {
    assert.ok(isFilePath(name), name);
  }
});

Deno.test("revisions are branches, tags, commits and references", () => {
  for (const name of ["main", "v1.0", "dev/a", "refs/pr/12", COMMIT, "feature-x_y"]) assert.ok(isRevision(name), name);
  for (const name of [...HOSTILE, "a b", "a~1", "a^", "a?", "a*", "a[", "x".repeat(256)]) {
    assert.equal(isRevision(name), false, name);
  }
});

Deno.test("ids are those that Python's library takes", () => {
  for (const id of ["gpt2", "org/name", "A_b.c-d/x.y_z", "_a/b_", "1/2", "a".repeat(96)]) {
    assert.equal(idProblem(id), null, id);
  }
  for (
    const id of [
      "",
      "/",
      "a/",
      "/a",
      "a/b/c",
      ".a",
      "a.",
      "-a/b",
      "a/b-",
      "a--b",
      "a..b",
      "a.git",
      "ä",
      "a b",
      "a\n",
      "a".repeat(97),
    ]
  ) {
    assert.notEqual(idProblem(id), null, id);
  }
});

Deno.test("a list of several pages, with folders", () =>
  withHub(async ({ hub }) => {
    const names = Array.from({ length: 10 }, (_, i) => `d/${i}.bin`);
    const listed = [{ type: "directory", path: "d" }, ...names.map((path) => ({ type: "file", path, size: 1 }))];
    hub.repositories.set(ID, smallRepository({ listed }));
    assert.deepEqual(await Array.fromAsync(new HubClient(ID, hub.access()).list("main")), names);
    assert.equal(hub.requests.length, 4);
  }));

/** What is wrong with a list, what the hub answers, and the message's end. */
const LISTS: [name: string, change: (reply: RawReply, origin: string) => RawReply | void, message: RegExp][] = [
  [
    "a page of HTML",
    () => page("<html>"),
    /the answer is no list of files, but other text; a proxy or a login page may stand between$/,
  ],
  ["an object", (reply) => void (reply.body = text('{"a": 1}')), /the answer is no list of files$/],
  ["half a list", (reply) => void (reply.body = reply.body.subarray(0, 30)), /no list of files, but other text/],
  ["a connection that breaks off", (reply) => void (reply.cutAfter = 30), /broke off after 30 bytes/],
  [
    "an entry without a path",
    (reply) => void (reply.body = text('[{"type": "file"}]')),
    /an entry of the Hub's list has no path$/,
  ],
  ["a number as an entry", (reply) => void (reply.body = text("[1]")), /an entry of the Hub's list has no path$/],
  ["no UTF-8", (reply) => void (reply.body = new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d])), /no list of files/],
  ["500", () => error(500, ""), /answered 500/],
  ["no repository", () => error(404, "RepoNotFound"), /Cannot download "org\/model" .* has no repository of that name/],
  [
    "a next page on another host",
    (reply) => void (reply.headers["link"] = '<http://other.example/x>; rel="next"'),
    /the next page of its list must be on http:\/\/127\.0\.0\.1:\d+, got "http:\/\/other\.example"$/,
  ],
  [
    "a next page that is the first",
    (reply, origin) =>
      void (reply.headers["link"] = `<${origin}/api/models/org/model/tree/main?recursive=true>; rel="next"`),
    /leads back to itself$/,
  ],
];

function text(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

for (const [name, change, message] of LISTS) {
  Deno.test(`a list that is wrong: ${name}`, () =>
    withHub(async ({ hub }) => {
      hub.alter = (_, reply) => change(reply, hub.endpoint);
      const client = new HubClient(ID, hub.access({ token: "hf_secret" }));
      const error = await Array.fromAsync(client.list("main")).then(() => assert.fail(), (error) => error);
      assert.match(error.message, /^Cannot download (the files of )?"org\/model" from the Hugging Face Hub: /);
      assert.match(error.message, message);
      assert.doesNotMatch(Deno.inspect(error), /hf_secret/);
    }));
}

Deno.test("a page that fails in passing is asked for again; a list without end is refused", () =>
  withHub(async ({ hub }) => {
    const list = () => Array.fromAsync(new HubClient(ID, hub.access()).list("main"));
    for (let i = 0; i < 5; i++) hub.repositories.get(ID)!.files.set(`${i}.txt`, noise(i));
    const all = await list();
    hub.taken();
    const seen = new Set<string>();
    hub.alter = ({ path }) => seen.has(path) ? undefined : (seen.add(path), error(503, ""));
    assert.deepEqual(await list(), all);
    assert.equal(hub.taken().length, 2 * seen.size);
    let page = 0;
    hub.alter = (_, { headers }) => {
      const link = `<${hub.endpoint}/api/models/${ID}/tree/main?cursor=0&page=${page++}>; rel="next"`;
      return { status: 200, headers: { ...headers, link }, body: text("[]") };
    };
    await assert.rejects(list(), { message: /the Hub's list has more than 1000 pages$/ });
  }));

Deno.test("a list is not asked for offline, however much is in the cache", () =>
  withHub(async ({ hub, cache, open }) => {
    await loadBoth(await open());
    hub.requests.length = 0;
    const options = { refresh: true, subfolder: "", progress: new ProgressReporter(ID, undefined) };
    const offline = "local_files_only is set";
    const repository = await openHubRepository(ID, options, { access: hub.access(), cache, offline });
    await assert.rejects(repository.fetchAll(), {
      name: "CheckpointError",
      message: 'Cannot download the files of "org/model" from the Hugging Face Hub: only the Hub knows them all, and ' +
        offline,
    });
    assert.deepEqual(hub.taken(), []);
  }));

Deno.test("hostile names in a list are refused, whatever else is in it", () =>
  withHub(async ({ hub }) => {
    for (const path of HOSTILE) {
      hub.repositories.set(ID, smallRepository({ listed: [{ type: "file", path: "good" }, { type: "file", path }] }));
      await assert.rejects(Array.fromAsync(new HubClient(ID, hub.access()).list("main")), {
        name: "CheckpointError",
        message: /the Hub lists ".*", which is no path inside a folder$/s,
      });
    }
  }));

Deno.test("hostile names in an index of shards are refused, and nothing is asked for", () =>
  withHub(async ({ hub, cache, open }) => {
    for (const [i, path] of HOSTILE.entries()) {
      const index = text(JSON.stringify({ weight_map: { a: "model-1.safetensors", b: path } }));
      const commit = `${i}`.padStart(40, "0");
      hub.repositories.set(ID, { commit, files: new Map([["model.safetensors.index.json", index]]) });
      hub.requests.length = 0;
      await assert.rejects(openCheckpoint(await open({ revision: commit })), {
        name: "CheckpointError",
        message: /org\/model\/model\.safetensors\.index\.json": the file of tensor "b" must be a plain file name, got /,
      });
      assert.ok(hub.taken().every((request) => !/evil|passwd|model-1/.test(request)));
    }
    assert.deepEqual(await namesIn(cache), [".locks", "CACHEDIR.TAG", "models--org--model"]);
  }));

Deno.test("shards come several at once, each once; one that is missing is named", () =>
  withHub(async ({ hub, open }) => {
    const index = text(JSON.stringify({ weight_map: { a: "1.safetensors", b: "2.safetensors" } }));
    hub.repositories.set(ID, { commit: COMMIT, files: new Map([["model.safetensors.index.json", index]]) });
    await assert.rejects(openCheckpoint(await open()), {
      message: 'Cannot read "1.safetensors" in "org/model": there is no such file',
    });
    assert.equal(hub.taken().filter((request) => request === "hub HEAD 1.safetensors").length, 1);
  }));

Deno.test("a warm cache with a hub that is down: what nobody knows of is taken as absent, with one warning", () =>
  withHub(async ({ hub, open }) => {
    await loadBoth(await open());
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void warnings.push(text);
    try {
      hub.alter = () => error(503, "");
      hub.requests.length = 0;
      const folder = await open();
      await loadBoth(folder);
      assert.equal(await folder.find("tokenizer_config.json"), null);
      assert.equal(await folder.find("vocab.txt"), null);
      assert.match(
        folder.absence!,
        /^; the Hub could not be asked for it: Cannot download "tokenizer_config\.json" of .* answered 503/,
      );
      assert.deepEqual(hub.taken(), Array(3).fill("hub HEAD tokenizer_config.json"));
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0]!,
        /^narrowbert: Cannot download "tokenizer_config\.json" .* answered 503.*; it is taken as absent$/,
      );

      const moved = await open({ refresh: true });
      await loadBoth(moved);
      assert.match(warnings[1]!, /answered 503.*; the cache's copy of "org\/model" is used$/);
    } finally {
      console.warn = warn;
    }
    const offline = await open({ offline: "HF_HUB_OFFLINE is set" });
    hub.requests.length = 0;
    assert.equal(await offline.find("tokenizer_config.json"), null);
    assert.equal(offline.absence, "; it is not in the cache, and HF_HUB_OFFLINE is set");
    assert.equal(hub.requests.length, 0);
    assert.equal(noise(1).length, 1);
  }));

Deno.test("half a load, and a hub that is down for a moment: the next one goes on; down for ever: it says so", () =>
  withHub(async ({ hub, open }) => {
    await readFile(await open(), "config.json");
    let left = 2;
    hub.alter = ({ host, method }) => host === "hub" && method === "HEAD" && left-- > 0 ? error(503, "") : undefined;
    const { warn } = console;
    console.warn = () => {};
    try {
      await loadBoth(await open());
      left = Infinity;
      await assert.rejects(openCheckpoint((await open()).inside("other")), {
        name: "CheckpointError",
        message:
          /^Cannot load weights from "org\/model\/other": .*; the Hub could not be asked for it: .* answered 503/,
      });
    } finally {
      console.warn = warn;
    }
  }));
