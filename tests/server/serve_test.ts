/** `narrowbert serve` as a process: how it begins, what it is told, how it ends. */

import assert from "node:assert/strict";
import { kill9, runDeno } from "../cli/processes.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = new URL("src/cli/main.ts", ROOT).pathname;
const models = (name: string) => new URL(`examples/models/wordnet/${name}`, ROOT).pathname;

/** A server that runs. */
interface Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly child: Deno.ChildProcess;
  /** Standard output and error, when it has ended. */
  readonly output: Promise<{ code: number; stdout: string; stderr: string }>;
}

/** The permissions that the documentation names: to read, to listen, and to see the variables of the help. */
const ALLOWED = ["--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1"];

/** Starts `narrowbert serve`, and waits until it listens. */
async function start(args: string[], env: Record<string, string> = {}): Promise<Server> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--unstable-no-legacy-abort", ...ALLOWED, MAIN, "serve", ...args],
    env: { NO_COLOR: "1", PORT: "0", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let stderr = "";
  const listening = Promise.withResolvers<string>();
  const errors = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr += text;
      const found = /listening on (http:\/\/\S+)\n/.exec(stderr);
      if (found !== null) listening.resolve(found[1]!);
    }
    listening.reject(new Error(stderr));
  })();
  const stdout = new Response(child.stdout).text();
  const output = (async () => {
    const { code } = await child.status;
    await errors;
    return { code, stdout: await stdout, stderr };
  })();
  const url = await listening.promise;
  const end = async () => {
    kill9(child);
    await output;
  };
  return { url, port: Number(new URL(url).port), child, output, [Symbol.asyncDispose]: end };
}

const post = (url: string, body: object, init: RequestInit = {}) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" }, ...init });

/** What comes back for some bytes, up to the first `until`, or in three seconds. */
async function raw(port: number, text: string, until = "\r\n\r\n"): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isOpen = true;
  const close = () => {
    if (isOpen) connection.close();
    isOpen = false;
  };
  const timer = setTimeout(close, 3000);
  let found = "";
  try {
    const writer = connection.writable.getWriter();
    writer.write(new TextEncoder().encode(text)).catch(() => {});
    const buffer = new Uint8Array(65536);
    while (!found.includes(until)) {
      const count = await connection.read(buffer);
      if (count === null) break;
      found += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch {
    // it was closed, by one side or the other
  }
  clearTimeout(timer);
  close();
  return found;
}

Deno.test("serve: answers, survives wrong bytes, and at SIGTERM answers what it has and ends with 0", async () => {
  await using server = await start([
    ...["--model-id", models("mlm"), "--model-id", models("topic"), "--served-model-name", "words"],
    ...["--body-timeout", "1", "--log-level", "info"],
  ]);
  const { url, port } = server;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const found = await (await fetch(`${url}/v1/models`)).json();
  assert.deepEqual(found.data.map(({ id }: { id: string }) => id), ["words", "topic"]);
  const answer = await post(`${url}/predict`, { inputs: "a large animal", model: "topic" });
  assert.equal((await answer.json())[0].label, "noun.animal");

  const head = (more: string) => `POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n`;
  const cases: [what: string, sent: string, status: RegExp][] = [
    ["a length that is longer than the body", head("Content-Length: 100\r\n") + '{"inputs"', / 408 /],
    ["chunks without an end", head("Transfer-Encoding: chunked\r\n") + "5\r\n{ \r\r\n", / (400|408|503) |^$/],
    ["a bad chunk", head("Transfer-Encoding: chunked\r\n") + "zz\r\n{}", / (400|408|503) |^$/],
    ["a length that is no number", head("Content-Length: -5\r\n") + "{}", / 400 |^$/],
    ["two lengths", head("Content-Length: 2\r\nContent-Length: 3\r\n") + "{}", / 400 |^$/],
    ["no request", "\r\n\r\nnonsense\r\n\r\n", / 400 |^$/],
    ["an unknown version", "GET /health HTTP/9.9\r\n\r\n", / (400|505) |^$/],
    ["a giant header", `GET /health HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(2_000_000)}\r\n\r\n`, / (400|431) |^$/],
    ["a path that is no path", "GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", / 400 |^$| 404 /],
    ["an expected body", head("Content-Length: 18\r\nExpect: 100-continue\r\n") + '{"model": "words"}', / (100|422) /],
  ];
  for (const [what, sent, status] of cases) {
    assert.match((await raw(port, sent)).split("\r\n")[0]!, status, what);
    assert.equal((await fetch(`${url}/health`)).status, 200, what);
  }
  const twice = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  const pipelined = await raw(port, twice + twice.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), "never");
  assert.equal(pipelined.split("HTTP/1.1 200").length, 3);
  (await Deno.connect({ hostname: "127.0.0.1", port })).close(); // nothing was said
  const left = new AbortController();
  const gone = post(`${url}/score`, { inputs: "king ".repeat(80), model: "words" }, { signal: left.signal });
  setTimeout(() => left.abort(), 20);
  await gone.then((response) => response.body?.cancel(), () => {});

  const under = Array.from({ length: 12 }, (_, i) => post(`${url}/embed`, { inputs: `king ${i}`, model: "words" }));
  await new Promise((resolve) => setTimeout(resolve, 30));
  server.child.kill("SIGTERM");
  const settled = await Promise.allSettled(under);
  for (const one of settled) {
    if (one.status === "rejected") continue; // it came when nobody listened any more
    assert.equal(one.value.status, 200);
    await one.value.body?.cancel();
  }
  const { code, stdout, stderr } = await server.output;
  assert.equal(code, 0, stderr);
  assert.equal(stderr, `narrowbert: listening on ${url}\n`);
  const logged = stdout.trim().split("\n").map((line) => JSON.parse(line) as { status: number; route: string });
  assert(logged.some(({ status, route }) => status === 200 && route === "/predict"));
  assert(logged.some(({ status }) => status === 408));
  const embedded = logged.filter(({ route, status }) => route === "/embed" && status === 200).length;
  assert.equal(settled.filter(({ status }) => status === "fulfilled").length, embedded, "none that was taken is lost");
});

Deno.test("serve: variables stand in for options, which come first", async () => {
  const env = {
    MODEL_ID: `${models("tag")},${models("choose")}`,
    API_KEY: "secret",
    MAX_CLIENT_BATCH_SIZE: "2",
    AUTO_TRUNCATE: "false",
    HOSTNAME: "a-machine",
    PAYLOAD_LIMIT: "5000",
  };
  await using server = await start(["--payload-limit", "4000"], env);
  const headers = { authorization: "Bearer secret", "content-type": "application/json" };
  const info = await (await fetch(`${server.url}/info`, { headers })).json();
  assert.deepEqual(
    [info.served_model_name, info.max_client_batch_size, info.auto_truncate],
    ["tag", 2, false],
  );
  const refused = await fetch(`${server.url}/info`);
  assert.equal(refused.status, 401);
  await refused.body?.cancel();
  const large = await post(`${server.url}/embed`, { inputs: "a".repeat(4500), model: "tag" }, { headers });
  assert.equal(large.status, 413);
  await large.body?.cancel();

  const second = await runDeno([...ALLOWED, MAIN, "serve", "--port", `${server.port}`, "--no-warmup"]);
  assert.equal(second.code, 1);
  assert.equal(
    second.stderr.trim().split("\n").at(-1),
    `narrowbert: Cannot listen on 127.0.0.1:${server.port}: another program does; choose another --port`,
  );
});

Deno.test("serve: wrong options end with 2, a model that is not there and a missing permission with 1", async () => {
  const cases: [args: string[], env: Record<string, string>, code: number, message: RegExp][] = [
    [["--port", "70000"], {}, 2, /--port must be a port from 0 to 65535, got "70000"; see narrowbert serve --help/],
    [["--max-batch-tokens", "0"], {}, 2, /--max-batch-tokens must be a whole number from 1/],
    [["text"], {}, 2, /serve takes no arguments/],
    [["--nonsense"], {}, 2, /--nonsense/],
    [["--dtype", "f8"], {}, 2, /--dtype must be one of/],
    [["--pooling", "none"], {}, 2, /--pooling must be one of cls/],
    [["--served-model-name", "a", "--served-model-name", "b"], {}, 2, /names 2 models, and --model-id only 1/],
    [["--model-id", "x/a", "--model-id", "y/a"], {}, 2, /two called "a"/],
    [[], { PORT: "abc" }, 2, /PORT must be a whole number/],
    [[], { AUTO_TRUNCATE: "maybe" }, 2, /AUTO_TRUNCATE must be true or false, got "maybe"/],
    [["--model-id", "/nowhere", "--port", "0"], {}, 1, /Cannot open "\/nowhere": there is no such folder/],
    [["--hostname", "192.0.2.1", "--port", "0"], {}, 1, /Cannot listen on 192\.0\.2\.1:0: Deno needs --allow-net/],
  ];
  for (const [args, env, code, message] of cases) {
    const found = await runDeno([...ALLOWED, MAIN, "serve", ...args], { env });
    const last = found.stderr.trim().split("\n").at(-1)!;
    assert.deepEqual([found.code, found.stdout], [code, ""], `${args}: ${found.stderr}`);
    assert.match(last, /^narrowbert: /, `${args}`);
    assert.match(last, message, `${args}`);
  }
});
