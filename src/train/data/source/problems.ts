/** What is wrong with data, all of it in one error. */

import { InputError } from "../../../base/errors.ts";
import { listed } from "../../../base/messages.ts";

/** Most problems that are listed. */
export const MOST_PROBLEMS = 20;

/** Most places of a problem that are named. */
const MOST_PLACES = 5;

/** Collects problems of data with their places. */
export class Problems {
  /** Places by what is wrong there. */
  readonly #found = new Map<string, string[]>();
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds one. @throws {InputError} If there are as many as are listed. */
  add(place: string, { message }: InputError): void {
    const places = this.#found.get(message);
    if (places === undefined) this.#found.set(message, [place]);
    else places.push(place);
    this.#count++;
    if (this.#count === MOST_PROBLEMS) this.check(`; reading stopped after ${MOST_PROBLEMS} problems`);
  }

  /** @throws {InputError} Listing all problems, if there are any. */
  check(end = ""): void {
    if (this.#count === 0) return;
    const problems = [...this.#found].map(([message, places]) => `${placesOf(places)} ${message}`);
    throw new InputError(`Cannot use the data:${listed(problems)}${end}`);
  }
}

function placesOf(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  return more > 0 ? `${places.slice(0, MOST_PLACES).join(", ")} and ${more} more` : places.join(", ");
}
