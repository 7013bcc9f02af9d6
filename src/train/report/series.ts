/** The series of a chart: their points, and what stands for them if they are very many. */

/** A point of a chart. It is a gap if its y is not finite. */
export type Point = readonly [x: number, y: number];

/** Points of one kind, from left to right. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** The radius of each point's mark. Without radii only the line is drawn, unless there is one point. */
  readonly radii?: readonly number[];
}

/** Neighbouring points together. */
export interface Bucket {
  /** The mean of their x. */
  readonly x: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** Buckets of a series, at most. */
const BUCKETS = 150;

/** Whether a series has so many points that they would make a band. */
export function isBand({ points }: Series): boolean {
  return points.length > 2 * BUCKETS;
}

/** The finite points of a series in buckets of as many neighbours each. */
export function bucketsOf({ points }: Series): Bucket[] {
  const finite = finitePoints(points);
  const each = Math.max(1, Math.ceil(finite.length / BUCKETS));
  return Array.from({ length: Math.ceil(finite.length / each) }, (_, i) => {
    const some = finite.slice(i * each, (i + 1) * each);
    const values = some.map(([, y]) => y);
    return {
      x: some.reduce((sum, [x]) => sum + x, 0) / some.length,
      mean: values.reduce((sum, y) => sum + y, 0) / some.length,
      least: Math.min(...values),
      most: Math.max(...values),
    };
  });
}

/** The points that are no gaps. */
export function finitePoints(points: readonly Point[]): Point[] {
  return points.filter(([, y]) => Number.isFinite(y));
}
