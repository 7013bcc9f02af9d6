/** Numbers as a report shows them. */

/** In about four digits, with commas between thousands: `12,345`, `0.8312`, `5e-5`. */
export function shownNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en-US");
  if (size >= 1e15 || size < 1e-3) return value.toExponential(3).replace(/\.?0*e\+?/, "e");
  return value.toLocaleString("en-US", { maximumSignificantDigits: size >= 1e4 ? 6 : 4 });
}

/** A share as a percentage: `83.1%`. */
export function percentage(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

/** What share a part is of a whole, as a percentage; nothing if there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "" : percentage(part / whole);
}

/** Seconds as people say them: `48.2 s`, `12 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${shownNumber(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600).toLocaleString("en-US")} h ${Math.floor(whole % 3600 / 60)} min`;
}
