/** The service: a `fetch` handler over some models. */

import type { ServedModel } from "./models/served_model.ts";
import { type Context, cors, OpenAPIHono } from "./deps.ts";
import { errorResponse, HttpError, httpErrorFrom, STATUS } from "./http/errors.ts";
import { handlerOf, type Noted, type Service } from "./http/handler.ts";
import { keyCheck } from "./http/key.ts";
import { Gate } from "./life/gate.ts";
import { Metrics } from "./metrics/metrics.ts";
import { Models } from "./models/models.ts";
import { type ServerOptions, settingsOf } from "./options.ts";
import { OWN_TASK, ROUTES } from "./routes/all.ts";
import { describeRoutes, documentOf, documentPage, startPage } from "./routes/document.ts";
import { ownRoute } from "./routes/own_task.ts";
import type { Route } from "./routes/route.ts";
import { addStateRoutes, stateRoutes } from "./routes/state.ts";

export type { LogEntry } from "./http/log.ts";
export type { ModelToServe, ServerOptions } from "./options.ts";

/** A service, as `deno serve` and `Deno.serve` take it. */
export interface App {
  /** Answers a request. It may be called before the models are loaded: then it answers 503. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Resolves when the models are loaded. Rejects if one of them cannot be. */
  readonly ready: Promise<void>;
  /** Takes no more requests, and resolves when those under way are answered. */
  drain(): Promise<void>;
  /** Drains, and frees the models. */
  close(): Promise<void>;
  /** {@linkcode App.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** An id that a client may give its request. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * Makes a service of some models, and begins to load them.
 *
 * @throws {RangeError} If an option's value is not allowed.
 *
 * @example
 * ```ts ignore
 * const app = createApp({ models: ["examples/models/wordnet/mlm"] });
 * await app.ready;
 * export default { fetch: app.fetch }; // for deno serve
 * ```
 */
export function createApp(options: ServerOptions): App {
  const settings = settingsOf(options);
  const metrics = new Metrics();
  const gate = new Gate(settings.maxConcurrentRequests);
  let isFatal = false;
  const onFatal = (error: Error) => {
    if (isFatal) return;
    isFatal = true;
    settings.onFatal?.(error);
  };
  const models = new Models(settings, { metrics, onFatal });
  const app = routesOf({ settings, models, gate, metrics });
  const checkKey = keyCheck(settings.apiKey);

  const fetch = async (request: Request): Promise<Response> => {
    const started = performance.now();
    const given = request.headers.get("x-request-id");
    const id = given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    const noted: Noted = {};
    const known: Known = { request, started, checkKey, note: (some) => Object.assign(noted, some) };
    const response = await app.fetch(request, known);
    response.headers.set("x-request-id", id);
    const status = known.isLeft ? STATUS.Cancelled : response.status;
    settings.log?.({
      time: new Date().toISOString(),
      level: status >= 500 || status === 424 ? "error" : "info",
      request_id: id,
      method: request.method,
      route: known.route ?? "",
      status,
      duration_ms: Math.round(performance.now() - started),
      ...noted,
      ...(known.error !== undefined && { error: known.error }),
    });
    return response;
  };
  const ready = models.start();
  ready.catch(() => {}); // whoever awaits it is told
  const drain = () => gate.drain();
  const close = async () => {
    await drain();
    models.close();
  };
  return { fetch, ready, drain, close, [Symbol.asyncDispose]: close };
}

/** What goes along with a request. */
interface Known {
  readonly request: Request;
  readonly started: number;
  readonly checkKey: (request: Request) => void;
  readonly note: (noted: Noted) => void;
  route?: string;
  error?: string;
  /** Whether the client has left before its answer. */
  isLeft?: boolean;
}

function routesOf(service: Service): OpenAPIHono {
  const app = new OpenAPIHono();
  const { settings, models, metrics } = service;
  const known = (c: Context) => c.env as Known;
  if (settings.corsAllowOrigin.length > 0) {
    const origin = settings.corsAllowOrigin.includes("*") ? "*" : [...settings.corsAllowOrigin];
    app.use(cors({ origin, exposeHeaders: ["*"], maxAge: 600 }));
  }
  app.use(async (c, next) => {
    known(c).checkKey(c.req.raw);
    await next();
  });
  const add = (path: string, route: Route | ((model: ServedModel, body: unknown) => Route)) => {
    const handle = handlerOf(service, route);
    app.post(path, (c) => {
      known(c).route = path;
      return handle(known(c));
    });
  };
  for (const route of ROUTES) for (const path of [route.path, ...route.aliases]) add(path, route);
  for (const path of OWN_TASK) add(path, ownRoute);
  describeRoutes(app);
  addStateRoutes(app, stateRoutes(service, { began: Math.floor(Date.now() / 1000) }));
  const document = documentOf(app, { hasKey: settings.apiKey !== undefined });
  app.get("/openapi.json", () => Response.json(document));
  app.get("/api-doc/openapi.json", () => Response.json(document));
  const html = (text: string) => new Response(text, { headers: { "content-type": "text/html; charset=utf-8" } });
  app.get("/docs", () => html(documentPage(document)));
  app.get("/", () => html(startPage(models.names)));
  app.notFound((c) => errorResponse(lost(app, c.req.path), c.req.path));
  app.onError((thrown, c) => {
    const error = httpErrorFrom(thrown);
    metrics.fail(error.failure);
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    known(c).isLeft = error.type === "Cancelled";
    known(c).error = `${error.message}${cause}`;
    return errorResponse(error, c.req.path);
  });
  return app;
}

/** Why nothing answers on a path: it takes other methods, or there is nothing. */
function lost(app: OpenAPIHono, path: string): HttpError {
  const segments = path.split("/");
  const isLike = (pattern: string) => {
    const parts = pattern.split("/");
    return parts.length === segments.length &&
      parts.every((part, i) => part === segments[i] || (part.startsWith(":") && segments[i] !== ""));
  };
  const methods = new Set(
    app.routes.filter((one) => one.method !== "ALL" && isLike(one.path)).map((one) => one.method),
  );
  if (methods.size === 0) return new HttpError("NotFound", "There is no such route; GET /docs lists them");
  const allow = [...methods, ...(methods.has("GET") ? ["HEAD"] : [])].join(", ");
  return new HttpError("MethodNotAllowed", `The route takes ${allow}`, { headers: { allow } });
}
