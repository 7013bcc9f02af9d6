/**
 * What a hub, its hosts of bytes and what stands between may do wrong. Whatever it is: the load gives the right bytes, or
 * one clear line that names the file; no file of the cache ever has wrong bytes under its final name; no token is told to
 * another host, or printed; and when the fault is gone, the same cache does.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { HubAccess } from "../../../src/io/hub/access.ts";
import { checkCache, COMMIT, ID, loadBoth, namesIn, noise, smallRepository, withHub } from "./hub_folders.ts";
import type { RawReply } from "./raw_server.ts";
import { error, etagOf, page, type SeenRequest, type TestHub } from "./test_hub.ts";

const TOKEN = "hf_secret_of_the_test";
const LARGE = noise(50_000, 2);

/** Changes the answers that a test is about. */
type Change = (reply: RawReply, seen: SeenRequest, hub: TestHub) => RawReply | void | Promise<RawReply | void>;

/** Which answers are changed: of some host and method, about one file, the first times. */
interface Where {
  host?: "hub" | "cdn";
  method?: "HEAD" | "GET";
  times?: number;
  /** Only answers to a question for a part. */
  ranged?: boolean;
}

/** One fault: what it is, where, what it does, and the message's end; without one the load succeeds. */
interface Fault {
  readonly name: string;
  readonly where: Where;
  readonly change: Change;
  readonly message?: RegExp;
  readonly access?: Partial<HubAccess>;
}

const FAULTS: Fault[] = [];

function fault(name: string, where: Where, change: Change, message?: RegExp, access?: Partial<HubAccess>): void {
  FAULTS.push({ name, where, change, ...(message && { message }), ...(access && { access }) });
}

const later = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const about = (hub: Where) => ({ method: "HEAD", host: "hub", ...hub }) as const;
const bytes = (cdn: Where) => ({ method: "GET", host: "cdn", ...cdn }) as const;
const SHORT = { answerTimeout: 150, stallTimeout: 150 };
const NO_HUB = "is no Hub, or a proxy or a login page stands between";

// The question about a file.
fault(
  "no answer",
  about({}),
  () => later(400),
  /resolve\/main\/config\.json: nothing came for 0\.15 s; nor is there such a folder here$/,
  SHORT,
);
fault("no answer once", about({ times: 1 }), () => later(400), undefined, SHORT);
fault("a dropped connection", about({}), (reply) => ({ ...reply, drop: true }), /config\.json: .+$/);
fault("a dropped connection once", about({ times: 1 }), (reply) => ({ ...reply, drop: true }));
fault("no HTTP", about({}), (reply) => ({ ...reply, garbage: "SSH-2.0-x\r\n\r\n" }), /config\.json: .+$/);
fault(
  "a broken status line",
  about({}),
  (reply) => ({ ...reply, garbage: "HTTP/1.1 2x0 OK\r\n\r\n" }),
  /config\.json: .+$/,
);
for (const status of [400, 404, 405, 410, 418, 451, 501, 505]) {
  fault(`status ${status}`, about({}), () => error(status, ""), new RegExp(`answered ${status} ?[^:]*$`));
}
for (const status of [408, 425, 429, 500, 502, 503, 504]) {
  fault(`status ${status} for ever`, about({}), () => error(status, ""), new RegExp(`answered ${status}`));
  fault(`status ${status} twice`, about({ times: 2 }), () => error(status, ""));
}
fault(
  "401 without a reason",
  about({}),
  () => error(401, ""),
  /no repository of that name, or the token may not read it; nor/,
);
fault("401 for the token", about({}), () => ({
  ...error(401, ""),
  headers: { "x-error-message": "Invalid credentials in Authorization header" },
}), /answered 401: the token is not valid; pass another, or none$/);
fault("403", about({}), () => error(403, ""), /answered 403 Forbidden: the token may not read it$/);
fault(
  "403 of a gate",
  about({}),
  () => error(403, "GatedRepo"),
  /granted by its owners: the token's owner must accept .+\/org\/model$/,
);
fault(
  "no such repository",
  about({}),
  () => error(404, "RepoNotFound"),
  /no repository of that name, or the token may not/,
);
fault("no such revision", about({}), () => error(404, "RevisionNotFound"), /the repository has no revision "main"$/);
fault("429 for an hour", about({}), () => ({
  ...error(429, ""),
  headers: { ratelimit: '"api";r=0;t=3600' },
}), /answered 429: too many requests; try again later$/);
fault("429 with a time", about({ times: 1 }), () => ({ ...error(429, ""), headers: { "retry-after": "2" } }));
fault(
  "a login page",
  about({}),
  () => page("<html>Log in</html>"),
  new RegExp(`${NO_HUB}: its answer has no X-Repo-Commit$`),
);
fault("a redirect to a login page", about({}), (reply, _, hub) => {
  return { ...reply, status: 302, headers: { location: `${hub.other}/login?from=hub` } };
}, /redirects to http:\/\/127\.0\.0\.1:\d+, which is no Hub; a proxy or a login page may stand between$/);
const without = (header: string): Change => (reply) => void delete reply.headers[header];
const having = (header: string, value: string): Change => (reply) => void (reply.headers[header] = value);
fault("no commit", about({}), without("x-repo-commit"), new RegExp(`${NO_HUB}: its answer has no X-Repo-Commit$`));
fault(
  "an odd commit",
  about({}),
  having("x-repo-commit", "../../x"),
  /X-Repo-Commit must be a commit, got "..\/..\/x"$/,
);
fault("no ETag", about({}), without("etag"), /its answer has no ETag$/);
fault(
  "an ETag that is no hash",
  about({}),
  having("etag", '"abc"'),
  /ETag must be a hash by SHA-256 or git, got "\\"abc\\""$/,
);
fault(
  "an ETag that is a path",
  about({}),
  having("etag", '"../../../../evil"'),
  /ETag must be a hash by SHA-256 or git/,
);
fault("a size that is no number", about({}), having("x-linked-size", "-3"), /the size must be a number, got "-3"$/);
fault("a wrong size", about({}), having("x-linked-size", "301"), /announces 300 bytes, expected 301$/);
const to = (location: string): Change => (reply) => ({ ...reply, status: 307, headers: { location } });
fault(
  "a redirect loop",
  about({}),
  (reply, { path }) => to(path)(reply, {} as SeenRequest, {} as TestHub),
  /more than 20 times/,
);
fault(
  "a redirect once",
  about({ times: 1 }),
  (reply, { path }) => to(`${path}?again`)(reply, {} as SeenRequest, {} as TestHub),
);
fault("a redirect to no URL", about({}), to("http://["), /redirects to what is no URL$/);
fault("a redirect to a file", about({}), to("file:///etc/passwd"), /redirects to file:, which is not of the web$/);
fault("a redirect to nowhere", about({}), (reply) => ({ ...reply, status: 302, headers: {} }), new RegExp(NO_HUB));
fault("a redirect to another hub's name", about({}), to("http://huggingface.example/x"), /which is no Hub/);

// The bytes of a file.
fault(
  "wrong bytes",
  bytes({}),
  (reply) => ({ ...reply, body: noise(50_000, 3) }),
  /SHA-256 must be [0-9a-f]{64}, got [0-9a-f]{64}; what came is thrown away$/,
);
fault("wrong bytes once", bytes({ times: 1 }), (reply) => ({ ...reply, body: noise(50_000, 3) }));
fault("one wrong bit", bytes({}), (reply) => {
  const body = reply.body.slice();
  body[40_000]! ^= 1;
  return { ...reply, body };
}, /SHA-256 must be/);
fault("wrong bytes of a small file", { host: "hub", method: "GET" }, (reply) => {
  if (reply.status === 200) reply.body = noise(300, 9);
}, /git hash must be [0-9a-f]{40}, got [0-9a-f]{40}; what came is thrown away$/);
fault("an early end", bytes({}), (reply) => ({ ...reply, cutAfter: 10 }), /broke off after \d+ of 50000 bytes/);
fault(
  "an early end before all bytes",
  bytes({}),
  (reply) => ({ ...reply, cutAfter: 0 }),
  /it broke off after 0 of 50000 bytes/,
);
fault("three early ends", bytes({ times: 3 }), (reply) => ({ ...reply, cutAfter: 7_000 }));
fault("an early end without a length", bytes({}), (reply) => {
  return { ...reply, status: 200, headers: { "content-length": "" }, body: LARGE.subarray(0, 10) };
}, /broke off after 10 of 50000 bytes$/);
fault("an early end of chunks", bytes({}), (reply) => ({
  ...reply,
  garbage: "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
}), /it broke off after \d of 50000 bytes/);
fault("a stall", bytes({}), (reply) => ({ ...reply, stallAfter: 100 }), /bytes: nothing came for 0\.15 s$/, SHORT);
fault("a stall once", bytes({ times: 1 }), (reply) => ({ ...reply, stallAfter: 20_000 }), undefined, SHORT);
fault(
  "a stall before all bytes",
  bytes({}),
  (reply) => ({ ...reply, stallAfter: 0 }),
  /nothing came for 0\.15 s$/,
  SHORT,
);
fault("a longer length", bytes({}), having("content-length", "50001"), /announces 50001 bytes, expected 50000$/);
fault("a shorter length", bytes({}), having("content-length", "49999"), /announces 49999 bytes, expected 50000$/);
fault("more bytes than there are", bytes({}), (reply) => {
  return { ...reply, status: 200, headers: { "content-length": "" }, body: noise(60_000, 2) };
}, /it must have 50000 bytes, and more came$/);
fault(
  "a page in place of bytes",
  bytes({}),
  () => page("<html>Log in</html>"),
  /announces 19 bytes of "text\/html", expected 50000$/,
);
fault(
  "an empty answer",
  bytes({}),
  (reply) => ({ ...reply, status: 200, body: new Uint8Array() }),
  /announces 0 bytes/,
);
fault("204", bytes({}), () => ({ status: 204, headers: {}, body: new Uint8Array() }), /answered 204/);
const CUT_FIRST = (change: Change): Change => (reply, seen, hub) =>
  seen.headers.has("range") ? change(reply, seen, hub) : { ...reply, cutAfter: 20_000 };
fault("200 to a range", bytes({}), CUT_FIRST(() => ({ status: 200, headers: {}, body: LARGE })));
fault(
  "another range",
  bytes({}),
  CUT_FIRST(having("content-range", "bytes 0-49999/50000")),
  /sent another part than was asked for: bytes \d+ to 50000, got "bytes 0-49999\/50000"$/,
);
fault(
  "a range of another size",
  bytes({}),
  CUT_FIRST(having("content-range", "bytes 20000-60000/60001")),
  /sent another part/,
);
fault("206 without a range", bytes({}), CUT_FIRST(without("content-range")), /sent another part than .+ got "null"$/);
fault(
  "416 to a range",
  bytes({}),
  (reply, { headers }) => headers.has("range") ? error(416, "") : { ...reply, cutAfter: 20_000 },
  /broke off/,
);
fault("416 to a range once", bytes({ times: 2 }), CUT_FIRST(() => error(416, "")));
fault(
  "other bytes from the middle on",
  bytes({ times: 2 }),
  CUT_FIRST((reply) => ({ ...reply, body: noise(reply.body.length, 5) })),
);
fault("another file from the middle on, for ever", bytes({}), (reply) => {
  reply.body = noise(50_000, 6).subarray(50_000 - reply.body.length);
}, /SHA-256 must be/);
fault("packed bytes", bytes({}), packed);
fault("packed bytes to a range", bytes({}), CUT_FIRST(packed), /broke off/);
fault("packed bytes to a range once", bytes({ times: 2 }), CUT_FIRST(packed));
fault(
  "packed by brotli",
  bytes({}),
  having("content-encoding", "br"),
  /must come as they are, and are packed by "br"$/,
);
fault("bytes that are not packed as told", bytes({}), having("content-encoding", "gzip"), /broke off|SHA-256/);
fault("the end of packed bytes", bytes({}), async (reply) => {
  await packed(reply);
  reply.cutAfter = reply.body.length - 20;
}, /broke off/);
for (const status of [400, 404, 500, 503]) {
  fault(`status ${status} for bytes`, bytes({}), () => error(status, ""), new RegExp(`answered ${status} ?[^:]*$`));
}
fault("a signature that has expired", bytes({ times: 1 }), () => error(403, ""));
fault(
  "a signature that is always wrong",
  bytes({}),
  () => error(403, ""),
  /answered 403 Forbidden$/,
);
fault("503 for bytes, once", bytes({ times: 1 }), () => error(503, ""));
fault("dropped connections for bytes", bytes({}), (reply) => ({ ...reply, drop: true }), /\/[0-9a-f]{64}: .+$/);
fault("a dropped connection for bytes", bytes({ times: 1 }), (reply) => ({ ...reply, drop: true }));
fault("bytes redirected to a login page", bytes({}), (reply, _, hub) => {
  return { ...reply, status: 302, headers: { location: `${hub.other}/login?secret-of-the-cdn` } };
}, /:\d+\/login announces 19 bytes of "text\/html", expected 50000$/);
fault(
  "a redirect loop of bytes",
  bytes({}),
  (reply, { path }) => to(path)(reply, {} as SeenRequest, {} as TestHub),
  /more than 20 times/,
);
fault("no address of bytes", { host: "hub", method: "GET" }, (reply) => {
  if (reply.status === 302) delete reply.headers["location"];
}, /answered 302 Found$/);

async function packed(reply: RawReply): Promise<void> {
  const stream = new Response(reply.body as Uint8Array<ArrayBuffer>).body!.pipeThrough(new CompressionStream("gzip"));
  reply.body = await new Response(stream).bytes();
  reply.headers["content-encoding"] = "gzip";
}

function alterationOf({ where: { host, method, times = Infinity, ranged }, change }: Fault, hub: TestHub) {
  let left = times;
  return async (seen: SeenRequest, reply: RawReply) => {
    if ((host && seen.host !== host) || (method && seen.method !== method)) return;
    if (ranged && !seen.headers.has("range")) return;
    if (left-- <= 0) return;
    return await change(reply, seen, hub);
  };
}

for (const one of FAULTS) {
  const { name, message, access } = one;
  Deno.test(`fault: ${name}: ${message === undefined ? "the load succeeds" : "one clear line"}`, () =>
    withHub(async ({ hub, cache, open }) => {
      hub.repositories.set(ID, smallRepository({ token: TOKEN }));
      hub.alter = alterationOf(one, hub);
      const load = async () => await loadBoth(await open({ access: { token: TOKEN, ...access } }));
      if (message === undefined) await load();
      else {
        const error = await load().then(() => assert.fail("it loads"), (error) => error);
        assert.equal(error.name, "CheckpointError", error.stack);
        const isLarge = one.where.host === "cdn" || name === "no address of bytes";
        const file = isLarge ? "model.safetensors" : "config.json";
        const isAll = /repository|granted/.test(message.source);
        const start = `Cannot download ${isAll ? "" : `"${file}" of `}"org/model" from the Hugging Face Hub: `;
        assert.ok(error.message.startsWith(start), error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(Deno.inspect(error), /hf_secret|secret-of-the-cdn|\n.*Caused/);
        assert.equal(error.message.split("\n").length, 1);
      }
      await checkCache(cache);
      hub.alter = null;
      await loadBoth(await open({ access: { token: TOKEN } }));
      await checkCache(cache);
      for (const { host, headers } of hub.requests) {
        if (host !== "hub") assert.equal(headers.get("authorization"), null);
      }
    }));
}

/** The origin of a server that is gone. */
function closedPort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
}

Deno.test("there are at least 60 faults", () => assert.ok(FAULTS.length >= 60, `${FAULTS.length}`));

Deno.test("fault: no connection: one clear line, and a warm cache answers", () =>
  withHub(async ({ cache, hub, open }) => {
    const access = { endpoint: closedPort(), token: TOKEN };
    await assert.rejects(loadBoth(await open({ access })), {
      name: "CheckpointError",
      message:
        /^Cannot download "config\.json" of "org\/model" from the Hugging Face Hub: http:\/\/127\.0\.0\.1:\d+\/.+refused/,
    });
    await loadBoth(await open());
    hub.requests.length = 0;
    await loadBoth(await open({ access }));
    await checkCache(cache);
    assert.equal(hub.requests.length, 0);
  }));

Deno.test("fault: another commit than was asked for", () =>
  withHub(async ({ hub, open }) => {
    const revision = "c".repeat(40);
    hub.repositories.get(ID)!.revisions = { old: revision };
    hub.alter = (_, reply) => void (reply.headers["x-repo-commit"] = COMMIT);
    await assert.rejects(loadBoth(await open({ revision })), {
      message: new RegExp(`asked for commit ${revision}, it answered of`),
    });
    assert.equal(hub.requests.length, 1);
    assert.equal(etagOf(LARGE).length, 64);
  }));

Deno.test("fault: a commit that is a path, of a file that is not there: nothing outside the cache is touched", () =>
  withHub(async ({ hub, cache, open }) => {
    const outside = join(cache, "../outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(join(outside, "config.json"), "mine");
    const commit = "../../../../outside";
    hub.alter = () => ({
      ...error(404, "EntryNotFound"),
      headers: { "x-error-code": "EntryNotFound", "x-repo-commit": commit },
    });
    const folder = await open();
    await assert.rejects(folder.find("config.json"), {
      message: new RegExp(`${NO_HUB}: its X-Repo-Commit must be a commit, got "${commit}"$`),
    });
    await assert.rejects(folder.find("model.safetensors"));
    assert.equal(await Deno.readTextFile(join(outside, "config.json")), "mine");
    assert.deepEqual(await namesIn(outside), ["config.json"]);
    assert.deepEqual(await namesIn(cache), []);
  }));
