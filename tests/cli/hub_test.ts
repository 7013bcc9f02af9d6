/** Hub ids on the command line and in scripts: by processes with the documented permissions, against a hub of the test. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../src/cli/main.ts";
import { checkCache, COMMIT, ID, namesIn, noise, smallRepository } from "../io/hub/hub_folders.ts";
import { shippedRepository } from "../io/hub/shipped_repository.ts";
import { etagOf, TestHub } from "../io/hub/test_hub.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { type Finished, runDeno } from "./processes.ts";
import { MemoryTerminal, narrowbert, narrowbertJson } from "./terminals.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = new URL("src/cli/main.ts", ROOT).href;
const VARIABLES = "HF_ENDPOINT,HF_HOME,HF_HUB_CACHE,HF_TOKEN,HF_HUB_OFFLINE";

/** A process that uses a hub and a cache. */
interface HubProcess {
  readonly hub: TestHub;
  readonly cache: string;
  /** Runs a command line with the permissions that are documented for it, and others of the environment. */
  run(args: string[], options?: { env?: Record<string, string>; permissions?: string[] }): Promise<Finished>;
}

function withProcesses(run: (process: HubProcess) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, await shippedRepository());
    const cache = join(folder, "hub");
    const documented = ["--allow-read", `--allow-write=${cache}`, "--allow-net", `--allow-env=${VARIABLES}`];
    await run({
      hub,
      cache,
      run: (args, { env = {}, permissions = documented } = {}) =>
        runDeno([...permissions, MAIN, ...args], { env: { HF_ENDPOINT: hub.endpoint, HF_HOME: folder, ...env } }),
    });
  });
}

Deno.test("a command takes a Hub id: it downloads what it needs, and then needs no network", () =>
  withProcesses(async ({ hub, cache, run }) => {
    const texts = ["fill-mask", "--model", ID, "--jsonl", "a large [MASK] with a long neck"];
    const cold = await run(texts);
    assert.deepEqual([cold.code, cold.stderr], [0, ""]);
    assert.equal(JSON.parse(cold.stdout).masks[0][0].token_str, "head");
    const asked = hub.taken();
    assert.ok(asked.every((request) => !/pytorch_model|vocab|README/.test(request)), asked.join("\n"));
    assert.equal(asked.filter((request) => request.startsWith("hub GET")).length, 4);
    await checkCache(cache);

    const warm = await run(texts, { permissions: ["--allow-read", `--allow-env=${VARIABLES}`] });
    assert.deepEqual(warm, cold);
    const offline = await run(texts, { env: { HF_HUB_OFFLINE: "1" } });
    assert.deepEqual(offline, cold);
    assert.deepEqual(hub.taken(), []);
    const info = await run(["info", "--model", ID, "--json", "--local-files-only"]);
    assert.equal(JSON.parse(info.stdout).model, ID);
    assert.deepEqual(hub.taken(), []);
  }));

Deno.test("a script with read and write of the cache, net and the variables alone loads a Hub id", () =>
  withProcesses(async ({ hub, cache }) => {
    await inTemporaryFolder(async (folder) => {
      const script = join(folder, "script.ts");
      const module = new URL("mod.ts", ROOT).href;
      await Deno.writeTextFile(
        script,
        `import { AutoTokenizer, NarrowBertConfig } from "${module}";
        const tokenizer = await AutoTokenizer.from_pretrained("${ID}");
        const config = await NarrowBertConfig.from_pretrained("${ID}", { revision: "main" });
        console.log(tokenizer.encode("a large [MASK]").join(), config.hidden_size);`,
      );
      const permissions = [
        `--allow-read=${cache}`,
        `--allow-write=${cache}`,
        "--allow-net",
        `--allow-env=${VARIABLES}`,
      ];
      const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache };
      const { code, stdout, stderr } = await runDeno([...permissions, script], { env });
      assert.deepEqual([code, stdout, stderr], [0, "2,40,389,4,3 128\n", ""]);

      const refused = await runDeno([`--allow-read=${cache}`, "--allow-net", `--allow-env=${VARIABLES}`, script], {
        env: { ...env, HF_HUB_CACHE: join(cache, "other") },
      });
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /Cannot download "tokenizer_config\.json" of "org\/model" into the cache: it takes --allow-read=.*other --allow-write=/,
      );
      const alone = await runDeno([script], { env });
      assert.match(
        alone.stderr,
        /PermissionError: Deno may not read "org\/model": it takes --allow-read=org\/model if it is a folder; a model of the Hub takes --allow-env=HF_HOME,HOME, --allow-net,/,
      );
    });
  }));

Deno.test("download brings what a load needs, or all of many pages, and asks anew where a branch is", () =>
  withProcesses(async ({ hub, cache, run }) => {
    const found = JSON.parse((await run(["download", ID, "--json"])).stdout);
    const { files } = await shippedRepository();
    const path = join(cache, "models--org--model/snapshots", COMMIT);
    assert.equal(found.path, path);
    assert.deepEqual(found.files, ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]);
    assert.equal(found.bytes, found.files.reduce((sum: number, name: string) => sum + files.get(name)!.length, 0));
    assert.equal((await run(["cache", "path", ID])).stdout, `${path}\n`);

    hub.requests.length = 0;
    const all = JSON.parse((await run(["download", ID, "--all", "--json"])).stdout);
    assert.deepEqual(all.files, [...files.keys()].sort());
    assert.deepEqual(await namesIn(path), [...files.keys()].sort());
    const pages = hub.requests.filter(({ path }) => path.startsWith("/api/"));
    assert.equal(pages.length, Math.ceil(files.size / 3));
    assert.ok(!hub.taken().includes("hub GET model.safetensors"));

    hub.repositories.get(ID)!.commit = "b".repeat(40);
    const { stdout } = await run(["download", ID]);
    assert.match(stdout, /^folder .*\/bbbbbbb/);
    assert.equal(hub.taken().filter((request) => request.includes(" GET ")).length, 0);
    const offline = await run(["download", ID, "--json"], { env: { HF_HUB_OFFLINE: "yes" } });
    assert.equal(JSON.parse(offline.stdout).commit, "b".repeat(40));
    await checkCache(cache);
  }));

Deno.test("what cannot be downloaded is one line, which names it and no token", () =>
  withProcesses(async ({ hub, run }) => {
    hub.repositories.set("org/private", smallRepository({ token: "hf_right" }));
    const wrong: [args: string[], message: RegExp][] = [
      [
        ["info", "--model", "org/none"],
        /^narrowbert: Cannot download "org\/none" from .* has no repository of that name, or it is private, and needs a token \(HF_TOKEN\); nor is there such a folder here$/,
      ],
      [["info", "--model", ID, "--revision", "v9"], /has no revision "v9"$/],
      [
        ["info", "--model", ID, "--revision", "a..b c"],
        /revision must be a branch, a tag or a commit, got "a\.\.b c"$/,
      ],
      [
        ["info", "--model", "org/na me"],
        /no such folder; as an id of the Hugging Face Hub it is wrong: its names are of/,
      ],
      [["info", "--model", "org/private"], /needs a token/],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(stderr.trim().split("\n").length, 1);
      assert.match(stderr.trim(), message);
    }
    const { stderr } = await run(["info", "--model", "org/private"], { env: { HF_TOKEN: "hf_wrong" } });
    assert.match(stderr, /or the token may not read it/);
    assert.doesNotMatch(stderr, /hf_wrong/);
    const { stderr: broken } = await run(["info", "--model", "org/private"], { env: { HF_TOKEN: "hf_a b" } });
    assert.equal(broken, "narrowbert: Cannot use the token of HF_TOKEN: it must be one word of ASCII characters\n");
    const { stderr: endpoint } = await run(["info", "--model", "a"], { env: { HF_ENDPOINT: "ftp://me:secret@host" } });
    assert.match(endpoint, /"ftp:\/\/host" \(HF_ENDPOINT\): it must be an http: or https: URL/);
  }));

Deno.test("cache: list, path, verify and remove", () =>
  inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, await shippedRepository());
    const dir = ["--cache-dir", folder];
    assert.deepEqual(await narrowbertJson(["cache", "list", "--json", ...dir]), { cache: folder, repositories: [] });
    const env = { HF_ENDPOINT: hub.endpoint };
    const permissions = ["--allow-read", "--allow-write", "--allow-net", `--allow-env=${VARIABLES}`];
    for (const revision of ["main", "old"]) {
      hub.repositories.get(ID)!.revisions = { old: "c".repeat(40) };
      if (revision === "old") hub.repositories.get(ID)!.files.set("config.json", noise(0)).set("vocab.txt", noise(77));
      await runDeno([...permissions, MAIN, "download", ID, "--all", ...dir, "--revision", revision], { env });
    }
    const repository = join(folder, "models--org--model");
    const half = `${etagOf(noise(9))}.01234567.incomplete`;
    await Deno.writeFile(join(repository, "blobs", half), noise(2048));

    const { repositories: [first] } = await narrowbertJson<
      { repositories: { commits: { revisions: string[] }[]; size: number; partial: number }[] }
    >(
      ["cache", "list", "--json", ...dir],
    );
    assert.deepEqual(first!.commits.map(({ revisions }) => revisions), [["main"], ["old"]]);
    const blobs = await Array.fromAsync(Deno.readDir(join(repository, "blobs")), ({ name }) =>
      Deno.stat(join(repository, "blobs", name)));
    assert.equal(
      first!.size,
      blobs.reduce((sum, { size }) =>
        sum + size, 0),
    );
    assert.equal(first!.partial, 2048);
    const { stdout } = await narrowbert(["cache", "list", ID, ...dir]);
    assert.match(stdout, /^org\/model +\d\.\d MiB \(2\.0 KiB not to its end\) +2 +just now +just now +main, old$/m);
    assert.match(stdout, /^ {2}aaaaaaaa\/model\.safetensors +\d\.\d MiB$/m);

    assert.equal(
      (await narrowbert(["cache", "path", ID, "--revision", "old", ...dir])).stdout,
      `${repository}/snapshots/${"c".repeat(40)}\n`,
    );
    assert.match((await narrowbert(["cache", "verify", ...dir])).stdout, /^\d+ files, \d\.\d MiB +all right\n$/);
    const gone = join(folder, ".removed-interrupted/blobs");
    await Deno.mkdir(gone, { recursive: true });
    await Deno.writeFile(join(gone, half), noise(1024));
    assert.match(
      (await narrowbert(["cache", "remove", "--partial", ...dir])).stdout,
      /^removed what was half downloaded +3\.0 KiB are free\n$/,
    );

    const color = { columns: 20, color: false };
    for (const [statusStyle, expected] of [[null, []], [color, ["verifying org/model"]]] as const) {
      const terminal = new MemoryTerminal();
      terminal.statusStyle = statusStyle;
      assert.equal(await main(["cache", "verify", ...dir], terminal), 0);
      assert.deepEqual(terminal.statuses.filter((line) => line !== ""), expected);
    }

    // A wrong bit and a broken link are found, and what is wrong is downloaded again.
    const { files } = hub.repositories.get(ID)!;
    const blob = join(repository, "blobs", etagOf(files.get("model.safetensors")!));
    const bytes = await Deno.readFile(blob);
    bytes[1000]! ^= 1;
    await Deno.writeFile(blob, bytes);
    await Deno.remove(join(repository, "blobs", etagOf(noise(77))));
    const bad = await narrowbert(["cache", "verify", ...dir]);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /its SHA-256 must be [0-9a-f]{64}, got [0-9a-f]{64}$/m);
    assert.match(bad.stdout, /vocab\.txt +it is a link that leads nowhere$/m);
    assert.equal(bad.stderr, "narrowbert: 2 files of the cache are wrong; --repair removes them\n");
    assert.equal((await narrowbert(["cache", "verify", "--repair", ...dir])).code, 0);
    await runDeno([...permissions, MAIN, "download", ID, "--all", ...dir], { env });
    assert.equal((await narrowbert(["cache", "verify", ...dir])).code, 0);

    // One commit goes, with the blobs that are its own; then all.
    await narrowbert(["cache", "remove", ID, "--revision", "old", ...dir]);
    assert.deepEqual(await namesIn(join(repository, "snapshots")), [COMMIT]);
    assert.deepEqual(await namesIn(join(repository, "refs")), ["main"]);
    assert.equal((await narrowbert(["cache", "verify", ...dir])).code, 0);
    await checkCache(folder);
    assert.equal((await narrowbert(["cache", "remove", ID, ...dir])).code, 0);
    assert.deepEqual(await namesIn(folder), [".locks", "CACHEDIR.TAG"]);

    for (
      const [args, code, message] of [
        [["cache", "remove"], 2, "cache remove takes the ids of models, or --partial"],
        [["cache", "path", "none"], 1, `Cannot find "none" in the cache ${folder}: it has no such model`],
        [["cache", "list", "--repair"], 2, "cache list takes no --repair"],
        [["cache", "verify", "--revision", "main"], 2, "cache verify takes no --revision"],
        [["cache", "remove", "--partial", "--revision", "main"], 2, "cache remove takes --revision or --partial, not"],
        [["cache", "empty"], 2, "cache takes one of list, path, verify, remove, got empty"],
      ] as const
    ) {
      const outcome = await narrowbert([...args, ...dir]);
      assert.equal(outcome.code, code);
      assert.ok(outcome.stderr.startsWith(`narrowbert: ${message}`), outcome.stderr);
    }
  }));

Deno.test("cache: what is no model, and what somebody put there, is passed over", {
  ignore: Deno.build.os === "windows",
}, () =>
  inTemporaryFolder(async (folder) => {
    const repository = join(folder, "models--org--model");
    const snapshot = join(repository, "snapshots", COMMIT);
    for (const path of ["blobs", "refs", `snapshots/${COMMIT}`]) {
      await Deno.mkdir(join(repository, path), { recursive: true });
    }
    await Deno.writeFile(join(repository, "blobs", etagOf(noise(9))), noise(9));
    await Deno.symlink(`../../blobs/${etagOf(noise(9))}`, join(snapshot, "config.json"));
    await Deno.symlink("/", join(snapshot, "folder"));
    await Deno.symlink("/", join(repository, "blobs", "b".repeat(40)));
    await Deno.symlink("/", join(repository, "refs/folder"));
    await Deno.writeTextFile(join(repository, "refs/wrong"), "no commit");
    await new Deno.Command("mkfifo", { args: [join(repository, "blobs", "c".repeat(40))] }).output();
    await Deno.mkdir(join(folder, "models--"));
    await Deno.mkdir(join(folder, "datasets--org--data"));
    for (const name of ["models--file", "version.txt"]) await Deno.writeTextFile(join(folder, name), "1");
    const dir = ["--cache-dir", folder];
    const { repositories } = await narrowbertJson<{ repositories: { id: string; commits: unknown[] }[] }>(
      ["cache", "list", "--json", ...dir],
    );
    assert.deepEqual(repositories.map(({ id }) => id), [ID]);
    assert.match((await narrowbert(["cache", "verify", ...dir])).stdout, /^1 files, 9 bytes +all right\n$/);
    // A commit without a revision goes by the digits that the table shows.
    assert.match((await narrowbert(["cache", "list", ...dir])).stdout, /^org\/model .* aaaaaaaa$/m);
    const path = await narrowbert(["cache", "path", ID, "--revision", "aaaaaaaa", ...dir]);
    assert.deepEqual(path, { code: 0, stdout: `${snapshot}\n`, stderr: "" });
    for (const revision of ["aaaaaaa", "bbbbbbbb"]) {
      assert.equal((await narrowbert(["cache", "path", ID, "--revision", revision, ...dir])).code, 1);
    }
  }));

Deno.test("bin/narrowbert refuses a cache whose path Deno would take for two", async () => {
  const bin = fileURLToPath(new URL("bin/narrowbert", ROOT));
  const command = new Deno.Command(bin, { args: ["cache", "path"], env: { HF_HUB_CACHE: "/tmp/a,/" }, stdin: "null" });
  const { code, stderr } = await command.output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /^narrowbert: the folder of the Hub's cache cannot have a comma: /);
});
