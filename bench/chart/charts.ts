/** What was recorded, as charts in SVG and tables in HTML. */

import { type EChartsOption, init } from "echarts";
import type { Curves, Entry, Figures, Race, Rate } from "../report.ts";
import type { Stamp } from "../result_file.ts";

/** A file of `bench/results/`. Either all of it has one stamp, or each result its own. */
export interface Recorded extends Partial<Stamp> {
  bench: string;
  adapter: { name: string; class: string };
  /** What Deno measured. */
  benches?: { group: string | null; name: string; milliseconds?: { minimum: number; mean: number } }[];
  /** What a bench reported. */
  results: (Entry & Partial<Stamp>)[];
}

/** Pixels. */
const WIDTH = 1000;

/** Of a bar and of what surrounds all bars. */
const BAR = 18;
const FRAME = 80;

/** Of a letter, at most on average: labels must not be cut. */
const LETTER = 6.5;

/** What the page's style says once, and what only a pointer would need. */
const COMMON =
  / style="font-size:12px;font-family:sans-serif;"| xml:space="preserve"| pointer-events="visible"| class="[^"]*"|<style ?>.*?<\/style>/gs;

/** All that a record has to show, as HTML. */
export function chartsOf({ results, benches = [], ...record }: Recorded): string[] {
  const rates = Map.groupBy(
    results.filter((entry) => entry.kind === "rate"),
    ({ unit, share }) => [unit, share !== undefined].join(),
  );
  const charts = [...stampLines(record), ...[...rates.values()].map(rateBars)];
  for (const entry of results) {
    charts.push(...stampLines(entry));
    switch (entry.kind) {
      case "race":
        charts.push(raceBars(entry));
        break;
      case "curves":
        charts.push(lines(entry));
        break;
      case "figures":
        charts.push(table(entry));
        break;
      case "note":
        charts.push(`<p>${escape(entry.text)}</p>`);
    }
  }
  if (results.length > 0) return charts;
  // A bench that reports nothing of its own: Deno's times.
  const timed = benches.filter((bench) => bench.milliseconds !== undefined);
  const chart = bars({
    title: "milliseconds, fastest sample",
    labels: timed.map(({ group, name }) => group === null ? name : `${group}: ${name}`),
    values: timed.map(({ milliseconds }) => milliseconds?.minimum ?? NaN),
  });
  return [...charts, chart];
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** When and of what something was measured, a line where that is known. */
function stampLines({ date, commit, versions = {} }: Partial<Stamp>): string[] {
  if (date === undefined) return [];
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const when = `${date.slice(0, 16).replace("T", " ")} UTC`;
  return [`<p>${escape([when, ...(commit ? [`commit ${commit}`] : []), ...packages].join(", "))}</p>`];
}

function rateBars(rates: Rate[]): string {
  return bars({
    title: `${rates[0]?.unit}, fastest sample`,
    labels: rates.map(({ group, name }) => `${group}: ${name}`),
    values: rates.map(({ best }) => best),
    notes: rates.map(({ best, share }) =>
      share === undefined ? digits(best) : `${digits(best)}, ${percent(share)} of peak`
    ),
  });
}

function raceBars({ name, baseline, milliseconds, ratios }: Race): string {
  const runs = Object.entries(milliseconds);
  return bars({
    title: `${name}: milliseconds, fastest sample`,
    labels: runs.map(([run]) => run),
    values: runs.map(([, { minimum }]) => minimum),
    notes: runs.map(([run, { minimum }]) => {
      const ratio = ratios[run];
      if (ratio === undefined) return `${digits(minimum)} ms${run === baseline ? ", baseline" : ""}`;
      const limit = ratio.limit === undefined ? "" : `, FLOP limit ${ratio.limit.toFixed(2)}x`;
      return `${digits(minimum)} ms: ${ratio.minima.toFixed(2)}x, medians ${ratio.medians.toFixed(2)}x${limit}`;
    }),
  });
}

function bars(
  { title, labels, values, notes = values.map(digits) }: {
    title: string;
    labels: string[];
    values: number[];
    notes?: string[];
  },
): string {
  const longest = (texts: string[]) => 10 + LETTER * Math.max(...texts.map(({ length }) => length));
  return draw(labels.length * BAR + FRAME, {
    title: { text: title, textStyle: { fontSize: 14 } },
    grid: { left: longest(labels), right: longest(notes), top: 40, bottom: 30 },
    xAxis: { type: "value", splitLine: { show: false } },
    yAxis: { type: "category", inverse: true, data: labels, axisLabel: { interval: 0 } },
    series: [{
      type: "bar",
      data: values.map((value, i) => ({ value, label: { show: true, position: "right", formatter: notes[i] ?? "" } })),
    }],
  });
}

function lines({ name, x, at, unit, series }: Curves): string {
  return draw(320, {
    title: { text: name, textStyle: { fontSize: 14 } },
    legend: { right: 0, top: 0 },
    grid: { left: 60, right: 120, top: 70, bottom: 40 },
    xAxis: { type: "value", name: x },
    yAxis: { type: "value", name: unit },
    series: Object.entries(series).map(([label, values]) => ({
      type: "line",
      name: label,
      // The chosen form follows one of the two: it is shown by its points.
      ...(label === "planned" && { lineStyle: { width: 0 }, symbol: "diamond", symbolSize: 10 }),
      data: values.map((value, i) => [at[i] ?? NaN, value]),
    })),
  });
}

function draw(height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replaceAll(COMMON, "");
}

function table({ name, unit, values, most }: Figures): string {
  const rows = Object.entries(values).map(([label, value]) => {
    const limit = most?.[label];
    return `<tr><td>${label}<td>${digits(value)}<td>${limit === undefined ? "" : `at most ${digits(limit)}`}`;
  });
  return `<table><caption>${name}: ${unit}</caption>\n${rows.join("\n")}\n</table>`;
}

function digits(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
