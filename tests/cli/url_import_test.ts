import assert from "node:assert/strict";
import { runDeno } from "./processes.ts";

const ROOT = new URL("../../", import.meta.url);
const TYPES: Record<string, string> = {
  ts: "application/typescript",
  json: "application/json",
  wgsl: "text/plain",
};

/** Serves the files of the repository, read-only, as a host of modules would. */
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

Deno.test("a script in an empty folder imports mod.ts over http and classifies with the shipped model", async () => {
  const folder = await Deno.makeTempDir();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serveFile);
  const host = `127.0.0.1:${server.addr.port}`;
  await Deno.writeTextFile(
    `${folder}/script.ts`,
    `import { pipeline } from "http://${host}/mod.ts";
     using classify = await pipeline("text-classification");
     console.log(JSON.stringify(await classify("a can for holding soft drinks")));`,
  );
  try {
    const { code, stdout, stderr } = await runDeno(
      [`--reload=http://${host}/`, `--allow-import=${host}`, `--allow-net=${host}`, "script.ts"],
      { cwd: folder },
    );
    assert.equal(code, 0, stderr);
    const [best] = JSON.parse(stdout);
    assert.equal(best.label, "noun.artifact");
    assert(Math.abs(best.score - 0.962785) < 2e-4, `score ${best.score}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
