/** How a route is defined: its schemas, from which its description comes, and how it answers. */

import type { z } from "../deps.ts";
import type { Call } from "../http/call.ts";
import type { Family } from "../metrics/metrics.ts";

/** A route that a model answers. */
export interface Route {
  readonly path: string;
  /** Other paths of it. */
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly description: string | undefined;
  readonly family: Family;
  readonly request: z.ZodType;
  readonly response: z.ZodType;
  /** How many inputs a body has, and whether they are a list. */
  inputsOf(body: unknown): unknown;
  answer(body: unknown, call: Call): Promise<unknown>;
}

/** Makes a route; its body is what its schema says. */
export function defineRoute<Schema extends z.ZodType>(
  { aliases = [], description, family = "other", inputsOf, answer, ...rest }: {
    path: string;
    aliases?: readonly string[];
    summary: string;
    description?: string;
    family?: Family;
    request: Schema;
    response: z.ZodType;
    /** The inputs of a body: one, or a list. @default its `inputs` */
    inputsOf?: (body: z.output<Schema>) => unknown;
    answer: (body: z.output<Schema>, call: Call) => Promise<unknown>;
  },
): Route {
  return {
    ...rest,
    aliases,
    description,
    family,
    inputsOf: (body) => inputsOf?.(body as z.output<Schema>) ?? (body as { inputs?: unknown }).inputs,
    answer: (body, call) => answer(body as z.output<Schema>, call),
  };
}

/** The message for a body that its schema does not allow. */
export function schemaMessage(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "the body is not as it should be";
  const place = issue.path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("").slice(1);
  const message = issue.message
    .replace(/^Invalid input: expected (\w+), received undefined$/, "it must be given, as $1")
    .replace(/^Invalid input: expected (\w+), received (\w+)$/, "it must be of type $1, got $2");
  return place === "" ? message : `\`${place}\`: ${message}`;
}
