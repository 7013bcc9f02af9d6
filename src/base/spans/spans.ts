/**
 * Spans: what this thread does and when, for a profile. Nobody listens unless one is under way, and then nothing is
 * measured, allocated or kept.
 */

/** Spans that belong together: a lane of a trace. */
export type Lane = "process" | "tokenizer" | "jobs" | "scheduler";

/** What a span is about, by name. */
export type SpanDetails = Readonly<Record<string, unknown>>;

/** Something that took time. */
export interface Span {
  readonly lane: Lane;
  readonly name: string;
  /** In ms, by `performance.now()`. */
  readonly start: number;
  readonly end: number;
  readonly details?: SpanDetails | undefined;
}

/** Receives spans, each when it ends. */
export type SpanListener = (span: Span) => void;

/** The start of a span while nobody listens. */
const UNHEARD = -1;

let listener: SpanListener | null = null;

/** Passes the spans that begin from now on to a listener; null for nobody. */
export function listenToSpans(next: SpanListener | null): void {
  listener = next;
}

/** The start of a span, for {@linkcode endSpan}. */
export function beginSpan(): number {
  return listener === null ? UNHEARD : performance.now();
}

/** Ends a span that {@linkcode beginSpan} began. */
export function endSpan(start: number, lane: Lane, name: string, details?: SpanDetails): void {
  if (listener !== null && start !== UNHEARD) listener({ lane, name, start, end: performance.now(), details });
}

/** Makes a span of some work. */
export async function spanned<T>(lane: Lane, name: string, work: () => Promise<T>): Promise<T> {
  const start = beginSpan();
  try {
    return await work();
  } finally {
    endSpan(start, lane, name);
  }
}
