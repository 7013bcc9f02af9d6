/** A request under way: its model, its signal, its times. */

import type { CallOptions, CallTiming } from "../../../mod.ts";
import type { Pipelines, ServedModel } from "../models/served_model.ts";
import { HttpError, invalid } from "./errors.ts";

/** What a request took. */
export interface Times extends CallTiming {
  readonly totalMs: number;
  readonly characters: number;
}

/** How many characters of a text a token may have at most; what is longer is cut, or refused, before it is tokenized. */
const CHARACTERS = 250;

/** What there is of a request besides its body. */
export class Call {
  readonly model: ServedModel;
  /** Aborted when the client is gone, or the request takes too long. */
  readonly signal: AbortSignal;
  readonly #started: number;
  readonly #autoTruncate: boolean;
  readonly #mostInputs: number;
  #times = { tokens: 0, tokenizeMs: 0, queueMs: 0, computeMs: 0 };
  #characters = 0;

  constructor(
    { model, signal, started, autoTruncate, mostInputs }: {
      model: ServedModel;
      signal: AbortSignal;
      /** By `performance.now()`. */
      started: number;
      autoTruncate: boolean;
      mostInputs: number;
    },
  ) {
    this.model = model;
    this.signal = signal;
    this.#started = started;
    this.#autoTruncate = autoTruncate;
    this.#mostInputs = mostInputs;
  }

  /** The pipeline of a task. @throws {HttpError} If the model has none. */
  pipeline<T extends keyof Pipelines>(task: T): NonNullable<Pipelines[T]> {
    const found = this.model.pipelines[task];
    if (found !== undefined) return found as NonNullable<Pipelines[T]>;
    const tasks = Object.keys(this.model.pipelines).join(", ");
    throw invalid(`the model ${this.model.name} cannot do ${task}, only ${tasks}`, "model_type");
  }

  /** Options of each call of a pipeline. */
  options(): CallOptions {
    return { signal: this.signal, timing_callback: (timing) => this.#add(timing) };
  }

  /** Whether texts are cut. */
  truncation(asked: boolean | null | undefined): boolean {
    return asked ?? this.#autoTruncate;
  }

  /**
   * A text that is to be tokenized: cut to a length that all its tokens are within, if it may be cut.
   *
   * @throws {HttpError} If it is much too long, and may not be cut.
   */
  text(text: string, { truncate, side = "right" }: { truncate: boolean; side?: "left" | "right" | undefined }): string {
    this.#characters += text.length;
    const most = CHARACTERS * this.model.maxInputLength;
    if (text.length <= most) return text;
    if (truncate) return side === "left" ? text.slice(-most) : text.slice(0, most);
    throw invalid(
      `\`inputs\` must have less than ${this.model.maxInputLength} tokens. Given: ${text.length} characters`,
    );
  }

  /** Checks how many inputs a request has. @throws {HttpError} If they are too many. */
  checkCount(count: number): void {
    if (count <= this.#mostInputs) return;
    throw invalid(`batch size ${count} > maximum allowed batch size ${this.#mostInputs}`, "batch_size");
  }

  /** Runs work that makes tokens by itself. */
  tokenize<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#times.tokenizeMs += performance.now() - start;
    }
  }

  /** Counts tokens that were made so. */
  count(tokens: number): void {
    this.#times.tokens += tokens;
  }

  /** What it took so far. */
  get times(): Times {
    return { ...this.#times, totalMs: performance.now() - this.#started, characters: this.#characters };
  }

  #add(timing: CallTiming): void {
    for (const name of ["tokens", "tokenizeMs", "queueMs", "computeMs"] as const) this.#times[name] += timing[name];
  }
}

/** The headers that tell what a request took, in whole milliseconds. */
export function timingHeaders(times: Times): Record<string, string> {
  const whole = (value: number) => `${Math.round(value)}`;
  return {
    "x-compute-type": "gpu",
    "x-compute-time": whole(times.totalMs),
    "x-compute-characters": whole(times.characters),
    "x-compute-tokens": whole(times.tokens),
    "x-total-time": whole(times.totalMs),
    "x-tokenization-time": whole(times.tokenizeMs),
    "x-queue-time": whole(times.queueMs),
    "x-inference-time": whole(times.computeMs),
  };
}

/** @throws {HttpError} If a number of an answer is not finite: JSON would make `null` of it. */
export function checkFinite(answer: unknown): void {
  if (typeof answer === "number") {
    if (Number.isFinite(answer)) return;
    throw new HttpError("Backend", "The model gave a number that is not finite, so the answer is withheld");
  }
  if (typeof answer !== "object" || answer === null) return;
  for (const part of Array.isArray(answer) ? answer : Object.values(answer)) checkFinite(part);
}
