/** Patterns of names of tensors. */

/** Names that a message shows. */
const SHOWN = 4;

/**
 * What a pattern matches: a name, and all names under it; `*` stands for anything, dots too.
 *
 * @param thing What the pattern is for, in messages: `frozen`.
 * @param names The names of a model's tensors.
 * @returns The names that it matches.
 * @throws {TypeError} If it is no text.
 * @throws {RangeError} If it has a letter that no name has, or matches none.
 */
export function matched(
  { action, thing }: { action: string; thing: string },
  { pattern, names }: { pattern: unknown; names: readonly string[] },
): string[] {
  const what = `Cannot ${action}: ${thing} must have patterns of names of tensors`;
  if (typeof pattern !== "string") throw new TypeError(`${what}, got ${pattern === null ? "null" : typeof pattern}`);
  if (!/^[\w.*-]+$/.test(pattern)) {
    throw new RangeError(`${what}, of letters, digits, "_", "-", "." and "*" for anything, got "${pattern}"`);
  }
  const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll(/\*+/g, ".*")}(\\.|$)`);
  const found = names.filter((name) => expression.test(name));
  if (found.length > 0) return found;
  const shown = Array.from({ length: SHOWN }, (_, i) => names[Math.floor(i * names.length / SHOWN)]);
  throw new RangeError(
    `${what}, but "${pattern}" matches none of the ${names.length} tensors of the model, such as ${shown.join(", ")}`,
  );
}
