/** A web server for tests that may break every rule: its answers are bytes, cut or stalled as a test wants. */

import { writeAll } from "../../../src/io/local/atomic_write.ts";

/** A request as it came. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
}

/** An answer. */
export interface RawReply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Closes the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Sends nothing more after so many bytes of the body, and keeps the connection open. */
  stallAfter?: number;
  /** Closes the connection without an answer. */
  drop?: boolean;
  /** Sends so many bytes at once, with a pause. */
  pace?: { bytes: number; milliseconds: number };
  /** These bytes in place of an HTTP answer. */
  garbage?: string;
}

/** A server that runs. */
export interface RawServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export function serveRaw(
  answer: (request: RawRequest) => RawReply | Promise<RawReply>,
  onSent: (request: RawRequest, bytes: number) => void = () => {},
): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const running = new Set<Promise<void>>();
  const ending = new AbortController();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      const work = handle(connection, { answer, onSent, ending: ending.signal }).catch(() => {}).finally(() => {
        open.delete(connection);
        running.delete(work);
        try {
          connection.close();
        } catch {
          // it is closed already
        }
      });
      running.add(work);
    }
  })();
  return {
    origin: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async close() {
      listener.close();
      ending.abort();
      await accepting.catch(() => {});
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // it is closed already
        }
      }
      await Promise.all(running);
    },
  };
}

async function handle(
  connection: Deno.TcpConn,
  { answer, onSent, ending }: {
    answer: (request: RawRequest) => RawReply | Promise<RawReply>;
    onSent: (request: RawRequest, bytes: number) => void;
    ending: AbortSignal;
  },
): Promise<void> {
  const request = await readRequest(connection);
  if (request === null) return;
  const reply = await answer(request);
  if (reply.drop) return;
  if (reply.garbage !== undefined) return await writeAll(connection, new TextEncoder().encode(reply.garbage));
  const headers = { "content-length": `${reply.body.byteLength}`, connection: "close", ...reply.headers };
  const lines = Object.entries(headers).filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
  await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${reply.status} X\r\n${lines.join("\r\n")}\r\n\r\n`));
  if (request.method === "HEAD") return;
  const end = Math.min(reply.body.byteLength, reply.cutAfter ?? Infinity, reply.stallAfter ?? Infinity);
  const step = reply.pace?.bytes ?? Math.max(end, 1);
  for (let at = 0; at < end; at += step) {
    const part = reply.body.subarray(at, Math.min(end, at + step));
    await writeAll(connection, part);
    onSent(request, part.byteLength);
    if (reply.pace) await new Promise((resolve) => setTimeout(resolve, reply.pace!.milliseconds));
  }
  if (reply.stallAfter !== undefined) {
    // Until the client gives up, or the server ends.
    const closed = connection.read(new Uint8Array(1)).catch(() => {});
    await Promise.race([closed, new Promise((resolve) => ending.addEventListener("abort", resolve, { once: true }))]);
  }
}

async function readRequest(connection: Deno.TcpConn): Promise<RawRequest | null> {
  let text = "";
  const part = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(part);
    if (count === null) return null;
    text += new TextDecoder().decode(part.subarray(0, count));
  }
  const [first, ...lines] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
  const [method, path] = first!.split(" ");
  const headers = new Headers(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  }));
  return { method: method!, path: path!, headers };
}
