/** Where requests may lead and what they carry, how often they are repeated, and how long is waited. */

import assert from "node:assert/strict";
import { endpointOf, type HubAccess, isOfHub, tokenOf, wait } from "../../../src/io/hub/access.ts";
import { Deadline } from "../../../src/io/hub/deadline.ts";
import { HubClient } from "../../../src/io/hub/hub_client.ts";
import { COMMIT, ID, loadBoth, noise, withHub } from "./hub_folders.ts";
import { error, etagOf } from "./test_hub.ts";

const TOKEN = "hf_secret";
const FILE = noise(5000);

/** The answers of a web that is only in this test, by URL; each notes its request. */
type Web = Readonly<Record<string, (request: { method: string; headers: Headers }) => Response>>;

/** Runs a test with another `fetch`. */
async function withWeb(web: Web, run: (asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input, init = {}) => {
    const headers = new Headers(init.headers);
    const method = init.method ?? "GET";
    const who = headers.has("authorization") ? " with the token" : "";
    asked.push(`${method} ${input}${who}`);
    const answer = web[`${input}`];
    return answer === undefined
      ? Promise.reject(new TypeError("no such host"))
      : Promise.resolve(answer({ method, headers }));
  };
  try {
    await run(asked);
  } finally {
    globalThis.fetch = fetch;
  }
}

const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
const about = () => new Response(null, { headers: { "x-repo-commit": COMMIT, etag: `"${etagOf(FILE)}"` } });
const access = (endpoint: string, changes: Partial<HubAccess> = {}): HubAccess => {
  return { endpoint, token: TOKEN, answerTimeout: 1000, stallTimeout: 1000, wait: () => Promise.resolve(), ...changes };
};

/** Where a question leads, from the endpoint on; the message, if it leads nowhere. */
const QUESTIONS: [endpoint: string, way: string[], message?: RegExp][] = [
  ["https://huggingface.co", ["https://huggingface.co/other/a?b"]],
  ["https://mirror.example", ["https://huggingface.co/a", "https://hf.co/a"]],
  ["http://mirror.example", ["https://mirror.example/a"]],
  [
    "https://mirror.example",
    ["http://mirror.example/a"],
    /redirects to http:\/\/mirror\.example\/a, which is not encrypted$/,
  ],
  ["https://huggingface.co", ["https://evil.example/a"], /redirects to https:\/\/evil\.example, which is no Hub/],
  ["https://huggingface.co", ["https://huggingface.co.evil.example/a"], /which is no Hub/],
  ["https://huggingface.co", ["https://huggingface.co:8443/a"], /which is no Hub/],
  ["https://huggingface.co", ["data:text/plain,x"], /redirects to data:, which is not of the web$/],
];

for (const [endpoint, way, message] of QUESTIONS) {
  Deno.test(`a question to ${endpoint} that is redirected to ${way.join(", ")}`, () => {
    const first = `${endpoint}/${ID}/resolve/main/config.json`;
    const urls = [first, ...way];
    const web = Object.fromEntries(urls.map((url, i) => [url, i + 1 < urls.length ? to(urls[i + 1]!) : about]));
    return withWeb(web, async (asked) => {
      const answer = new HubClient(ID, access(endpoint)).ask("config.json", { revision: "main" });
      if (message !== undefined) await assert.rejects(answer, { name: "CheckpointError", message });
      else assert.deepEqual(await answer, { commit: COMMIT, etag: etagOf(FILE), size: null });
      const reached = message === undefined ? urls : [first];
      const own = (url: string) => new URL(url).origin === new URL(endpoint).origin ? " with the token" : "";
      assert.deepEqual(asked, reached.map((url) => `HEAD ${url}${own(url)}`));
    });
  });
}

Deno.test("bytes may come from any encrypted host, which gets no token and no credentials; from no other", async () => {
  const endpoint = "https://huggingface.co";
  const first = `${endpoint}/${ID}/resolve/${COMMIT}/a`;
  const bytes = () => new Response(FILE as Uint8Array<ArrayBuffer>);
  const open = async () => {
    using deadline = new Deadline(1000, undefined);
    const options = { commit: COMMIT, begin: 0, size: FILE.length, deadline };
    const body = await new HubClient(ID, access(endpoint)).open("a", options);
    let count = 0;
    for await (const part of body.chunks()) count += part.length;
    return count;
  };
  const cdn = "https://cdn.example/x?signature=1";
  await withWeb({ [first]: to("https://user:password@cdn.example/x?signature=1"), [cdn]: bytes }, async (asked) => {
    assert.equal(await open(), FILE.length);
    assert.deepEqual(asked, [`GET ${first} with the token`, `GET ${cdn}`]);
  });
  await withWeb({ [first]: to("http://cdn.example/x"), "http://cdn.example/x": bytes }, async (asked) => {
    await assert.rejects(open(), { message: /redirects to http:\/\/cdn\.example\/x, which is not encrypted$/ });
    assert.equal(asked.length, 1);
  });
});

Deno.test("what is passing is tried again after 1, 2, 4, 8 and 8 s, or after what the server says and a second", () =>
  withHub(async ({ hub, open }) => {
    const pauses: number[] = [];
    const noting = { wait: (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds)) };
    hub.alter = () => error(500, "");
    await assert.rejects(loadBoth(await open({ access: noting })));
    assert.deepEqual(pauses.splice(0), [1000, 2000, 4000, 8000, 8000]);
    assert.equal(hub.taken().length, 6);

    for (
      const [headers, pause] of [
        [{ "retry-after": "7" }, 8000],
        [{ ratelimit: '"api";r=0;t=12' }, 13_000],
        [{ ratelimit: '"api";r=0;t=12', "retry-after": "7" }, 13_000],
        [{ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, 1000],
      ] as [Record<string, string>, number][]
    ) {
      let left = 1;
      hub.alter = () => left-- > 0 ? { ...error(429, ""), headers } : undefined;
      await loadBoth(await open({ access: noting }));
      assert.deepEqual(pauses.splice(0), [pause]);
      await Deno.remove(await cacheOf(open), { recursive: true });
    }
    for (const status of [400, 401, 403, 404]) {
      hub.alter = () => error(status, "");
      hub.requests.length = 0;
      await assert.rejects(loadBoth(await open({ access: noting })));
      assert.equal(hub.taken().length, 1, `${status}`);
    }
    assert.deepEqual(pauses, []);
  }));

/** The folder of the cache, which the error of a load without a network names. */
async function cacheOf(
  open: (options: { offline: string; id: string }) => Promise<{ find(file: string): Promise<unknown> }>,
): Promise<string> {
  const folder = await open({ offline: "offline", id: "nobody/nothing" });
  const error: Error = await folder.find("a").then(() => assert.fail(), (error) => error);
  return /in the cache "(.*?)"/.exec(error.message)![1]!;
}

Deno.test("waiting ends with the signal, and leaves no timer", async () => {
  const controller = new AbortController();
  const waiting = wait(100_000, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  await assert.rejects(wait(100_000, controller.signal), { message: "enough" });
  await wait(1, new AbortController().signal);
});

Deno.test("endpoints and tokens", () => {
  assert.equal(endpointOf(" https://hub.example/path// "), "https://hub.example/path");
  assert.equal(endpointOf("HTTPS://Hub.Example"), "https://hub.example");
  for (const query of ["?x=1", "?", "#"]) {
    assert.throws(() => endpointOf(`https://hub.example${query}`), /it must be .* without credentials and query/);
  }
  for (const wrong of ["hub.example", "ftp://hub.example", "https://a:b@hub.example", ""]) {
    assert.throws(() => endpointOf(wrong), {
      name: "CheckpointError",
      message: /\(HF_ENDPOINT\): it must be an http: or https: URL/,
    });
  }
  assert.throws(() => endpointOf("https://me:secret@hub.example"), (error: Error) => !error.message.includes("secret"));
  assert.equal(tokenOf(" hf_a\n", "x"), "hf_a");
  assert.equal(tokenOf(" \n", "x"), undefined);
  for (const wrong of ["hf_a b", "hf_\u00e4", "hf_a\r\nx: y"]) {
    assert.throws(() => tokenOf(wrong, "HF_TOKEN"), {
      message: "Cannot use the token of HF_TOKEN: it must be one word of ASCII characters",
    });
  }
  assert.ok(isOfHub(new URL("https://huggingface.co/x"), access("http://127.0.0.1:80")));
  assert.ok(!isOfHub(new URL("http://huggingface.co/x"), access("http://127.0.0.1:80")));
});
