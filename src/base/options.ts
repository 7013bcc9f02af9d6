/** Checks options objects, so that a misspelt option is an error rather than ignored. */

import { kindOf } from "./messages.ts";
import { suggestion } from "./suggestion.ts";

/**
 * Checks that an options object has no names but those allowed.
 *
 * @param action What was asked for, for the message: `run the model`.
 * @throws {TypeError} Naming the option and those that there are.
 */
export function checkOptionNames(action: string, options: object, allowed: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot ${action}: options must be an object, got ${options === null ? "null" : typeof options}`,
    );
  }
  const unknown = Object.keys(options).find((name) => !allowed.includes(name));
  if (unknown !== undefined) {
    const options = allowed.length === 0 ? "it takes no options" : `options are ${allowed.join(", ")}`;
    const end = suggestion(unknown, allowed);
    throw new TypeError(`Cannot ${action}: there is no option "${unknown}"; ${options}${end}`);
  }
}

/**
 * Checks the options by which every call can be stopped and watched.
 *
 * @throws {TypeError} Naming the option and what it must be.
 */
export function checkCallbacks(
  action: string,
  options: {
    readonly signal?: unknown;
    readonly stop?: unknown;
    readonly progress_callback?: unknown;
    readonly timing_callback?: unknown;
  },
): void {
  for (const name of ["signal", "stop"] as const) {
    const value = options[name];
    if (value === undefined || value instanceof AbortSignal) continue;
    throw new TypeError(`Cannot ${action}: ${name} must be an AbortSignal, got ${kindOf(value)}`);
  }
  for (const name of ["progress_callback", "timing_callback"] as const) {
    const value = options[name];
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(`Cannot ${action}: ${name} must be a function, got ${kindOf(value)}`);
  }
}
