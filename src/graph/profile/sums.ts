/** What a profile adds up. */

import type { Span } from "../../base/spans/spans.ts";
import type { TimedKernel } from "../../gpu/profiling/kernel_store.ts";

/** All runs of a kernel in one shape. */
export interface KernelProfile {
  /** The kernel's name, such as `matmul_tiled`. */
  readonly kernel: string;
  /** Its sizes, roughly, such as `≤128 x 768 x 256`: rows, columns and depth of a product. */
  readonly shape: string;
  /** How often it ran. */
  readonly calls: number;
  /** Milliseconds on the GPU, of all of them. */
  readonly milliseconds: number;
  /** Floating-point operations of products and attention; 0 of kernels that only memory limits. */
  readonly operations: number;
  /** Bytes of the tensors that it read and wrote. */
  readonly bytes: number;
}

/** All kernels of a part of the model. */
export interface PartProfile {
  /** `embeddings`, `full layers`, `narrow layers`, `head`, …; `other` if no part of a model is known. */
  readonly part: string;
  /** How many kernels ran. */
  readonly calls: number;
  /** Milliseconds on the GPU. */
  readonly milliseconds: number;
  /** Floating-point operations of products and attention. */
  readonly operations: number;
}

/** Sums of a profile; times in milliseconds. */
export interface ProfileTotals {
  /** From its start to its end. */
  readonly wall: number;
  /** From the first submission to the GPU until the last result was read. */
  readonly computing: number;
  /** On the GPU, in kernels. */
  readonly kernels: number;
  /** On the GPU, between the kernels of a submission: copies, and waits of one kernel for another. */
  readonly between: number;
  /** Of `computing`, without anything on the GPU. */
  readonly idle: number;
  /** On the CPU: texts cut into tokens. */
  readonly tokenizing: number;
  /** On the CPU: commands made, and given to the driver. */
  readonly encoding: number;
  /** On the CPU: commands given to the driver. */
  readonly submitting: number;
  /** Until the GPU was expected to be done; other things happen meanwhile. */
  readonly waiting: number;
  /** The results fetched: in Deno this keeps everything else waiting until the GPU is idle. */
  readonly reading: number;
  /** Kernels compiled. */
  readonly compiling: number;
  /** How often something was submitted. */
  readonly submissions: number;
  /** How many kernels ran. */
  readonly calls: number;
  /** Jobs for the GPU: a pass of a model each, or a reading of weights. */
  readonly jobs: number;
  /** Tokens of all passes of models. */
  readonly tokens: number;
  /** Narrow rows of all passes. */
  readonly rows: number;
}

/** Of `Sums.spans`, the spans by lane and name that a total is the sum of. */
const SPANS = {
  tokenizing: "tokenizer encode",
  encoding: "scheduler encode",
  submitting: "scheduler submit",
  waiting: "scheduler wait",
  reading: "scheduler read",
  compiling: "process compile",
} as const;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds up while it goes on, in memory that does not grow with the time. */
export class Sums {
  readonly #kernels = new Map<string, Writable<KernelProfile>>();
  readonly #parts = new Map<string, Writable<PartProfile>>();
  readonly #spans = new Map<string, { count: number; milliseconds: number }>();
  readonly #passes = { tokens: 0, rows: 0 };
  #window: { start: number; end: number } | null = null;
  #gpu = 0;

  /** Adds a span. */
  addSpan({ lane, name, start, end, details }: Span): void {
    const sum = entry(this.#spans, `${lane} ${lane === "jobs" ? "" : name}`, () => ({ count: 0, milliseconds: 0 }));
    sum.count++;
    sum.milliseconds += end - start;
    if (lane === "scheduler") {
      this.#window ??= { start, end };
      if (name === "read") this.#window.end = Math.max(this.#window.end, end);
    }
    if (lane !== "jobs" || details === undefined) return;
    const { T = 0, R = 0 } = details as Record<string, number>;
    this.#passes.tokens += T;
    this.#passes.rows += R;
  }

  /** Adds what ran in a submission, which took so many ms on the GPU. */
  addSubmission(kernels: readonly TimedKernel[], milliseconds: number): void {
    this.#gpu += milliseconds;
    for (const { label, work, start, end } of kernels) {
      const { kernel = label, shape = "", part = null, operations = 0, bytes = 0 } = work ?? {};
      const time = Number(end - start) / 1e6;
      const sum = entry(
        this.#kernels,
        `${kernel} ${shape}`,
        () => ({ kernel, shape, calls: 0, milliseconds: 0, operations: 0, bytes: 0 }),
      );
      const ofPart = entry(
        this.#parts,
        part ?? "other",
        () => ({ part: part ?? "other", calls: 0, milliseconds: 0, operations: 0 }),
      );
      for (const one of [sum, ofPart]) {
        one.calls++;
        one.milliseconds += time;
        one.operations += operations;
      }
      sum.bytes += bytes;
    }
  }

  /** Kernels, those that took longest first. */
  get kernels(): KernelProfile[] {
    return longestFirst([...this.#kernels.values()]);
  }

  /** Parts, in the order in which they first ran. */
  get parts(): PartProfile[] {
    return [...this.#parts.values()];
  }

  /** The sums of what took `wall` ms. */
  totals(wall: number): ProfileTotals {
    const spans = Object.fromEntries(
      Object.entries(SPANS).map(([name, key]) => [name, this.#spans.get(key)?.milliseconds ?? 0]),
    ) as Record<keyof typeof SPANS, number>;
    const countOf = (key: string) => this.#spans.get(key)?.count ?? 0;
    const kernels = this.parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const computing = this.#window === null ? 0 : this.#window.end - this.#window.start;
    return {
      wall,
      computing,
      kernels,
      between: Math.max(0, this.#gpu - kernels),
      idle: Math.max(0, computing - this.#gpu),
      ...spans,
      submissions: countOf(SPANS.submitting),
      calls: this.parts.reduce((sum, { calls }) => sum + calls, 0),
      jobs: countOf("jobs "),
      ...this.#passes,
    };
  }
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  let found = map.get(key);
  if (found === undefined) map.set(key, found = make());
  return found;
}

function longestFirst<T extends { readonly milliseconds: number }>(all: T[]): T[] {
  return all.sort((a, b) => b.milliseconds - a.milliseconds);
}
