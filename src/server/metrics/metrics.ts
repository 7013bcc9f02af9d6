/** What a service counts, by the names of Text Embeddings Inference, and `nb_` for what is this library's own. */

import type { BatchReport } from "../../../mod.ts";
import { Counter, Gauge, Histogram, Registry } from "../deps.ts";
import type { Failure } from "../http/errors.ts";
import type { Times } from "../http/call.ts";

/** The kinds of requests that have counters of their own. */
export type Family = "embed" | "predict" | "other";

/** Whether a request had one input or a list. */
export type Method = "single" | "batch";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];

const PARTS = {
  duration: "Seconds from a request to its answer",
  tokenization_duration: "Seconds of tokenizing",
  queue_duration: "Seconds in the queue",
  inference_duration: "Seconds of computing",
} as const;

/** The metrics of one service. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("te_request_count", "Requests", ["method"]);
  readonly #successes = this.#counter("te_request_success", "Requests that were answered", ["method"]);
  readonly #failures = this.#counter("te_request_failure", "Requests that failed", ["err"]);
  readonly #families = new Map((["embed", "predict"] as const).map((family) => [family, {
    count: this.#counter(`te_${family}_count`, `Inputs of ${family} requests`),
    success: this.#counter(`te_${family}_success`, `Inputs of ${family} requests that were answered`),
    times: this.#times(`te_${family}`),
  }]));
  readonly #times_ = this.#times("te_request");
  readonly #inputLength = this.#histogram("te_request_input_length", "Tokens of a request", SIZES);
  readonly #batchSize = this.#histogram("te_batch_next_size", "Sequences of a batch", SIZES);
  readonly #batchTokens = this.#histogram("te_batch_next_tokens", "Tokens of a batch", SIZES);
  readonly #queueSize = new Gauge({
    name: "te_queue_size",
    help: "Sequences that wait",
    labelNames: ["model"],
    registers: [this.#registry],
  });
  readonly #batchRows = this.#histogram("nb_batch_narrow_rows", "Narrow rows of a batch", SIZES);
  readonly #batchSeconds = this.#histogram("nb_batch_duration", "Seconds of a batch", SECONDS);
  readonly #weightBytes = this.#gauge("nb_weight_bytes", "Bytes of a model's weights on the GPU");
  readonly #reloads = this.#counter("nb_model_reloads", "How often a lost model was loaded again", ["model"]);
  readonly #active = new Gauge({
    name: "nb_active_requests",
    help: "Requests under way",
    registers: [this.#registry],
  });

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, labelNames: ["model"], registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  #times(prefix: string): Record<keyof typeof PARTS, Histogram> {
    return Object.fromEntries(
      Object.entries(PARTS).map(([part, help]) => [part, this.#histogram(`${prefix}_${part}`, help, SECONDS)]),
    ) as Record<keyof typeof PARTS, Histogram>;
  }

  /** A request has come. */
  begin(): void {
    this.#active.inc();
  }

  /** A request is over. */
  end(): void {
    this.#active.dec();
  }

  /** What a request asks is known. */
  ask(family: Family, { method, inputs }: { method: Method; inputs: number }): void {
    this.#requests.inc({ method });
    if (family !== "other") this.#families.get(family)!.count.inc(inputs);
  }

  /** A request was answered. */
  answer(family: Family, { method, inputs, times }: { method: Method; inputs: number; times: Times }): void {
    this.#successes.inc({ method });
    this.#inputLength.observe(times.tokens);
    const own = family === "other" ? undefined : this.#families.get(family)!;
    own?.success.inc(inputs);
    for (const histograms of [this.#times_, ...(own === undefined ? [] : [own.times])]) {
      histograms.duration.observe(times.totalMs / 1000);
      histograms.tokenization_duration.observe(times.tokenizeMs / 1000);
      histograms.queue_duration.observe(times.queueMs / 1000);
      histograms.inference_duration.observe(times.computeMs / 1000);
    }
  }

  /** A request has failed. */
  fail(err: Failure): void {
    this.#failures.inc({ err });
  }

  /** A model has computed a batch. */
  batch(model: string, { queries, tokens, rows, tookMs, waiting }: BatchReport): void {
    this.#batchSize.observe(queries);
    this.#batchTokens.observe(tokens);
    this.#batchRows.observe(rows);
    this.#batchSeconds.observe(tookMs / 1000);
    this.#queueSize.set({ model }, waiting);
  }

  /** A model is loaded. */
  load(model: string, bytes: number, { isAgain }: { isAgain: boolean }): void {
    this.#weightBytes.set({ model }, bytes);
    this.#queueSize.set({ model }, 0);
    if (isAgain) this.#reloads.inc({ model });
  }

  /** All of them, as Prometheus reads them. */
  async text(): Promise<{ type: string; body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
