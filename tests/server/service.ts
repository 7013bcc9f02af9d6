/** What the tests of the service share: services over small models, and requests. */

import assert from "node:assert/strict";
import { type App, createApp, type ServerOptions } from "../../src/server/app.ts";
import { pipelineModel } from "../golden/pipelines/pipeline_case.ts";

/** A shipped model. */
export const shipped = (name: "mlm" | "topic" | "tag" | "choose") =>
  new URL(`../../examples/models/wordnet/${name}/`, import.meta.url);

/** A service whose models are loaded in this thread, if nothing else is said. */
export async function served(options: ServerOptions): Promise<App> {
  const app = createApp({ worker: false, warmup: false, ...options });
  await app.ready;
  return app;
}

/** Every kind of model, by name. */
export async function allKinds(): Promise<{ source: URL | Map<string, Uint8Array>; name: string }[]> {
  return [
    { source: shipped("mlm"), name: "mlm" },
    { source: shipped("topic"), name: "topic" },
    { source: shipped("tag"), name: "tag" },
    { source: shipped("choose"), name: "choose" },
    { source: await pipelineModel("nli"), name: "nli" },
    { source: await pipelineModel("one-label"), name: "rank" },
  ];
}

/** An answer of a service. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Its JSON, or its text. */
  body: unknown;
}

/** What is sent. */
export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  /** The JSON, the text or the bytes of its body. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks a service. */
export async function ask(app: App, path: string, { method, headers = {}, body, signal }: Sent = {}): Promise<Answer> {
  const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await app.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: isRaw ? body as BodyInit : JSON.stringify(body) }),
      ...(signal && { signal }),
    }),
  );
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("application/json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Posts JSON, and gives the answer's, which must be a 200. */
export async function post(app: App, path: string, body: unknown): Promise<unknown> {
  const answer = await ask(app, path, { body });
  assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Compares answers whose numbers may differ by 1e-5 of their size, or of 1. */
export function assertNear(found: unknown, expected: unknown, path = "answer"): void {
  if (typeof expected === "number") {
    const bound = 1e-5 * Math.max(1, Math.abs(expected));
    assert(Math.abs(Number(found) - expected) <= bound, `${path}: ${found}, expected ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(Object(found)), Object.keys(expected), path);
    for (const [key, value] of Object.entries(expected)) {
      assertNear((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.deepEqual(found, expected, path);
}
