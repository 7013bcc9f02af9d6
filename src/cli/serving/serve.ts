/** `narrowbert serve`: models behind HTTP. */

import { type App, createApp, type LogEntry } from "../../server/app.ts";
import { TASKS } from "../../pipelines/task_table.ts";
import { defineCommand } from "../command.ts";
import { openingOf } from "../models.ts";
import { UsageError, type Values } from "../options.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { LogWriter } from "./log_writer.ts";
import { SERVE_OPTIONS } from "./options.ts";

/** How long open connections without a request are waited for at the end, in ms. */
const IDLE_MS = 2000;

/** The command. */
export const serve = defineCommand({
  name: "serve",
  about: `\
Answers requests over HTTP, in the shapes of Text Embeddings Inference, OpenAI's embeddings and
Hugging Face's inference endpoints; GET /docs lists the routes. Without --model-id, the shipped model
of fill-mask. SIGTERM and SIGINT end it when the requests under way are answered.
A variable of the environment, in brackets, stands in for an option that is not given.`,
  options: SERVE_OPTIONS,
  examples: [
    "narrowbert serve",
    "narrowbert serve --model-id examples/models/wordnet/topic --port 8080",
    "narrowbert serve --model-id A --model-id B --served-model-name a --served-model-name b",
    "API_KEY=secret narrowbert serve --hostname 0.0.0.0 --max-client-batch-size 128",
  ],
  run: ({ values }, terminal) => run(values, terminal),
});

type ServeValues = Values<typeof SERVE_OPTIONS>;

async function run(values: ServeValues, terminal: Terminal): Promise<void> {
  const fatal = Promise.withResolvers<never>();
  fatal.promise.catch(() => {});
  const log = new LogWriter(terminal);
  const app = appOf(values, { terminal, log, onFatal: fatal.reject });
  const server = listen(app, values);
  const { signal } = terminal;
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([app.ready, ended, fatal.promise]);
    if (!signal.aborted) {
      await terminal.status("");
      await terminal.complain(`narrowbert: listening on ${urlOf(server.addr)}\n`);
      await Promise.race([ended, fatal.promise]);
    }
    const stopped = server.shutdown();
    await app.close();
    await Promise.race([stopped, sleep(IDLE_MS)]);
  } catch (error) {
    await Promise.race([server.shutdown(), sleep(IDLE_MS)]);
    throw error;
  } finally {
    await log.end();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

/** The service that options ask for. @throws {UsageError} If they do not fit together. */
function appOf(
  values: ServeValues,
  { terminal, log: writer, onFatal }: { terminal: Terminal; log: LogWriter; onFatal: (error: Error) => void },
): App {
  const given = values["model-id"];
  const sources = given.length > 0 ? given : [TASKS["fill-mask"].defaultModel];
  const names = values["served-model-name"];
  if (names.length > sources.length) {
    throw new UsageError(`--served-model-name names ${names.length} models, and --model-id only ${sources.length}`);
  }
  const level = values["log-level"] ?? "error";
  const log = (entry: LogEntry) => {
    if (level === "info" || entry.level === "error") writer.add(entry);
  };
  const ms = (seconds: number | undefined) => seconds === undefined ? undefined : 1000 * seconds;
  const dtype = ({ float32: "f32", float16: "f16" } as const)[values.dtype as string] ?? values.dtype as "f32" | "f16";
  try {
    return createApp({
      models: sources.map((source, i) => ({ source, name: names[i] })),
      load: { ...openingOf(values), ...(dtype !== undefined && { dtype }), signal: terminal.signal },
      worker: values.worker ?? true,
      pooling: values.pooling,
      maxConcurrentRequests: values["max-concurrent-requests"],
      maxBatchTokens: values["max-batch-tokens"],
      maxBatchRequests: values["max-batch-requests"],
      maxBatchRows: values["max-batch-rows"],
      maxClientBatchSize: values["max-client-batch-size"],
      autoTruncate: values["auto-truncate"],
      payloadLimit: values["payload-limit"],
      apiKey: values["api-key"],
      corsAllowOrigin: values["cors-allow-origin"],
      bodyTimeoutMs: ms(values["body-timeout"]),
      queueTimeoutMs: ms(values["queue-timeout"]),
      requestTimeoutMs: ms(values["request-timeout"]),
      warmup: values.warmup ?? true,
      ...(level !== "off" && { log }),
      onFatal,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** Listens. @throws {Error} If it cannot: the port is taken, or the permission missing. */
function listen(app: App, { hostname = "127.0.0.1", port = 3000 }: ServeValues): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen() {} }, (request) => app.fetch(request));
  } catch (error) {
    void app.close();
    const place = `${hostname}:${port}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Error(`Cannot listen on ${place}: another program does; choose another --port`, { cause: error });
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(`Cannot listen on ${place}: Deno needs --allow-net=${place}`, { cause: error });
    }
    throw new Error(`Cannot listen on ${place}: ${(error as Error).message}`, { cause: error });
  }
}

function urlOf({ hostname, port }: Deno.NetAddr): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
