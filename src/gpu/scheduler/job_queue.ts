/** Which steps of waiting jobs are submitted together. */

import type { Ticket } from "./job.ts";
import type { Work } from "./meter.ts";

/** Steps of one job, from `first` to before `end`. */
export interface Slice {
  readonly ticket: Ticket;
  readonly first: number;
  readonly end: number;
}

/** Jobs in the order in which they came. */
export class JobQueue {
  readonly #tickets: Ticket[] = [];

  /** Whether no job waits. */
  get isEmpty(): boolean {
    return this.#first() === undefined;
  }

  /** Appends a job. */
  add(ticket: Ticket): void {
    this.#tickets.push(ticket);
  }

  /**
   * Takes out the next steps, as many as the budget allows, but at least one. Jobs keep their order: the steps of a job
   * follow all steps of the job before. Jobs whose callers were told already are dropped.
   *
   * @param budget Upper bound of the estimated cost of all steps.
   * @param alone Take the steps of one job only.
   * @returns Nothing if no job waits.
   */
  take(budget: number, { alone = false }: { alone?: boolean } = {}): Slice[] {
    const slices: Slice[] = [];
    let left = budget;
    for (let ticket = this.#first(); ticket !== undefined; ticket = this.#first()) {
      const { next: first, job: { steps } } = ticket;
      let end = first;
      let cost = 0;
      while (end < steps.length) {
        const step = (steps[end] as Work).cost;
        if (cost + step > left && (end > first || slices.length > 0)) break;
        cost += step;
        end++;
      }
      if (end === first && steps.length > 0) break;
      slices.push({ ticket, first, end });
      ticket.next = end;
      left -= cost;
      if (end < steps.length) break;
      this.#tickets.shift();
      if (alone) break;
    }
    return slices;
  }

  #first(): Ticket | undefined {
    while (this.#tickets[0]?.settled) this.#tickets.shift();
    return this.#tickets[0];
  }
}
