/** `narrowbert tune`: which kernels are fast on this adapter. */

import { requestGpu } from "../../gpu/device.ts";
import type { Variant } from "../../kernels/kernel.ts";
import { type SlotReport, tune as tuneSlots } from "../../kernels/tuner/tuner.ts";
import { saveTuning, writableTuningPath } from "../../kernels/tuning/tuning_file.ts";
import { sameVariant } from "../../kernels/tuning/candidates.ts";
import { INFERENCE_SLOTS, SLOTS, TRAINING_SLOTS, type Tuning } from "../../kernels/tuning/slots.ts";
import { defineCommand } from "../command.ts";
import { flag, list, UsageError } from "../options.ts";
import { json, type Row, table } from "../outputs/table.ts";

const FOR_TRAINING = `${TRAINING_SLOTS.join(", ")} are for training, and tuned only if named`;

/** The command. */
export const tune = defineCommand({
  name: "tune",
  about: `\
Times all kernels that may run in each part of a model on this adapter, if they compute right
there, and remembers the fastest, in narrowbert/tuning/ADAPTER.json of $XDG_CACHE_HOME, or else
of $HOME/.cache. Models use them from their next load on, given --allow-read of that file and
--allow-env=XDG_CACHE_HOME,HOME; a file that does not fit is ignored with a warning. Tuning
takes --allow-read and --allow-write of the folder, and a machine that does nothing else. What
is shipped stays unless something is faster by 3% in both halves of the rounds; to go back to it
everywhere, delete the file. "narrowbert doctor" says which file is in use.
As JSON: { adapter, class, seconds, file, slots }.`,
  options: {
    only: list("SLOT,...", `tune some parts and keep the others: ${SLOTS.join(", ")}; ${FOR_TRAINING}`),
    "dry-run": flag("print what is fast, and remember nothing"),
    json: flag("print JSON"),
  },
  examples: ["narrowbert tune", "narrowbert tune --only attention_full,attention_absorbed --dry-run"],
  async run({ values }, terminal) {
    const slots = values.only === undefined ? INFERENCE_SLOTS : SLOTS.filter((slot) => values.only!.includes(slot));
    const unknown = values.only?.find((name) => !SLOTS.some((slot) => slot === name));
    if (unknown !== undefined) throw new UsageError(`--only must be some of ${SLOTS.join(", ")}, got "${unknown}"`);
    const start = performance.now();
    const gpu = await requestGpu();
    const file = values["dry-run"] ? null : await writableTuningPath(gpu);
    const { signal, statusStyle } = terminal;
    const reports = await tuneSlots(gpu, {
      slots,
      signal,
      onProgress(slot, problem, share) {
        if (statusStyle === null) return;
        const line = `${(100 * share).toFixed(0).padStart(3)}%  ${slot}: ${problem}`;
        terminal.status(line.slice(0, statusStyle.columns - 1)).catch(() => {}); // a failed status line is no failure
      },
    });
    signal.throwIfAborted();
    const chosen = Object.fromEntries(reports.map(({ slot, chosen }) => [slot, chosen])) as Partial<Tuning>;
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    if (!values.json) await terminal.write(`${tableOf(reports)}\n${gpu.name}, ${seconds} s; `); // even if saving fails
    if (file !== null) await saveTuning(gpu, { path: file, chosen });
    await terminal.write(
      values.json
        ? json({ adapter: gpu.adapter, class: gpu.adapterClass, seconds, file, slots: reports.map(slotJson) })
        : `${file === null ? "nothing remembered" : `remembered in ${file}`}\n`,
    );
  },
});

function tableOf(reports: readonly SlotReport[]): string {
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
  return table(rows);
}

/** A variant, without the constants that all candidates of its slot share. */
function nameOf({ kernel, constants }: Variant): string {
  const own = Object.entries(constants).filter(([name]) => !/^(TRANSPOSE_[AB]|RELATIVE)$/.test(name));
  return [kernel.name, ...own.map(([name, value]) => `${name}=${value}`)].join(" ");
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

function variantJson({ kernel, constants }: Variant) {
  return { kernel: kernel.name, constants };
}
