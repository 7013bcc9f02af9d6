/** A host of modules: the repository over http. */

const ROOT = new URL("../../", import.meta.url);
const TYPES: Record<string, string> = {
  ts: "application/typescript",
  json: "application/json",
  wgsl: "text/plain",
};

async function serveFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url); // normalised: it holds no ".."
  try {
    const bytes = await Deno.readFile(new URL(`.${pathname}`, ROOT));
    const type = TYPES[pathname.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    return new Response(request.method === "HEAD" ? null : bytes, { headers: { "content-type": type } });
  } catch {
    return new Response("no such file", { status: 404 });
  }
}

/** Serves the files of the repository, read-only. @returns The server, and its host and port. */
export function moduleHost(): AsyncDisposable & { readonly host: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serveFile);
  return { host: `127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}
