/** `narrowbert tune`: which kernels are fast on this adapter. */

import { type Gpu, requestGpu } from "../../gpu/device.ts";
import type { Variant } from "../../kernels/kernel.ts";
import { type SlotReport, tune as tuneSlots, type TuneProgress } from "../../kernels/tuner/tuner.ts";
import { sameVariant } from "../../kernels/tuning/candidates.ts";
import { openTuningRecord, type TuningRecord } from "../../kernels/tuning/remembered.ts";
import { INFERENCE_SLOTS, type Slot, SLOTS, TRAINING_SLOTS, type Tuning } from "../../kernels/tuning/slots.ts";
import { defineCommand } from "../command.ts";
import { flag, list, UsageError } from "../options.ts";
import { json, type Row, table } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";

const FOR_TRAINING = `${TRAINING_SLOTS.join(", ")} are for training, and tuned only if named`;

/** The command. */
export const tune = defineCommand({
  name: "tune",
  about: `\
Times all kernels that may run in each part of a model on this adapter, if they compute right
there, and remembers the fastest, in narrowbert/tuning/ADAPTER-DRIVER.json of $XDG_CACHE_HOME, or
else of $HOME/.cache. Models use them from their next load on, given --allow-read of the folder and
--allow-env=XDG_CACHE_HOME,HOME; a file for another driver is not used, one that is not valid is
ignored with a warning. Tuning takes --allow-read and --allow-write of the folder, and a machine
that does nothing else. What is shipped stays unless something is faster by 3% in both halves of
the rounds; to go back to it everywhere, delete the file. "narrowbert doctor" says which file is in
use. Each part is remembered as soon as it is tuned, with a line on standard error. A tuning that
was ended goes on with the parts that are not remembered for these kernels, unless --again or --only
says otherwise. As JSON: { adapter, class, seconds, file, slots, kept }.`,
  options: {
    only: list("SLOT,...", `tune some parts and keep the others: ${SLOTS.join(", ")}; ${FOR_TRAINING}`),
    again: flag("tune all parts anew, those that are remembered too"),
    "dry-run": flag("print what is fast, and remember nothing"),
    json: flag("print JSON"),
  },
  examples: ["narrowbert tune", "narrowbert tune --only attention_full,attention_absorbed --dry-run"],
  async run({ values }, terminal) {
    const { only, again } = values;
    const asked = only === undefined ? INFERENCE_SLOTS : SLOTS.filter((slot) => only.includes(slot));
    const unknown = only?.find((name) => !SLOTS.some((slot) => slot === name));
    if (unknown !== undefined) throw new UsageError(`--only must be some of ${SLOTS.join(", ")}, got "${unknown}"`);
    const start = performance.now();
    const gpu = await requestGpu();
    const record = values["dry-run"] ? null : await openTuningRecord(gpu);
    const isKept = (slot: Slot) => only === undefined && !again && record?.known[slot] !== undefined;
    const kept = asked.filter(isKept);
    const slots = asked.filter((slot) => !isKept(slot));
    const reports = await tuneAndRemember(gpu, { slots, record, terminal, namesRest: again || only !== undefined });
    terminal.signal.throwIfAborted();
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    const file = record?.path ?? null;
    await terminal.write(
      values.json
        ? json({ ...about(gpu), seconds, file, slots: reports.map(slotJson), kept: keptJson(kept, record?.known) })
        : `${tableOf(reports)}${closing({ gpu, seconds, file, kept })}`,
    );
  },
});

/**
 * Tunes slots, and remembers each winner when it is found. If that ends early, says how to go on.
 *
 * @param namesRest Whether the command that goes on must name the slots that are left.
 */
async function tuneAndRemember(
  gpu: Gpu,
  { slots, record, terminal, namesRest }: {
    slots: readonly Slot[];
    record: TuningRecord | null;
    terminal: Terminal;
    namesRest: boolean;
  },
): Promise<SlotReport[]> {
  let done = 0;
  try {
    return await tuneSlots(gpu, {
      slots,
      signal: terminal.signal,
      onProgress: (progress) => show(progress, terminal),
      async onReport(report) {
        await record?.remember(report.slot, report.chosen);
        await say(terminal, `${++done} of ${slots.length}  ${report.slot}: ${outcome(report)}`);
      },
    });
  } catch (error) {
    if (record !== null) {
      const command = `narrowbert tune${namesRest ? ` --only ${slots.slice(done).join()}` : ""}`;
      const parts = `${done} of ${slots.length} parts are tuned and remembered in ${record.path}`;
      await say(terminal, `${parts}; to go on: ${command}`);
    }
    throw error;
  }
}

/** Prints a line on standard error; if that is closed, the tuning goes on. */
async function say(terminal: Terminal, line: string): Promise<void> {
  await terminal.complain(`${line}\n`).catch(() => {});
}

/** Says on a terminal what is done next. */
function show({ slot, problem, doing, variant, share }: TuneProgress, terminal: Terminal): void {
  const { statusStyle } = terminal;
  if (statusStyle === null) return;
  const line = `${(100 * share).toFixed(0).padStart(3)}%  ${slot}: ${doing} ${nameOf(variant)} for ${problem}`;
  terminal.status(line.slice(0, statusStyle.columns - 1)).catch(() => {}); // a failed status line is no failure
}

/** Which candidate won, and how much that is worth. */
function outcome({ timed, chosen, shipped }: SlotReport): string {
  const timeOf = (variant: Variant) => timed.find((one) => sameVariant(one.variant, variant))?.milliseconds;
  const time = timeOf(chosen);
  const before = timeOf(shipped);
  const gain = before === undefined
    ? "the shipped one is wrong here"
    : `${(before / time!).toFixed(2)}x as fast as shipped`;
  return `${nameOf(chosen)}, ${time!.toFixed(3)} ms, ${sameVariant(chosen, shipped) ? "as shipped" : gain}`;
}

/** The last line for people. */
function closing({ gpu, seconds, file, kept }: {
  gpu: Gpu;
  seconds: number;
  file: string | null;
  kept: readonly Slot[];
}): string {
  const from = kept.length === 0 ? "" : `kept from before: ${kept.join(", ")} (--again tunes them anew)\n`;
  return `${from}${gpu.name}, ${seconds} s; ${file === null ? "nothing remembered" : `remembered in ${file}`}\n`;
}

function tableOf(reports: readonly SlotReport[]): string {
  if (reports.length === 0) return "";
  const rows: Row[] = [["slot", "candidate", "ms", "GFLOP/s", "share of best", ""]];
  for (const { slot, timed, leftOut, shipped, chosen } of reports) {
    for (const { variant, milliseconds, gflops, share } of timed) {
      const marks = [sameVariant(variant, chosen) && "chosen", sameVariant(variant, shipped) && "shipped"];
      rows.push([
        slot,
        nameOf(variant),
        milliseconds.toFixed(3).padStart(9),
        gflops.toFixed(1).padStart(7),
        `${(100 * share).toFixed(0)}%`.padStart(5),
        marks.filter(Boolean).join(", "),
      ]);
    }
    for (const { variant, reason } of leftOut) rows.push([slot, nameOf(variant), "", "", "", `left out: ${reason}`]);
  }
  return `${table(rows)}\n`;
}

/** A variant, without the constants that all candidates of its slot share. */
function nameOf({ kernel, constants }: Variant): string {
  const own = Object.entries(constants).filter(([name]) => !/^(TRANSPOSE_[AB]|RELATIVE)$/.test(name));
  return [kernel.name, ...own.map(([name, value]) => `${name}=${value}`)].join(" ");
}

function about({ adapter, adapterClass }: Gpu) {
  return { adapter, class: adapterClass };
}

function slotJson({ slot, timed, leftOut, shipped, chosen }: SlotReport) {
  return {
    slot,
    chosen: variantJson(chosen),
    shipped: variantJson(shipped),
    timed: timed.map(({ variant, ...times }) => ({ ...variantJson(variant), ...times })),
    left_out: leftOut.map(({ variant, reason }) => ({ ...variantJson(variant), reason })),
  };
}

function keptJson(slots: readonly Slot[], known: Partial<Tuning> = {}) {
  return slots.map((slot) => ({ slot, chosen: variantJson(known[slot]!) }));
}

function variantJson({ kernel, constants }: Variant) {
  return { kernel: kernel.name, constants };
}
