/** Programs by the kind of call that they compute. */

import type { Program } from "./program.ts";

interface Entry {
  readonly program: Program;
  readonly users: readonly object[];
}

/** Keeps the programs that were used last. */
export class ProgramCache {
  readonly #limit: number;
  /** The least recently used one first. */
  readonly #entries = new Map<string, Entry>();

  /** @param limit How many programs are kept at most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All programs. */
  get programs(): Program[] {
    return [...this.#entries.values()].map(({ program }) => program);
  }

  /**
   * The program of a key.
   *
   * @param entry `make` makes it if it is not there; `users` are those without whom it has no use.
   */
  get(key: string, { make, users }: { make: () => Program; users: readonly object[] }): Program {
    const entry = this.#entries.get(key) ?? { program: make(), users };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > this.#limit) this.#drop(oldest);
    return entry.program;
  }

  /** Drops the programs that have no use without `user`, and gives their memory back after the calls under way. */
  forget(user: object): void {
    for (const [key, { users }] of this.#entries) if (users.includes(user)) this.#drop(key);
  }

  /** Drops all programs. */
  clear(): void {
    for (const key of this.#entries.keys()) this.#drop(key);
  }

  #drop(key: string): void {
    this.#entries.get(key)?.program.dispose();
    this.#entries.delete(key);
  }
}
