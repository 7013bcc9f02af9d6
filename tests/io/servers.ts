/** Web servers for tests, which note what they are asked. */

/** A server that runs. */
export interface FileServer {
  /** The folder's URL. */
  readonly url: string;
  /** Every request so far, as `GET /config.json`. */
  readonly requests: string[];
  /** The headers of each. */
  readonly headers: Headers[];
}

/** Serves files by their paths while a test runs. */
export async function serveFiles(
  files: ReadonlyMap<string, Uint8Array>,
  run: (server: FileServer) => Promise<void>,
): Promise<void> {
  const requests: string[] = [];
  const headers: Headers[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${pathname}`);
    headers.push(request.headers);
    const bytes = files.get(decodeURIComponent(pathname.slice(1)));
    return bytes === undefined ? new Response("none", { status: 404 }) : new Response(new Uint8Array(bytes));
  });
  try {
    await run({ url: `http://127.0.0.1:${server.addr.port}`, requests, headers });
  } finally {
    await server.shutdown();
  }
}
