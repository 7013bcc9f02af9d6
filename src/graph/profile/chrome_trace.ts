/** Events in the format of `chrome://tracing`, which Perfetto (https://ui.perfetto.dev) reads too. */

import type { KernelWork } from "../../gpu/profiling/kernel_store.ts";
import type { TraceEvent } from "./event_list.ts";

/** What a trace tells besides its events. */
export interface TraceHeader {
  /** The adapters that computed. */
  readonly adapters: readonly string[];
  /** What is missing, in sentences. */
  readonly notes: readonly string[];
}

/** The lanes, in the order in which they are shown. */
const LANES: readonly TraceEvent["lane"][] = ["process", "tokenizer", "jobs", "scheduler", "GPU"];

/** The sizes of kernels that an event has. */
const SIZES = ["m", "n", "k", "batch", "rows", "columns", "segments", "count", "heads", "head_size", "tiles", "keys"];

/** What sizes of jobs are called. */
const JOB_SIZES: Readonly<Record<string, string>> = { T: "tokens", R: "rows", K: "keys" };

/** The process that all events are of. */
const PID = 1;

/** The text of a trace, in parts of some lines: an object with `traceEvents`, whose times are microseconds. */
export function* chromeTrace(events: readonly TraceEvent[], { adapters, notes }: TraceHeader): Generator<string> {
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify({ adapters, notes })},"traceEvents":[\n`;
  const meta = (name: string, tid: number, args: object) => JSON.stringify({ name, ph: "M", pid: PID, tid, args });
  yield meta("process_name", 0, { name: "narrowbert" });
  let tid = 0;
  for (const lane of LANES) {
    const own = events.filter((event) => event.lane === lane);
    for (const [i, row] of rowsOf(own).entries()) {
      tid++;
      const name = i === 0 ? lane : `${lane} ${i + 1}`;
      yield `,\n${meta("thread_name", tid, { name })},\n${meta("thread_sort_index", tid, { sort_index: tid })}`;
      for (const placed of row) yield `,\n${eventText(placed, tid)}`;
    }
  }
  for (const note of notes) {
    yield `,\n${JSON.stringify({ name: note, ph: "i", s: "g", ts: 0, pid: PID, tid: 0 })}`;
  }
  yield "\n]}\n";
}

/** An event with its times in whole nanoseconds, so that what is within another stays there. */
interface PlacedEvent {
  readonly event: TraceEvent;
  readonly start: number;
  readonly end: number;
}

/** Events of a lane in rows, in each of which any two are one within the other, or apart. */
function rowsOf(events: readonly TraceEvent[]): PlacedEvent[][] {
  const placed = events.map((event): PlacedEvent => {
    const [start, end] = [event.start, event.end].map((time) => Math.round(1e6 * time)) as [number, number];
    return { event, start, end };
  }).sort((a, b) => a.start - b.start || b.end - a.end);
  const rows: { events: PlacedEvent[]; open: number[] }[] = [];
  for (const one of placed) {
    const fits = ({ open }: { open: number[] }) => {
      while (open.length > 0 && open.at(-1)! <= one.start) open.pop();
      return open.length === 0 || one.end <= open.at(-1)!;
    };
    let row = rows.find(fits);
    if (row === undefined) rows.push(row = { events: [], open: [] });
    row.events.push(one);
    row.open.push(one.end);
  }
  return rows.map(({ events }) => events);
}

function eventText({ event, start, end }: PlacedEvent, tid: number): string {
  const { name, lane, kernel } = event;
  const args = kernel === undefined ? detailsOf(event) : kernelDetails(kernel, end - start);
  return JSON.stringify({ name, cat: lane, ph: "X", ts: start / 1000, dur: (end - start) / 1000, pid: PID, tid, args });
}

function detailsOf({ lane, details = {} }: TraceEvent): object {
  if (lane !== "jobs") return details;
  return Object.fromEntries(
    Object.entries(JOB_SIZES).flatMap(([from, to]) => details[from] === undefined ? [] : [[to, details[from]]]),
  );
}

function kernelDetails({ label, work }: { label: string; work: KernelWork | null }, nanoseconds: number): object {
  if (work === null) return { label };
  const { part, shape, operations, bytes, sizes } = work;
  const rate = (amount: number) => nanoseconds === 0 ? undefined : Number((amount / nanoseconds).toPrecision(4));
  return {
    label,
    ...(part !== null && { part }),
    shape,
    ...Object.fromEntries(SIZES.flatMap((name) => sizes[name] === undefined ? [] : [[name, sizes[name]]])),
    ...(operations > 0 && { flop: operations, "GFLOP/s": rate(operations) }),
    bytes,
    "GB/s": rate(bytes),
  };
}
