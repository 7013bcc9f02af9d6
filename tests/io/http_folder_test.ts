import assert from "node:assert/strict";
import { openFolder, type ProgressInfo } from "../../src/io/folder/folder.ts";
import { readBody } from "../../src/io/folder/http_file.ts";
import { type ModelFolder, readFile } from "../../src/io/folder/model_folder.ts";
import { readSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { buildFloats } from "./build.ts";

const LARGE = 300_000;

/** Serves a model folder at `/models/a%20b/`, and every way to fail; runs a test against it. */
async function withServer(run: (origin: string, requests: Request[]) => Promise<void>): Promise<void> {
  const requests: Request[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response() },
    (request) => {
      requests.push(request);
      return respond(new URL(request.url).pathname, request);
    },
  );
  try {
    await run(`http://127.0.0.1:${server.addr.port}`, requests);
  } finally {
    await server.shutdown();
  }
}

function respond(path: string, request: Request): Response {
  switch (path) {
    case "/models/a%20b/config.json":
    case "/models/a%20b/sub/config.json":
      return new Response(path);
    case "/models/a%20b/model.safetensors":
      return new Response(new Uint8Array(buildFloats({ w: [1, 2, 3] })));
    case "/models/a%20b/large":
      return new Response(new Uint8Array(LARGE).fill(7));
    case "/models/a%20b/chunked":
      return new Response(ReadableStream.from([new Uint8Array(LARGE).fill(1), Uint8Array.of(2)]));
    case "/models/a%20b/a%3Fb%23%25.txt":
      return new Response("odd name");
    case "/models/a%20b/private":
      return new Response(null, { status: request.headers.has("authorization") ? 200 : 401 });
    case "/models/a%20b/broken":
      return new Response(ReadableStream.from((async function* () {
        yield new Uint8Array(10);
        await Promise.reject(new Error("the server's disk failed"));
      })()));
    case "/models/a%20b/error":
      return new Response("oops", { status: 500, statusText: "Internal Server Error" });
    default:
      return new Response("not here", { status: 404 });
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const has = async (folder: ModelFolder, file: string) => await folder.find(file) !== null;
const isError = (message: string | RegExp) => ({ name: "CheckpointError", message });

Deno.test("the address of a model's page on the Hub: the error of a file says its id", async () => {
  const { fetch } = globalThis;
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 404 }));
  try {
    const page = "https://huggingface.co/org/model";
    const ends: [url: string, end: string][] = [
      [page, ', whose id is "org/model"'],
      [`${page}/tree/main`, ', whose id is "org/model"'],
      [`${page}/resolve/main/`, "there is no such file"],
      ["https://hub.example/org/model", "there is no such file"],
    ];
    for (const [url, end] of ends) {
      const folder = await openFolder(url);
      await assert.rejects(readFile(folder, "config.json"), (error: Error) => error.message.endsWith(end));
    }
  } finally {
    globalThis.fetch = fetch;
  }
});

Deno.test("http: files of a folder, with or without a slash at its end, as URL or text", () =>
  withServer(async (origin) => {
    for (const where of [`${origin}/models/a%20b`, `${origin}/models/a b/`, new URL(`${origin}/models/a%20b/`)]) {
      const folder = await openFolder(where);
      assert.equal(folder.location, `${origin}/models/a%20b/`);
      assert.equal(text(await readFile(folder, "config.json")), "/models/a%20b/config.json");
      assert.deepEqual([await has(folder, "config.json"), await has(folder, "none")], [true, false]);
      await assert.rejects(
        readFile(folder, "none"),
        isError(`Cannot read "none" in "${origin}/models/a%20b/": there is no such file`),
      );
    }
  }));

Deno.test("http: a subfolder, a name that must be escaped, a query that is kept but not told", () =>
  withServer(async (origin, requests) => {
    const folder = await openFolder(`${origin}/models?key=secret`, { subfolder: "a b/sub" });
    assert.equal(folder.location, `${origin}/models/a%20b/sub/`);
    assert.equal(text(await readFile(folder, "config.json")), "/models/a%20b/sub/config.json");
    assert.equal(new URL(requests[0]?.url ?? "").search, "?key=secret");
    const odd = await readFile(await openFolder(`${origin}/models/a b`), "a?b#%.txt");
    assert.equal(text(odd), "odd name");
  }));

Deno.test("http: bodies of announced and of unknown length, with progress", () =>
  withServer(async (origin) => {
    const events: ProgressInfo[] = [];
    const name = `${origin}/models/a b`;
    const folder = await openFolder(name, { progress_callback: (event) => events.push(event) });
    assert.deepEqual(await readFile(folder, "large"), new Uint8Array(LARGE).fill(7));
    const states = events.map(({ status }) => status);
    assert.deepEqual(states.slice(0, 2), ["initiate", "download"]);
    assert.equal(states.at(-1), "done");
    assert.deepEqual(events.slice(-3), [
      { status: "progress", name, file: "large", progress: 100, loaded: LARGE, total: LARGE },
      { status: "progress_total", name, progress: 100, loaded: LARGE, total: LARGE },
      { status: "done", name, file: "large" },
    ]);
    const loaded = events.flatMap((event) => event.status === "progress" ? [event.loaded] : []);
    assert.deepEqual(loaded, loaded.toSorted((a, b) => a - b));

    events.length = 0;
    const chunked = await readFile(folder, "chunked");
    assert.deepEqual([chunked.byteLength, chunked[0], chunked.at(-1)], [LARGE + 1, 1, 2]);
    // What is known of the second file is added to the first.
    const total = 2 * LARGE + 1;
    assert.deepEqual(events.at(-2), { status: "progress_total", name, progress: 100, loaded: total, total });
  }));

Deno.test("http: a token is sent where given, and suggested where refused", () =>
  withServer(async (origin, requests) => {
    const where = `${origin}/models/a%20b/`;
    await assert.rejects(
      readFile(await openFolder(where), "private"),
      isError(`Cannot read "${where}private": the server answered 401 Unauthorized; pass a token that may read it`),
    );
    await readFile(await openFolder(where, { token: "abc" }), "private");
    assert.equal(requests.at(-1)?.headers.get("authorization"), "Bearer abc");
  }));

Deno.test("http: a server that fails, breaks off, or is not there", async () => {
  let gone = "";
  await withServer(async (origin) => {
    const where = gone = `${origin}/models/a%20b/`;
    const folder = await openFolder(where);
    const failed = isError(`Cannot read "${where}error": the server answered 500 Internal Server Error`);
    await assert.rejects(readFile(folder, "error"), failed);
    await assert.rejects(has(folder, "error"), failed);
    await assert.rejects(readFile(folder, "broken"), isError(new RegExp(`^Cannot read "${where}broken": .*body`)));
  });
  const folder = await openFolder(gone);
  await assert.rejects(readFile(folder, "a"), isError(new RegExp(`^Cannot read "${gone}a": .*refused`, "i")));
});

Deno.test("http: a file that is cut short while it is sent is an error that names it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const where = `http://127.0.0.1:${listener.addr.port}/model/`;
  const serve = async (answer: string) => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(10_000));
    await connection.write(new TextEncoder().encode(answer));
  };
  const answers: [answer: string, length: string][] = [
    ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345", "5 of 10 bytes"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n", "5 bytes"],
  ];
  for (const [answer, length] of answers) {
    const serving = serve(answer);
    const message = new RegExp(`^Cannot read "${where}config.json": it broke off after ${length}: .+; load it again$`);
    await assert.rejects((await openFolder(where)).find("config.json"), isError(message));
    await serving;
  }
  listener.close();
});

Deno.test("http: a length for which there is no memory is an error that names the file", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const answering = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 9007199254740000\r\n\r\nshort";
    await connection.write(new TextEncoder().encode(head));
    await connection.read(new Uint8Array(4096)); // until it is closed
  })();
  await assert.rejects(
    readFile(await openFolder(url), "config.json"),
    isError(
      `Cannot read "${url}config.json": 9007199254740000 bytes do not fit in memory; if the file is smaller, the server ` +
        "announced a wrong content-length",
    ),
  );
  await answering.catch(() => {});
  listener.close();
});

Deno.test("http: no error tells the credentials and the query of a URL", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const answering = (async () => {
    for (const answer of ["", "HTTP/1.1 302 Found\r\nlocation: http://[bad\r\ncontent-length: 0\r\n\r\n"]) {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(answer));
    }
  })();
  const secretly = (host: string) => `http://secret:secret@${host}/models?key=secret)#secret`;
  const attempts: [name: string, where: string, options?: { local_files_only: boolean }][] = [
    ["CheckpointError", secretly(`127.0.0.1:${port}`)],
    ["CheckpointError", secretly(`127.0.0.1:${port}`)],
    ["CheckpointError", secretly("127.0.0.1:1")],
    ["CheckpointError", secretly("127.0.0.1"), { local_files_only: true }],
    ["TypeError", secretly("127.0.0.1:99999")],
    ["TypeError", secretly("127.0.0.1").replace("http", "ftp")],
  ];
  for (const [name, where, options] of attempts) {
    const error = await openFolder(where, options).then((folder) => folder.find("config.json")).catch((error) => error);
    assert.equal(error.name, name);
    assert.match(error.message, /^Cannot (read|open) "(http|ftp):\/\/127\.0\.0\.1.*\/models(\/config.json)?": /);
    assert.doesNotMatch(Deno.inspect(error), /secret(?!ly)/, where);
  }
  await answering;
  listener.close();
});

Deno.test("http: an error of the progress callback is told as it is, and ends the download", () =>
  withServer(async (origin) => {
    for (const status of ["initiate", "download", "progress", "progress_total", "done"]) {
      const error = new TypeError("show is not a function");
      const progress_callback = (info: ProgressInfo) => {
        if (info.status === status) throw error;
      };
      const folder = await openFolder(`${origin}/models/a b`, { progress_callback });
      for (const file of ["large", "chunked"]) {
        await assert.rejects(folder.find(file), (found) => found === error, `${status}, ${file}`);
      }
    }
  }));

Deno.test("http: progress is never more than all, if the announced length is that of a compressed body", async () => {
  const response = new Response(new Uint8Array(5), { headers: { "content-length": "3" } });
  const told: unknown[] = [];
  assert.equal((await readBody(response, (...sizes) => told.push(sizes))).byteLength, 5);
  assert.deepEqual(told, [[5, undefined]]);
});

Deno.test("http: local_files_only makes no call", () =>
  withServer(async (origin, requests) => {
    await assert.rejects(
      openFolder(`${origin}/models`, { local_files_only: true }),
      isError(`Cannot open "${origin}/models": local_files_only is set, and this is not local`),
    );
    assert.equal(requests.length, 0);
  }));

Deno.test("http: a signal ends the request", () =>
  withServer(async (origin) => {
    const folder = await openFolder(`${origin}/models/a b`, { signal: AbortSignal.abort(new Error("enough")) });
    await assert.rejects(readFile(folder, "config.json"), { message: "enough" });
    await assert.rejects(has(folder, "config.json"), { message: "enough" });
  }));

Deno.test("readSafetensors reads a URL too", () =>
  withServer(async (origin) => {
    const file = await readSafetensors(new URL(`${origin}/models/a b/model.safetensors`));
    assert.deepEqual(file.get("w")?.data, Float32Array.of(1, 2, 3));
    const none = `${origin}/none`;
    await assert.rejects(readSafetensors(none), isError(`Cannot read "${none}": there is no such file`));
  }));
