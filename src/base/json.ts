/** Values read from JSON. */

/** Whether a value is an object, as JSON means it: neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
