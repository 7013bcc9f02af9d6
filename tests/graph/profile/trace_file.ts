/** Reads traces as viewers do. */

import assert from "node:assert/strict";

/** An event of a trace. */
export interface TraceLine {
  name: string;
  cat: string;
  ph: string;
  ts: number;
  dur: number;
  pid: number;
  tid: number;
  args: Record<string, unknown>;
}

/** A trace, checked: complete events by lane, in which any two are one within the other, or apart. */
export interface ReadTrace {
  notes: string[];
  adapters: string[];
  events: TraceLine[];
  /** The events of a lane by its name. */
  lane(name: string): TraceLine[];
}

/** Nanoseconds of an event's start and end. */
export function timesOf({ ts, dur }: TraceLine): [start: number, end: number] {
  return [Math.round(1000 * ts), Math.round(1000 * ts) + Math.round(1000 * dur)];
}

/** Parses and checks a trace. */
export function readTrace(text: string): ReadTrace {
  const { traceEvents, otherData: { notes, adapters } } = JSON.parse(text);
  const all = traceEvents as TraceLine[];
  const names = new Map<number, string>();
  for (const { name, ph, tid, args } of all) {
    if (ph === "M" && name === "thread_name") names.set(tid, args.name as string);
  }
  const events = all.filter(({ ph }) => ph === "X");
  for (const [tid, own] of Map.groupBy(events, ({ tid }) => tid)) {
    assert.ok(names.has(tid), `lane ${tid} has a name`);
    const open: TraceLine[] = [];
    let last = -Infinity;
    for (const event of own) {
      const [start, end] = timesOf(event);
      assert.ok(start >= last && end >= start, `${event.name} comes after what began before it`);
      last = start;
      while (open.length > 0 && timesOf(open.at(-1)!)[1] <= start) open.pop();
      const [, outer] = open.length > 0 ? timesOf(open.at(-1)!) : [0, Infinity];
      assert.ok(end <= outer, `${event.name} ends within ${open.at(-1)?.name}`);
      open.push(event);
    }
  }
  return { notes, adapters, events, lane: (name) => events.filter(({ tid }) => names.get(tid) === name) };
}
