/** What the driver and a side say to each other: a line of JSON each. */

import type { SampleSize } from "./sample.ts";
import type { Time } from "./stopwatch.ts";

/** What a side is asked for: to warm up for a work, or one sample of it. */
export interface Request {
  work: string;
  /** Null for the warm-up. */
  size: SampleSize | null;
}

/** What a side answers: the first time, unasked, its works, and then times, or what went wrong with a work. */
export type Answer = { works: string[] } | { time: Time } | { error: string };

/** A message as a line. */
export function lineOf(message: Request | Answer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message) + "\n");
}

/** @throws {SyntaxError} If a line is no request. */
export function parseRequest(line: string): Request {
  const { work, size } = objectOf(line, "request");
  if (typeof work !== "string" || typeof size !== "object") throw wrong(line, "request");
  if (size === null) return { work, size };
  const { parts, repeats } = size as Partial<SampleSize>;
  if (!isCount(parts) || !isCount(repeats)) throw wrong(line, "request");
  return { work, size: { parts, repeats } };
}

/** @throws {SyntaxError} If a line is no answer. */
export function parseAnswer(line: string): Answer {
  const { works, time, error } = objectOf(line, "answer");
  if (Array.isArray(works) && works.every((work) => typeof work === "string")) return { works };
  if (typeof time === "object" && time !== null) {
    const { wall, cpu } = time as Partial<Time>;
    // A clock of processor time may be too coarse to move.
    if (typeof wall === "number" && wall > 0 && typeof cpu === "number" && cpu >= 0) return { time: { wall, cpu } };
  }
  if (typeof error === "string") return { error };
  throw wrong(line, "answer");
}

/** The lines of a stream, however it is cut into chunks. A last line without an end is dropped. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function objectOf(line: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong(line, what);
  }
  if (typeof value !== "object" || value === null) throw wrong(line, what);
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function wrong(line: string, what: string): SyntaxError {
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return new SyntaxError(`Cannot read ${JSON.stringify(shown)}: it is no ${what} of bench/against/protocol.ts`);
}
