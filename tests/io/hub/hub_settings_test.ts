/** Where the cache, the Hub and the token are: by the environment, as Python's `huggingface_hub` 2.4.0 has it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { lockFile } from "../../../src/io/local/hub/file_lock.ts";
import { cacheFolder } from "../../../src/io/local/hub/settings.ts";
import { runDeno } from "../../cli/processes.ts";
import { inTemporaryFolder } from "../temporary.ts";

/** An environment, an option, and what comes of them. */
interface Case {
  env: Record<string, string>;
  choice?: { cache_dir?: string; token?: string; local_files_only?: boolean };
  expected: Record<string, unknown>;
}

/** @param home A folder with `token` (hf_home) and `other` (hf_other). */
const casesIn = (home: string): Case[] => [
  { env: { HOME: home }, expected: { cache: `${home}/.cache/huggingface/hub`, endpoint: "https://huggingface.co" } },
  { env: { HOME: home, XDG_CACHE_HOME: "/xdg" }, expected: { cache: "/xdg/huggingface/hub" } },
  { env: { HOME: home, XDG_CACHE_HOME: "/xdg", HF_HOME: "/hf" }, expected: { cache: "/hf/hub" } },
  { env: { HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, expected: { cache: "/old" } },
  { env: { HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/new" }, expected: { cache: "/new" } },
  { env: { HF_HUB_CACHE: "/new" }, choice: { cache_dir: "/given" }, expected: { cache: "/given" } },
  { env: { HOME: home, HF_HOME: "~/x" }, expected: { cache: `${home}/x/hub` } },
  { env: { HOME: home, HF_HUB_CACHE: "$HOME/${NAME}/$NONE", NAME: "n" }, expected: { cache: `${home}/n/$NONE` } },
  {
    env: {},
    expected: {
      error: /^Cannot find the cache of the Hugging Face Hub: give cache_dir, or let HF_HOME or HOME be read/,
    },
  },
  { env: { HOME: "/x", HF_ENDPOINT: "http://127.0.0.1:8000/" }, expected: { endpoint: "http://127.0.0.1:8000" } },
  {
    env: { HOME: "/x", HF_ENDPOINT: "hub" },
    expected: { error: /^Cannot use the Hugging Face Hub at "hub" \(HF_ENDPOINT\)/ },
  },
  { env: { HF_HOME: home }, expected: { token: "hf_home" } },
  { env: { HF_HOME: home, HF_TOKEN_PATH: `${home}/other` }, expected: { token: "hf_other" } },
  { env: { HF_HOME: home, HUGGING_FACE_HUB_TOKEN: "hf_2" }, expected: { token: "hf_2" } },
  { env: { HF_HOME: home, HUGGING_FACE_HUB_TOKEN: "hf_2", HF_TOKEN: " hf_1\n" }, expected: { token: "hf_1" } },
  { env: { HF_HOME: home, HF_TOKEN: "hf_1" }, choice: { token: "hf_0" }, expected: { token: "hf_0" } },
  { env: { HF_HOME: home, HF_TOKEN: "hf_1", HF_HUB_DISABLE_IMPLICIT_TOKEN: "True" }, expected: { token: undefined } },
  { env: { HF_HOME: "/none" }, expected: { token: undefined } },
  ...["1", "on", "YES", "True"].map((value): Case => ({
    env: { HOME: home, HF_HUB_OFFLINE: value },
    expected: { offline: "HF_HUB_OFFLINE is set" },
  })),
  ...["0", "", "off", "2"].map((value): Case => ({
    env: { HOME: home, HF_HUB_OFFLINE: value },
    expected: { offline: null },
  })),
  { env: { HOME: home, TRANSFORMERS_OFFLINE: "1" }, expected: { offline: "TRANSFORMERS_OFFLINE is set" } },
  { env: { HOME: home }, choice: { local_files_only: true }, expected: { offline: "local_files_only is set" } },
  { env: { HOME: home }, expected: { answerTimeout: 10_000, stallTimeout: 10_000 } },
  {
    env: { HOME: home, HF_HUB_ETAG_TIMEOUT: "3", HF_HUB_DOWNLOAD_TIMEOUT: "60" },
    expected: { answerTimeout: 3000, stallTimeout: 60_000 },
  },
  {
    env: { HOME: home, HF_HUB_ETAG_TIMEOUT: "soon" },
    expected: { error: /^Cannot use HF_HUB_ETAG_TIMEOUT: it must be a whole number of seconds from 1, got "soon"$/ },
  },
];

Deno.test("the environment says where things are", () =>
  inTemporaryFolder(async (home) => {
    await Deno.writeTextFile(join(home, "token"), "hf_home\n");
    await Deno.writeTextFile(join(home, "other"), "hf_other");
    const cases = casesIn(home);
    const script = join(home, "script.ts");
    const module = new URL("../../../src/io/local/hub/settings.ts", import.meta.url);
    await Deno.writeTextFile(
      script,
      `import { hubSettings } from "${module}";
      const found = [];
      for (const { env, choice = {} } of ${JSON.stringify(cases)}) {
        for (const name of Object.keys(Deno.env.toObject())) Deno.env.delete(name);
        for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
        const settings = await hubSettings(choice).catch(({ message }) => ({ message }));
        found.push({ ...settings, ...settings.access, error: settings.message });
      }
      console.log(JSON.stringify(found));`,
    );
    const { stdout, stderr } = await runDeno(["--allow-read", "--allow-env", script]);
    assert.equal(stderr, "");
    const found: Record<string, unknown>[] = JSON.parse(stdout);
    for (const [i, { env, expected }] of cases.entries()) {
      for (const [name, value] of Object.entries(expected)) {
        const label = `${name} by ${JSON.stringify(env)}`;
        if (value instanceof RegExp) assert.match(`${found[i]![name]}`, value, label);
        else assert.deepEqual(found[i]![name], value, label);
      }
    }
  }));

Deno.test("without permission for any variable a cache that is given does", () => {
  assert.equal(cacheFolder({ cache_dir: "/given" }), "/given");
  assert.equal(cacheFolder({ cache_dir: new URL("file:///a%20b") }), "/a b");
  assert.equal(cacheFolder({ cache_dir: "rel" }), join(Deno.cwd(), "rel"));
});

Deno.test("a lock is waited for, by nobody longer than they want; one whose file is removed locks nobody out", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.lock");
    const first = await lockFile(path);
    assert.ok(first.isHeld);
    const controller = new AbortController();
    const waiting = lockFile(path, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await assert.rejects(waiting, { message: "enough" });
    let told = 0;
    const second = lockFile(path, { onWait: () => told++, patience: 30 });
    let has = false;
    second.then(() => has = true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual([has, told], [false, 1]);
    first[Symbol.dispose]();
    using held = await second;
    assert.ok(held.isHeld);
    await Deno.remove(path);
    using other = await lockFile(path);
    assert.ok(other.isHeld);
  }));
