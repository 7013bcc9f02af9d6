/** How many requests are under way, and whether more may come. */

import { HttpError, overloaded } from "../http/errors.ts";

/** Admits requests up to a number, and none while it drains. */
export class Gate {
  readonly #most: number;
  #active = 0;
  #isDraining = false;
  #waiting: (() => void)[] = [];

  /** @param most Most requests at a time. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Requests under way. */
  get active(): number {
    return this.#active;
  }

  /** Whether no more requests are taken. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Admits a request. @returns By which it leaves. @throws {HttpError} If there are too many, or it drains. */
  enter(): () => void {
    if (this.#isDraining) {
      throw new HttpError("Unhealthy", "The service is shutting down", {
        headers: { "retry-after": "1", connection: "close" },
      });
    }
    if (this.#active >= this.#most) throw overloaded();
    this.#active++;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      if (--this.#active > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  /** Takes no more requests, and resolves when those under way are answered. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#active > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
