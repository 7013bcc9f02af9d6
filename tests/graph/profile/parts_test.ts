/** The parts of a profile by themselves: the GPU's clock, lanes of a trace, joined spans. */

import assert from "node:assert/strict";
import { chromeTrace } from "../../../src/graph/profile/chrome_trace.ts";
import { EventList, type TraceEvent } from "../../../src/graph/profile/event_list.ts";
import { GpuClock } from "../../../src/graph/profile/gpu_clock.ts";
import { roofOf } from "../../../src/graph/profile/roof.ts";
import { readTrace } from "./trace_file.ts";

Deno.test("work is placed after its submission and the work before, and before it is done", () => {
  const clock = new GpuClock();
  // The GPU's zero is 1,000 ms after the process's; it began 2 ms after the submission.
  assert.equal(clock.offsetOf({ submitted: 1008, done: 1050, first: 10, last: 40 }), 998);
  // Submitted early: behind the work before, which seems to end at 1,038.
  assert.equal(clock.offsetOf({ submitted: 1020, done: 1090, first: 41, last: 80 }), 998);
  // This began at once, so the difference of the clocks was taken as too small.
  assert.equal(clock.offsetOf({ submitted: 1100, done: 1120, first: 100, last: 115 }), 1000);
  assert.equal(clock.offsetOf({ submitted: 1200, done: 1220, first: 201, last: 215 }), 1000);
  // The GPU's clock ran ahead: what is done was no later.
  assert.equal(clock.offsetOf({ submitted: 1300, done: 1309, first: 302, last: 310 }), 999);
  // Longer than the time that there was for it: its beginning is right.
  assert.equal(clock.offsetOf({ submitted: 1400, done: 1401, first: 400, last: 410 }), 1000);
});

Deno.test("events that overlap without one being within the other get lanes of their own", () => {
  const event = (name: string, start: number, end: number): TraceEvent => ({ lane: "jobs", name, start, end });
  const events = [
    event("b", 1, 3),
    event("a", 0, 2),
    event("within a", 0.5, 1),
    event("after a", 2, 4),
    event("at once", 2, 2),
    event('"quoted" \n 🦉', 0, 10),
  ];
  const trace = readTrace([...chromeTrace(events, { adapters: ['an "adapter"'], notes: ["a note"] })].join(""));
  assert.deepEqual(trace.lane("jobs").map(({ name }) => name), [
    '"quoted" \n 🦉',
    "a",
    "within a",
    "after a",
    "at once",
  ]);
  assert.deepEqual(trace.lane("jobs 2").map(({ name }) => name), ["b"]);
  assert.deepEqual([trace.adapters, trace.notes], [['an "adapter"'], ["a note"]]);
});

Deno.test("a trace of nothing is valid", () => {
  assert.deepEqual(readTrace([...chromeTrace([], { adapters: [], notes: [] })].join("")).events, []);
});

Deno.test("short neighbouring spans become one, which counts them; pauses and long ones part them", () => {
  const list = new EventList(10);
  const spans = [[0, 1], [1.1, 2], [2.5, 3], [3, 22], [22.1, 24]] as const;
  for (const [start, end] of spans) list.join({ lane: "tokenizer", name: "encode", start, end });
  list.flush();
  list.flush();
  assert.deepEqual(list.events.map(({ start, end, details }) => [start, end, details!.texts]), [
    [0, 2, 2],
    [2.5, 22, 2],
    [22.1, 24, 1],
  ]);
});

Deno.test("work is compared with the roof that is nearer", () => {
  const peak = { gflops: 100, gigabytes: 10 };
  const product = roofOf({ milliseconds: 10, operations: 5e8, bytes: 1e6 }, peak);
  assert.deepEqual(product, { gflops: 50, gigabytes: 0.1, share: 0.5, limit: "flop" });
  const copy = roofOf({ milliseconds: 1, operations: 0, bytes: 1e7 }, peak);
  assert.deepEqual([copy.share, copy.limit], [1, "byte"]);
  assert.equal(roofOf({ milliseconds: 1, operations: 1, bytes: 1 }, null).share, null);
  assert.equal(roofOf({ milliseconds: 0, operations: 1, bytes: 1 }, peak).share, null);
});
