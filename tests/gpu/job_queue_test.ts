/** How jobs are cut and grouped: by costs alone. */

import assert from "node:assert/strict";
import { type Job, Ticket } from "../../src/gpu/scheduler/job.ts";
import { JobQueue } from "../../src/gpu/scheduler/job_queue.ts";
import { Meter } from "../../src/gpu/scheduler/meter.ts";

const meter = new Meter(1);

function ticket(label: string, costs: readonly number[]): Ticket {
  const job: Job<unknown> = {
    label,
    steps: costs.map((cost) => ({ meter, cost })),
    encode: () => assert.fail("a queue encodes nothing"),
    staging: {} as GPUBuffer,
    bytes: 4,
    take: () => {},
  };
  return new Ticket(job, { release() {}, destroy() {} });
}

/** A queue of jobs with the costs given, labelled a, b, c, … */
function queueOf(...jobs: readonly number[][]): { queue: JobQueue; tickets: Ticket[] } {
  const queue = new JobQueue();
  const tickets = jobs.map((costs, i) => ticket("abcdefgh"[i] as string, costs));
  for (const one of tickets) queue.add(one);
  return { queue, tickets };
}

/** All that the queue gives out, a list for each submission: `a0-2` are the steps 0 and 1 of job a. */
function submissions(queue: JobQueue, budget: number, options?: { alone: boolean }): string[][] {
  const all: string[][] = [];
  for (let slices = queue.take(budget, options); slices.length > 0; slices = queue.take(budget, options)) {
    all.push(slices.map(({ ticket, first, end }) => `${ticket.job.label}${first}-${end}`));
  }
  return all;
}

Deno.test("jobs that fit the budget go out together, in the order in which they came", () => {
  assert.deepEqual(submissions(queueOf([1, 1], [2], [3, 3]).queue, 10), [["a0-2", "b0-1", "c0-2"]]);
  assert.deepEqual(submissions(queueOf([5, 5], [1]).queue, 10), [["a0-2"], ["b0-1"]]);
});

Deno.test("a large job is cut between its steps, and the next job fills up its last submission", () => {
  const { queue } = queueOf([4, 4, 4, 4, 4], [3, 3], [9]);
  assert.deepEqual(submissions(queue, 10), [["a0-2"], ["a2-4"], ["a4-5", "b0-2"], ["c0-1"]]);
});

Deno.test("a step beyond the budget goes out alone", () => {
  assert.deepEqual(submissions(queueOf([1, 50, 1, 50], [1]).queue, 10), [["a0-1"], ["a1-2"], ["a2-3"], ["a3-4"], [
    "b0-1",
  ]]);
});

Deno.test("jobs without steps, and steps that cost nothing, take no room", () => {
  assert.deepEqual(submissions(queueOf([10], [], [0, 0], []).queue, 10), [["a0-1", "b0-0", "c0-2", "d0-0"]]);
  assert.deepEqual(submissions(queueOf([]).queue, 10), [["a0-0"]]);
  assert.deepEqual(submissions(new JobQueue(), 10), []);
});

Deno.test("a job goes out alone where it is asked for", () => {
  const { queue } = queueOf([4, 4, 4], [1], []);
  assert.deepEqual(submissions(queue, 10, { alone: true }), [["a0-2"], ["a2-3"], ["b0-1"], ["c0-0"]]);
});

Deno.test("a job whose caller was told already is left out, also in its middle", async () => {
  const { queue, tickets } = queueOf([4, 4, 4], [1], [2]);
  assert.equal(queue.take(10).length, 1);
  for (const i of [0, 1]) {
    tickets[i]!.reject(new Error("no longer"));
    await assert.rejects(tickets[i]!.promise, /no longer/);
  }
  assert.deepEqual(submissions(queue, 10), [["c0-1"]]);
});
