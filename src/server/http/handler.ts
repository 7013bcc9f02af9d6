/** Answers the requests that are for a model. */

import type { Span } from "../deps.ts";
import type { Gate } from "../life/gate.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Models } from "../models/models.ts";
import type { ServedModel } from "../models/served_model.ts";
import type { Settings } from "../options.ts";
import { type Route, schemaMessage } from "../routes/route.ts";
import { readJson } from "./body.ts";
import { Call, checkFinite, timingHeaders } from "./call.ts";
import { deadlineOf } from "./deadline.ts";
import { HttpError, httpErrorFrom, invalid } from "./errors.ts";
import type { LogEntry } from "./log.ts";
import { spanned, spanTimes } from "./spans.ts";

/** What a handler works with. */
export interface Service {
  readonly settings: Settings;
  readonly models: Models;
  readonly gate: Gate;
  readonly metrics: Metrics;
}

/** What the log has of a request, besides what the outside of it says. */
export type Noted = Partial<Pick<LogEntry, "tokens" | "queue_ms" | "inference_ms" | "model">>;

/** What a request is asked in. */
export interface Asked {
  readonly request: Request;
  /** When it came, by `performance.now()`. */
  readonly started: number;
  /** Receives what the log has of it. */
  readonly note: (noted: Noted) => void;
}

/** A handler of the requests of a route. @param route Of a path, or of a model and a body. */
export function handlerOf(
  { settings, models, gate, metrics }: Service,
  route: Route | ((model: ServedModel, body: unknown) => Route),
): (asked: Asked) => Promise<Response> {
  const { bodyTimeoutMs: timeoutMs, requestTimeoutMs, payloadLimit: bytes, autoTruncate } = settings;

  async function answered({ request, started, note }: Asked, span: Span): Promise<Response> {
    using deadline = deadlineOf(request.signal, requestTimeoutMs);
    const json = withParameters(await deadline.race(readJson(request, { bytes, timeoutMs })), request.headers);
    const keeper = models.find(nameIn(json));
    return await deadline.race(keeper.use(async (model) => {
      const own = typeof route === "function" ? route(model, json) : route;
      const body = own.request.safeParse(json);
      if (!body.success) throw invalid(schemaMessage(body.error));
      const inputs = own.inputsOf(body.data);
      const size = Array.isArray(inputs)
        ? { method: "batch" as const, inputs: inputs.length }
        : { method: "single" as const, inputs: 1 };
      metrics.ask(own.family, size);
      const { signal } = deadline;
      const mostInputs = settings.maxClientBatchSize;
      const call = new Call({ model, signal, started, autoTruncate, mostInputs });
      const answer = await own.answer(body.data, call);
      checkFinite(answer);
      const { times } = call;
      metrics.answer(own.family, { ...size, times });
      note({
        model: model.name,
        tokens: times.tokens,
        queue_ms: Math.round(times.queueMs),
        inference_ms: Math.round(times.computeMs),
      });
      spanTimes(span, times);
      return Response.json(answer, { headers: timingHeaders(times) });
    }));
  }

  return async (asked) => {
    const leave = gate.enter();
    metrics.begin();
    try {
      return await spanned("request", (span) => answered(asked, span));
    } catch (error) {
      throw httpErrorFrom(error);
    } finally {
      metrics.end();
      leave();
    }
  };
}

/**
 * A body as its sender means it. `@huggingface/inference` expects the answers of an inference endpoint, which a body asks
 * for by `parameters`, and leaves these out if its own caller does.
 */
function withParameters(body: unknown, headers: Headers): unknown {
  if (!headers.get("user-agent")?.startsWith("@huggingface/inference/")) return body;
  if (typeof body !== "object" || body === null || Array.isArray(body) || "parameters" in body) return body;
  return { ...body, parameters: {} };
}

/** The model that a body names. @throws {HttpError} If it is no object, or the name no string. */
function nameIn(body: unknown): string | null | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("the body must be a JSON object");
  }
  const { model } = body as { model?: unknown };
  if (model === undefined || model === null || typeof model === "string") return model;
  throw new HttpError("Validation", "Input validation error: `model`: it must be a string");
}
