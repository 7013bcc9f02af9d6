/** A profile as a page of HTML, in one file that needs no network and runs no script. */

import { type Markup, markup } from "../../base/report/markup.ts";
import { percent } from "../../base/report/numbers.ts";
import { bar, facts, page, section } from "../../base/report/section.ts";
import { table } from "../../base/report/table.ts";
import type { Profile } from "../../graph/profile/profile.ts";
import { roofOf } from "../../graph/profile/roof.ts";
import type { KernelProfile } from "../../graph/profile/sums.ts";

/** The page. */
export function profileReport(profile: Profile, command: string): string {
  const { adapters, notes, totals, parts, kernels, peak } = profile;
  const { computing, tokens, idle, wall } = totals;
  const most = peak === null
    ? ""
    : `, which does ${peak.gflops.toFixed(1)} GFLOP/s and ${peak.gigabytes.toFixed(1)} GB/s at most`;
  const numbers: [string, string][] = [["from start to end", ms(wall)], ["computing", ms(computing)]];
  if (kernels.length > 0) numbers.push(["in kernels", ms(totals.kernels)], ["GPU idle", ms(idle)]);
  if (tokens > 0 && computing > 0) numbers.push(["tokens a second", (1000 * tokens / computing).toFixed(0)]);
  const header = markup`<p>${adapters.join(", ") || "Nothing was computed on a GPU"}${most}.</p>
${facts(numbers)}${notes.map((note) => markup`<p>${note}.</p>\n`)}`;
  const share = (time: number) =>
    totals.kernels === 0 ? null : bar(time / totals.kernels, percent(time, totals.kernels));
  const partRows = parts.map(({ part, calls, milliseconds }) => [part, calls, milliseconds, share(milliseconds)]);
  const partTable = table({ name: "Parts", columns: ["part", "kernels", "total ms", "share"], rows: partRows });
  return page(`narrowbert ${command}: where time goes`, {
    header,
    sections: kernels.length === 0
      ? []
      : [section("Parts of the model", partTable), section("Kernels", kernelTable(profile, share))],
  });
}

function kernelTable({ kernels, peak }: Profile, share: (time: number) => Markup | null): Markup {
  const rate = (value: number) => Number.isFinite(value) ? Number(value.toPrecision(3)) : "";
  const row = (one: KernelProfile) => {
    const { kernel, shape, calls, milliseconds, operations } = one;
    const { gflops, gigabytes, share: ofPeak, limit } = roofOf(one, peak);
    return [
      markup`<code>${kernel}</code>`,
      shape,
      calls,
      milliseconds,
      share(milliseconds),
      1000 * milliseconds / calls,
      operations === 0 ? "" : rate(gflops),
      rate(gigabytes),
      ofPeak === null ? "" : bar(Math.min(1, ofPeak), `${(100 * ofPeak).toFixed(0)}% ${limit}`),
    ];
  };
  const columns = ["kernel", "shape", "calls", "total ms", "share", "mean us", "GFLOP/s", "GB/s", "of peak"];
  return table({ name: "Kernels", columns, rows: kernels.map(row) });
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
