/** Charts as SVG. The page's style has their colours, dashes and fonts. */

import { type Content, type Markup, markup } from "../../base/report/markup.ts";
import { shownNumber } from "../../base/report/numbers.ts";
import { type Bucket, bucketsOf, finitePoints, isBand, type Point, type Series } from "./series.ts";

/** What is drawn. */
export interface Chart {
  /** What it shows, above it, and for those who do not see it. */
  readonly caption: string;
  /** What x is, below its axis. */
  readonly x: string;
  readonly series: readonly Series[];
  /** The range of both axes; left out, it is that of the points. */
  readonly range?: readonly [number, number];
  /** Values of x with a vertical line. */
  readonly marks?: readonly number[];
  /** Whether there is a line from the lower left corner to the upper right one. */
  readonly diagonal?: boolean;
}

/** Draws a chart: an `svg` element. */
export type DrawChart = (chart: Chart) => Markup;

type Drawing = typeof import("./deps.ts");

/** Where a value of an axis is. */
interface Axis {
  (value: number): number;
  ticks(count: number): number[];
}

/** The units of the drawing: pixels, on a phone. */
const [WIDTH, HEIGHT, TOP, RIGHT, BOTTOM] = [440, 260, 12, 24, 44];
/** About as wide as a digit. */
const DIGIT = 7.5;
/** About how many ticks an axis has. */
const TICKS = 5;

const COLOURS = 5;
const DASHES = ["solid", "dashed", "dotted"];

/** The classes of a series, from which the style knows its colour and its dashes. */
export function classesOf(index: number): string {
  return `s${index % COLOURS} ${DASHES[index % DASHES.length] ?? ""}`;
}

/** Loads what draws. */
export async function openCharts(): Promise<DrawChart> {
  const drawing = await import("./deps.ts");
  return (chart) => {
    const { x, y, left } = axesOf(drawing, chart);
    const series = chart.series.map((series, i) => drawSeries(drawing, series, { x, y, classes: classesOf(i) }));
    const marks = (chart.marks ?? []).map((at) => `M${round(x(at))},${TOP}V${HEIGHT - BOTTOM}`).join("");
    const diagonal = `M${left},${HEIGHT - BOTTOM}L${WIDTH - RIGHT},${TOP}`;
    return markup`<svg role="img" aria-label="${chart.caption}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
${grid(x, y, left)}
<text x="${round((left + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 6}">${chart.x}</text>
<path class="mark" d="${marks}"/>${chart.diagonal ? markup`<path class="diagonal" d="${diagonal}"/>` : null}
${series}</svg>
`;
  };
}

/** The axes, and where the drawing begins: there is room for the texts of y left of it. */
function axesOf({ scaleLinear }: Drawing, { series, range }: Chart) {
  const points = series.flatMap(({ points }) => finitePoints(points));
  const y = scaleLinear(range ?? extentOf(points.map(([, y]) => y)), [HEIGHT - BOTTOM, TOP]);
  if (range === undefined) y.nice(TICKS);
  const left = Math.max(...y.ticks(TICKS).map((value) => tickText(value).length)) * DIGIT + 12;
  const x = scaleLinear(range ?? extentOf(points.map(([x]) => x)), [left, WIDTH - RIGHT]);
  return { x, y, left };
}

function grid(x: Axis, y: Axis, left: number): Content {
  const [columns, rows] = [x.ticks(TICKS), y.ticks(TICKS)];
  const lines = [
    ...rows.map((value) => `M${left},${round(y(value))}H${WIDTH - RIGHT}`),
    ...columns.map((value) => `M${round(x(value))},${TOP}V${HEIGHT - BOTTOM}`),
  ];
  return [
    markup`<path class="grid" d="${lines.join("")}"/>`,
    rows.map((value) => markup`<text class="y" x="${left - 6}" y="${round(y(value) + 4)}">${tickText(value)}</text>`),
    columns.map((value) => markup`<text x="${round(x(value))}" y="${HEIGHT - BOTTOM + 18}">${tickText(value)}</text>`),
  ];
}

/** A line; if there are very many points, that of their means, over the band from the least to the greatest. */
function drawSeries(
  { area, line }: Drawing,
  series: Series,
  { x, y, classes }: { x: Axis; y: Axis; classes: string },
): Content {
  const path = line<Point>((point) => x(point[0]), (point) => y(point[1]))
    .defined((point) => Number.isFinite(point[1])).digits(1);
  const lineOf = (points: readonly Point[]) => markup`<path class="line ${classes}" d="${path(points) ?? ""}"/>\n`;
  if (isBand(series)) {
    const buckets = bucketsOf(series);
    const band = area<Bucket>((bucket) => x(bucket.x), ({ least }) => y(least), ({ most }) => y(most)).digits(1);
    const means = lineOf(buckets.map(({ x, mean }) => [x, mean]));
    return [markup`<path class="band ${classes}" d="${band(buckets) ?? ""}"/>\n`, means];
  }
  const { points, radii = points.length === 1 ? [3.5] : [] } = series;
  const dots = radii.map((radius, i) => {
    const [at, value] = points[i] as Point;
    if (!Number.isFinite(value)) return null;
    return markup`<circle class="${classes}" cx="${round(x(at))}" cy="${round(y(value))}" r="${round(radius)}"/>\n`;
  });
  return [lineOf(points), dots];
}

/** The least and the greatest; a little around them if they are the same; from 0 to 1 of nothing. */
function extentOf(numbers: readonly number[]): [number, number] {
  if (numbers.length === 0) return [0, 1];
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const most = numbers.reduce((a, b) => Math.max(a, b));
  const around = least < most ? 0 : Math.abs(least) / 10 || 1;
  return [least - around, most + around];
}

/** A tick in as few digits as it needs: the scale computes 0.3 as 0.30000000000000004. */
function tickText(value: number): string {
  return shownNumber(Number(value.toPrecision(12)));
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
