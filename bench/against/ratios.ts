/** What samples of both sides say: how many times as fast the working tree is. */

/** Milliseconds of the samples of a work. */
export interface Compared {
  name: string;
  here: number[];
  there: number[];
}

/** The other side's fastest sample over ours: over 1 where we are faster. */
export function ratioOf({ here, there }: Compared): number {
  return Math.min(...there) / Math.min(...here);
}

/** NaN of nothing. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** The heading of {@linkcode row}s; `commit` is the other side. */
export function heading(commit: string): string {
  return columns("ratio", "here, ms", `${commit}, ms`, "work");
}

/** A work's ratio and minima. */
export function row(work: Compared): string {
  return columns(ratioOf(work).toFixed(3), digits(Math.min(...work.here)), digits(Math.min(...work.there)), work.name);
}

/** The mean of all works' ratios, and the worst of them; null where there are none. */
export function summary(works: readonly Compared[]): { mean: number; worst: number; worstWork: string } | null {
  const [worst] = works.toSorted((a, b) => ratioOf(a) - ratioOf(b));
  return worst && { mean: geometricMean(works.map(ratioOf)), worst: ratioOf(worst), worstWork: worst.name } || null;
}

export function summaryLine(works: readonly Compared[]): string {
  const found = summary(works);
  if (found === null) return "nothing was compared";
  const { mean, worst, worstWork } = found;
  return `geometric mean of ${works.length} works: ${mean.toFixed(3)}; worst: ${worst.toFixed(3)}, ${worstWork}`;
}

function columns(ratio: string, here: string, there: string, name: string): string {
  return `${ratio.padStart(7)}${here.padStart(12)}${there.padStart(14)}  ${name}`;
}

/** Four digits, or all to the left of the point. */
function digits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
