/** The packages of the service, and the one place for their versions. */

export { type Context, type MiddlewareHandler } from "npm:hono@4.13.19";
export { cors } from "npm:hono@4.13.19/cors";
export { OpenAPIHono, z } from "npm:@hono/zod-openapi@1.6.3";
export { Counter, Gauge, Histogram, Registry } from "npm:prom-client@15.1.3";
export { type Span, SpanStatusCode, trace } from "npm:@opentelemetry/api@1.10.0";
