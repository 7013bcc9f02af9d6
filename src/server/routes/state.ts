/** What can be known of a service: `/health`, `/ready`, `/ping`, `/info`, `/metrics`, `/v1/models`. */

import type { OpenAPIHono } from "../deps.ts";
import { z } from "../deps.ts";
import { HttpError } from "../http/errors.ts";
import type { Service } from "../http/handler.ts";
import { infoOf, infoSchema } from "../models/info.ts";

const modelSchema = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
}).openapi("Model");

/** A route without a body. */
interface StateRoute {
  readonly path: string;
  readonly summary: string;
  /** What it answers, if it is JSON. */
  readonly response?: z.ZodType;
  answer(parameter: string): Response | Promise<Response>;
}

const unhealthy = () => new HttpError("Unhealthy", "The service is not ready", { headers: { "retry-after": "1" } });

/** The routes. @param about When the service began, in seconds since 1970. */
export function stateRoutes(
  { settings, models, gate, metrics }: Service,
  { began }: { began: number },
): readonly StateRoute[] {
  const healthy = (isGood: boolean) => {
    if (isGood) return new Response(null, { status: 200 });
    throw unhealthy();
  };
  const listed = (id: string) => ({ id, object: "model", created: began, owned_by: "narrowbert" });
  const info = (name: string | undefined) => {
    const { name: found } = name === undefined ? { name: models.names[0]! } : models.find(name);
    const model = models.loaded.find((one) => one.name === found);
    if (model === undefined) throw unhealthy();
    return Response.json(infoOf(model, settings));
  };
  return [
    { path: "/health", summary: "Whether every model is there", answer: () => healthy(models.isReady) },
    {
      path: "/ready",
      summary: "Whether requests are taken: every model is there, and the service does not shut down",
      answer: () => healthy(models.isReady && !gate.isDraining),
    },
    { path: "/ping", summary: "As /health", answer: () => healthy(models.isReady) },
    { path: "/info", summary: "The model, or the first one", response: infoSchema, answer: () => info(undefined) },
    { path: "/info/{model}", summary: "A model by its served name", response: infoSchema, answer: info },
    {
      path: "/metrics",
      summary: "Metrics for Prometheus",
      async answer() {
        const { type, body } = await metrics.text();
        return new Response(body, { headers: { "content-type": type } });
      },
    },
    {
      path: "/v1/models",
      summary: "The models, in OpenAI's shape",
      response: z.object({ object: z.literal("list"), data: z.array(modelSchema) }).openapi("Models"),
      answer: () => Response.json({ object: "list", data: models.names.map(listed) }),
    },
    {
      path: "/v1/models/{model}",
      summary: "A model, in OpenAI's shape",
      response: modelSchema,
      answer(name) {
        if (models.names.includes(name)) return Response.json(listed(name));
        throw new HttpError("NotFound", `There is no model of that name, only ${models.names.join(", ")}`);
      },
    },
  ];
}

/** Registers the routes with an app, and their descriptions. */
export function addStateRoutes(app: OpenAPIHono, routes: readonly StateRoute[]): void {
  for (const { path, summary, response, answer } of routes) {
    const hasName = path.endsWith("/{model}");
    app.openAPIRegistry.registerPath({
      method: "get",
      path,
      summary,
      tags: ["state"],
      ...(hasName && { request: { params: z.object({ model: z.string() }) } }),
      responses: {
        200: {
          description: "It is so",
          ...(response !== undefined && { content: { "application/json": { schema: response } } }),
        },
      },
    });
    app.get(path.replace("{model}", ":model"), (c) => {
      (c.env as { route?: string }).route = path;
      return answer(hasName ? c.req.param("model") ?? "" : "");
    });
  }
}
