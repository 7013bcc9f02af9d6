/** Spans of OpenTelemetry: what a request took, in parts. They go where Deno's exporter sends them, if one is on. */

import { type Span, SpanStatusCode, trace } from "../deps.ts";
import type { Times } from "./call.ts";

/** Runs the work of a request in a span of its own. */
export async function spanned<T>(name: string, work: (span: Span) => Promise<T>): Promise<T> {
  return await trace.getTracer("narrowbert").startActiveSpan(name, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The parts of a request that is answered, in the order in which they were: they ended now. */
export function spanTimes(span: Span, { tokens, tokenizeMs, queueMs, computeMs }: Times): void {
  span.setAttribute("narrowbert.tokens", tokens);
  if (!span.isRecording()) return;
  const tracer = trace.getTracer("narrowbert");
  let at = Date.now() - tokenizeMs - queueMs - computeMs;
  for (const [name, took] of [["tokenize", tokenizeMs], ["queue", queueMs], ["inference", computeMs]] as const) {
    const part = tracer.startSpan(name, { startTime: at });
    at += took;
    part.end(at);
  }
}
