/** The description of the routes: `/openapi.json`, and `/docs` for people. */

import manifest from "../../../deno.json" with { type: "json" };
import { type OpenAPIHono, z } from "../deps.ts";
import { STATUS } from "../http/errors.ts";
import { ROUTES } from "./all.ts";
import type { Route } from "./route.ts";

/** What errors look like. */
const errorSchema = z.object({
  error: z.string(),
  error_type: z.enum(Object.keys(STATUS) as [string, ...string[]]),
}).openapi("Error");

const openAiErrorSchema = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }),
}).openapi("OpenAiError");

/** The errors of every route that a model answers, by their status. */
const ERRORS: Readonly<Record<number, string>> = {
  400: "No JSON, or nothing in it",
  401: "No key, or a wrong one",
  404: "No model of that name",
  408: "The body did not come in time",
  413: "The body is too large",
  415: "The body is no JSON, or compressed",
  422: "The body is not as it should be, or does not fit the model",
  424: "The model gave no finite answer",
  429: "Too many requests at a time",
  503: "The model is not there, or the request waited too long",
  504: "The request took too long",
};

/** Describes the routes of models. */
export function describeRoutes(app: OpenAPIHono): void {
  for (const route of ROUTES) for (const path of [route.path, ...route.aliases]) describe(app, path, route);
  for (const path of ["/", "/invocations"]) {
    describe(app, path, {
      summary: "The model's own task, as on an inference endpoint of Hugging Face",
      description: "The body and the answer are those of the route of its task.",
      request: z.looseObject({ inputs: z.unknown() }).openapi("OwnTaskRequest"),
      response: z.unknown(),
    });
  }
}

function describe(
  app: OpenAPIHono,
  path: string,
  { summary, description, request, response }: Pick<Route, "summary" | "description" | "request" | "response">,
): void {
  const schema = path.startsWith("/v1/") ? openAiErrorSchema : errorSchema;
  const errors = Object.entries(ERRORS).map(([status, text]) => {
    return [status, { description: text, content: { "application/json": { schema } } }];
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path,
    summary,
    ...(description !== undefined && { description }),
    tags: [path.startsWith("/v") ? "other services" : "tasks"],
    request: { body: { required: true, content: { "application/json": { schema: request } } } },
    responses: {
      200: { description: "The answer", content: { "application/json": { schema: response } } },
      ...Object.fromEntries(errors),
    },
  });
}

/** The document. @param hasKey Whether requests must have a key. */
export function documentOf(app: OpenAPIHono, { hasKey }: { hasKey: boolean }): Record<string, unknown> {
  if (hasKey) app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "NarrowBERT",
      version: manifest.version,
      description: "Embeddings, classification, fill-mask and other tasks, by NarrowBERT on WebGPU.",
      license: { name: manifest.license },
    },
    servers: [{ url: "/" }],
    ...(hasKey && { security: [{ key: [] }] }),
  }) as unknown as Record<string, unknown>;
}

/** An operation, as far as the page shows it. */
interface Operation {
  summary?: string;
  description?: string;
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, { description: string }>;
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

const STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" +
  "code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#8881;padding:.75rem;overflow:auto}" +
  "summary{cursor:pointer;padding:.25rem 0}:root{color-scheme:light dark}";

/** A page with the routes of a document, which needs nothing else. */
export function documentPage(document: Record<string, unknown>): string {
  const { paths, components } = document as {
    paths: Record<string, Record<string, Operation>>;
    components?: { schemas?: Record<string, unknown> };
  };
  const shown = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary = "", description, requestBody, responses }]) => {
      const schema = requestBody?.content["application/json"]?.schema;
      const body = schema?.$ref === undefined ? schema : components?.schemas?.[schema.$ref.split("/").at(-1)!];
      return `<details><summary><code>${method.toUpperCase()} ${escape(path)}</code> ${escape(summary)}</summary>` +
        (description === undefined ? "" : `<p>${escape(description)}</p>`) +
        (body === undefined ? "" : `<pre>${escape(JSON.stringify(body, null, 2))}</pre>`) +
        `<p>${Object.entries(responses).map(([code, one]) => `${code} ${escape(one.description)}`).join("<br>")}</p>` +
        "</details>";
    })
  );
  return page(
    "NarrowBERT: routes",
    `<p>The whole description: <a href="openapi.json">openapi.json</a></p>${shown.join("")}`,
  );
}

/** The page at `/`. */
export function startPage(names: readonly string[]): string {
  const models = names.map((name) => `<code>${escape(name)}</code>`).join(", ");
  return page("NarrowBERT", `<p>Models: ${models}</p><p><a href="docs">Routes</a></p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}</html>`;
}
