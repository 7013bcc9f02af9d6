/** A profile as tables for reading, in plain text. */

import { percent } from "../../base/report/numbers.ts";
import type { ProfileParts } from "./profile_parts.ts";
import type { KernelProfile } from "./sums.ts";
import { roofOf } from "./roof.ts";

/** How a profile is shown. */
export interface ProfileTableOptions {
  /** Kernels that have a line of their own; the rest share one. @default 20 */
  readonly top?: number;
}

/** Kernels that have a line of their own. */
const TOP = 20;

/** Characters of a bar that stands for all of the time. */
const BAR = 20;

/** A column: its heading, and whether it is set to the right. */
type Column = readonly [heading: string, align: "left" | "right"];

const KERNEL_COLUMNS: readonly Column[] = [
  ["kernel", "left"],
  ["shape", "left"],
  ["calls", "right"],
  ["total ms", "right"],
  ["share", "right"],
  ["mean us", "right"],
  ["GFLOP/s", "right"],
  ["GB/s", "right"],
  ["of peak", "right"],
  ["", "left"],
];

const PART_COLUMNS: readonly Column[] = [
  ["part", "left"],
  ["kernels", "right"],
  ["total ms", "right"],
  ["share", "right"],
  ["GFLOP/s", "right"],
  ["", "left"],
];

/** The tables. */
export function profileTable(profile: ProfileParts, { top = TOP }: ProfileTableOptions): string {
  const { kernels } = profile;
  const tables = kernels.length === 0 ? [] : [kernelTable(profile, top), partTable(profile)];
  return [heading(profile), ...tables, totalsText(profile), notesText(profile)].filter((text) => text !== "")
    .join("\n");
}

function heading({ adapters, peak }: ProfileParts): string {
  if (adapters.length === 0) return "nothing was computed on a GPU\n";
  const most = peak === null ? "" : `; at most ${number(peak.gflops)} GFLOP/s and ${number(peak.gigabytes)} GB/s`;
  return `${adapters.join(", ")}${most}\n`;
}

function kernelTable({ kernels, peak, totals }: ProfileParts, top: number): string {
  const row = (all: readonly KernelProfile[], name: string, shape: string) => {
    const [calls, time, operations, bytes] = (["calls", "milliseconds", "operations", "bytes"] as const)
      .map((field) => all.reduce((sum, one) => sum + one[field], 0)) as [number, number, number, number];
    const { gflops, gigabytes, share, limit } = roofOf({ milliseconds: time, operations, bytes }, peak);
    return [
      name,
      shape,
      `${calls}`,
      time.toFixed(2),
      percent(time, totals.kernels),
      number(1000 * time / calls),
      operations === 0 ? "" : number(gflops),
      number(gigabytes),
      share === null ? "" : `${(100 * share).toFixed(0)}% ${limit}`,
      bar(time, totals.kernels),
    ];
  };
  const [shown, rest] = [kernels.slice(0, top), kernels.slice(top)];
  const rows = shown.map((one) => row([one], one.kernel, one.shape));
  if (rest.length > 0) rows.push(row(rest, `${rest.length} more`, ""));
  const total = row(kernels, "all", "");
  return columns(KERNEL_COLUMNS, [...rows, total.with(8, "").with(-1, "")]);
}

function partTable({ parts, totals }: ProfileParts): string {
  return columns(
    PART_COLUMNS,
    parts.map(({ part, calls, milliseconds, operations }) => [
      part,
      `${calls}`,
      milliseconds.toFixed(2),
      percent(milliseconds, totals.kernels),
      number(operations / milliseconds / 1e6),
      bar(milliseconds, totals.kernels),
    ]),
  );
}

function totalsText({ totals, kernels }: ProfileParts): string {
  const { wall, computing, between, idle, tokens, rows } = totals;
  const ms = (time: number) => `${time.toFixed(1)} ms`;
  const of = (time: number) => `${ms(time)}, ${percent(time, computing)}`;
  const rate = (count: number) => `${Math.round(1000 * count / computing).toLocaleString("en")} a second`;
  const lines: [string, string, string][] = [["all", ms(wall), "from start to end"]];
  if (computing > 0) {
    lines.push(["computing", ms(computing), "from the first submission to the last result"]);
    if (kernels.length > 0) {
      lines.push(
        ["  kernels", of(totals.kernels), `${totals.calls}; submissions: ${totals.submissions}`],
        ["  between kernels", of(between), "copies, and waits of one kernel for another"],
        ["  GPU idle", of(idle), "it waits for the CPU"],
      );
    }
    lines.push(
      ["  encode, submit", of(totals.encoding + totals.submitting), "commands made, and given to the driver"],
      ["  wait", of(totals.waiting), "asleep, until the GPU is nearly done"],
      ["  read", of(totals.reading), "results; blocks until the GPU is done"],
    );
  }
  if (totals.tokenizing > 0) lines.push(["tokenizer", ms(totals.tokenizing), ""]);
  if (totals.compiling > 0) lines.push(["compiler", ms(totals.compiling), "of kernels"]);
  if (tokens > 0 && computing > 0) {
    lines.push(["tokens", tokens.toLocaleString("en"), rate(tokens)]);
    lines.push(["rows", rows.toLocaleString("en"), `${percent(rows, tokens)} of the tokens, in narrow layers`]);
  }
  return columns([["time", "left"], ["", "right"], ["", "left"]], lines);
}

function notesText({ notes }: ProfileParts): string {
  return notes.map((note) => `${note}\n`).join("");
}

/** Rows under headings; the last column is not padded. */
function columns(heads: readonly Column[], rows: readonly (readonly string[])[]): string {
  const all = [heads.map(([heading]) => heading), ...rows];
  const widths = heads.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all.map((row) => {
    const cells = row.map((cell, i) => heads[i]![1] === "left" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!));
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

/** A number in three or more digits. */
function number(value: number): string {
  if (!Number.isFinite(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function bar(part: number, whole: number): string {
  return whole === 0 ? "" : "#".repeat(Math.round(BAR * part / whole));
}
