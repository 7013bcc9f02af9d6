/** The events of a trace, up to a number of them. */

import type { Lane, Span } from "../../base/spans/spans.ts";
import type { KernelWork } from "../../gpu/profiling/kernel_store.ts";

/** A span of the process, or of the GPU. */
export interface TraceEvent extends Omit<Span, "lane"> {
  readonly lane: Lane | "GPU";
  /** Of the run of a kernel: what it computed. */
  readonly kernel?: { readonly label: string; readonly work: KernelWork | null };
}

/** Spans of a lane and name that are so near to each other, in ms, become one, until it is so long. */
const JOIN = { gap: 0.2, longest: 20 };

/** A span in the making. */
interface OpenSpan {
  span: Span;
  count: number;
  busy: number;
}

/** Collects events; those beyond the limit are counted. */
export class EventList {
  readonly events: TraceEvent[] = [];
  readonly #most: number;
  #dropped = 0;
  #open: OpenSpan | null = null;

  /** @param most How many it holds. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many are left out. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds an event. */
  add(event: TraceEvent): void {
    if (this.events.length < this.#most) this.events.push(event);
    else this.#dropped++;
  }

  /** Adds a span that is one of very many short ones: neighbours become one event, which counts them. */
  join(span: Span): void {
    const { start, end } = span;
    const open = this.#open;
    if (open !== null && start - open.span.end <= JOIN.gap && end - open.span.start <= JOIN.longest) {
      open.count++;
      open.busy += end - start;
      open.span = { ...open.span, end };
      return;
    }
    this.flush();
    this.#open = { span, count: 1, busy: end - start };
  }

  /** Adds what {@linkcode join} has not finished. */
  flush(): void {
    const open = this.#open;
    this.#open = null;
    if (open !== null) this.add({ ...open.span, details: { texts: open.count, busy_ms: open.busy } });
  }
}
