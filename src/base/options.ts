/** Checks options objects, so that a misspelt option is an error rather than ignored. */

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
    const options = allowed.join(", ");
    const end = suggestion(unknown, allowed);
    throw new TypeError(`Cannot ${action}: there is no option "${unknown}"; options are ${options}${end}`);
  }
}
