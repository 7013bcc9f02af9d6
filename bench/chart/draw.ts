/** Draws all of `bench/results/*.json` as one page without scripts, `bench/results/index.html`: `deno task draw` here. */

import { chartsOf, escape, type Recorded } from "./charts.ts";

const RESULTS = new URL("../results/", import.meta.url);

const records: Recorded[] = [];
for await (const { name } of Deno.readDir(RESULTS)) {
  if (name.endsWith(".json")) records.push(JSON.parse(await Deno.readTextFile(new URL(name, RESULTS))));
}
const byAdapter = Map.groupBy(records, ({ adapter }) => adapter.name);
const sections = [...byAdapter].toSorted().map(([adapter, ofAdapter]) => {
  const benches = ofAdapter.toSorted((a, b) => a.bench.localeCompare(b.bench)).map((record) =>
    [`<h3>${escape(record.bench)}</h3>`, ...chartsOf(record)].join("\n")
  );
  return `<h2>${escape(adapter)}</h2>\n${benches.join("\n")}`;
});
await Deno.writeTextFile(
  new URL("index.html", RESULTS),
  `<!doctype html>
<meta charset="utf-8">
<title>NarrowBERT on WebGPU: benches</title>
<style>
body { font: 14px sans-serif; max-width: 1000px; margin: 2em auto; }
td { padding: 0 1em 0 0; } td:nth-child(n+2) { text-align: right; }
svg { display: block; font: 12px sans-serif; }
caption { text-align: left; font-weight: bold; white-space: nowrap; padding-top: 1em; }
</style>
<h1>NarrowBERT on WebGPU: benches</h1>
<p>Drawn by <code>deno task bench:record</code> from the files beside this page.</p>
<p>Where runs take turns, "4.79x, medians 5.42x" is how many times as fast as the baseline a run is, by the fastest sample
of each and by their medians. A FLOP limit is what that would be if multiply-adds were all that takes time.</p>
${sections.join("\n")}
`,
);
console.log("Written to bench/results/index.html");
