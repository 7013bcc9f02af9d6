/** Numbers that commands print in few digits. */

/** JSON whose numbers are the float32 that their few digits stand for. */
export function floats<T>(value: T): T {
  if (typeof value === "number") return Math.fround(value) as T;
  if (Array.isArray(value)) return value.map(floats) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, floats(of)])) as T;
}
