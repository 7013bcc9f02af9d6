/** A page in headless Chromium with WebGPU on SwiftShader, and the local server that it is from. */
import { chromium, type Page } from "npm:playwright-core@1.65.1";

/** Where Debian's package puts the browser; the variable `CHROMIUM` names another. */
const DEFAULT_PATH = "/usr/bin/chromium";

/** What Chromium is started with. */
export const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // The browser asks nothing of the network: without one it would fill the log.
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page and its server; dispose of it when done. */
export interface Site extends AsyncDisposable {
  /** Origin of the server, with a slash at its end. */
  readonly origin: string;
  readonly page: Page;
}

/**
 * Opens an empty page. WebGPU exists in secure contexts only, and a page of this machine's own server is one.
 *
 * @param answer What the server answers to a path other than `/`; by default nothing is there.
 * @throws {Error} If Chromium is not installed.
 */
export async function openSite(answer?: (path: string) => Promise<Response>): Promise<Site> {
  const executablePath = Deno.env.get("CHROMIUM") ?? DEFAULT_PATH;
  const browser = await chromium.launch({ executablePath, args: FLAGS }).catch((cause) => {
    throw new Error(`Cannot start ${executablePath}: run apt-get install chromium, or set CHROMIUM`, { cause });
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const path = decodeURIComponent(new URL(url).pathname);
    if (path === "/") {
      const html = "<!doctype html><title>NarrowBERT</title><link rel=icon href=data:,>";
      return new Response(html, { headers: { "content-type": "text/html" } });
    }
    return await answer?.(path) ?? new Response("not here", { status: 404 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}/`;
  const page = await (await browser.newContext()).newPage();
  await page.goto(origin);
  return {
    origin,
    page,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.shutdown();
    },
  };
}
