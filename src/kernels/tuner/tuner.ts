/**
 * Finds the fastest variant of each slot on a device. All candidates that fit are checked against float64, and those
 * that are right are timed in turns. To replace the shipped default, a winner must be clearly faster twice, in the even
 * rounds and in the odd ones, since times vary with the load of the machine.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Variant } from "../kernel.ts";
import { attentionWorks } from "./attention.ts";
import { type Clock, clockOf } from "./clock.ts";
import { matmulWorks } from "./matmul.ts";
import { type ModelSizes, modelSizes, type Prepared, type Work } from "./work.ts";
import { candidates, misfit, sameVariant } from "../tuning/candidates.ts";
import { defaultTuning } from "../tuning/shipped.ts";
import { INFERENCE_SLOTS, isMatmulSlot, type Slot } from "../tuning/slots.ts";

/** A winner that takes more than this share of the default's time does not replace it. */
const MARGIN = 0.97;

/** How often each candidate is timed; its fastest time counts. */
const ROUNDS = 10;

/** A candidate that takes this many times the fastest time in the first rounds is not timed in the others. */
const HOPELESS = 2;
const FIRST_ROUNDS = 4;

/** The most runs of a sample, however short they are. */
const MOST_RUNS = 200;

/** The share of a problem's time that checking its candidates is taken to need. */
const CHECKING = 0.3;

/** The fastest time of a run in the even rounds, and in the odd ones, in ms. */
type Halves = readonly [even: number, odd: number];

/** A candidate that is being timed, with the time of one run of each problem so far. */
interface Running {
  variant: Variant;
  halves: Halves;
  milliseconds: number;
}

/** Options of {@linkcode tune}. */
export interface TuneOptions {
  /** Slots to tune. By default those that a model runs when it answers. */
  slots?: readonly Slot[];
  /** Sizes of the model whose calls are timed; by default those that suit the adapter. */
  sizes?: ModelSizes;
  /** The clock. Default: that of the device. */
  clock?: Clock;
  /** Aborts the tuning between two measurements. */
  signal?: AbortSignal;
  /** Called before each check and each measurement. */
  onProgress?(progress: TuneProgress): void;
  /** Called with the result of each slot as soon as it is there, and waited for. */
  onReport?(report: SlotReport): void | Promise<void>;
}

/** How far a tuner is. */
export interface TuneProgress {
  slot: Slot;
  /** The sizes of the problem. */
  problem: string;
  /** What is done next, with which candidate. */
  doing: "checks" | "times";
  variant: Variant;
  /** The share of the whole that is done. */
  share: number;
}

/** A candidate that was timed. */
export interface Timed {
  variant: Variant;
  /** Milliseconds of one run of each of the slot's problems. */
  milliseconds: number;
  /** 10⁹ floating-point operations a second. */
  gflops: number;
  /** Its speed as a share of the fastest one's. */
  share: number;
}

/** The result of tuning a slot. */
export interface SlotReport {
  slot: Slot;
  /** The shipped choice. */
  shipped: Variant;
  chosen: Variant;
  /** The fastest first. */
  timed: Timed[];
  /** Candidates that do not fit the device, or give wrong results there. */
  leftOut: { variant: Variant; reason: string }[];
}

/**
 * Tunes slots one after the other.
 *
 * @throws {Error} If no candidate of a slot gives right results.
 * @throws {DeviceLostError} If the device is lost.
 */
export async function tune(gpu: Gpu, options: TuneOptions = {}): Promise<SlotReport[]> {
  const { slots = INFERENCE_SLOTS, sizes = modelSizes(gpu), clock = clockOf(gpu), signal } = options;
  const { onProgress, onReport } = options;
  const reports: SlotReport[] = [];
  try {
    for (const [i, slot] of slots.entries()) {
      const works = isMatmulSlot(slot) ? matmulWorks(slot, sizes) : attentionWorks(slot, sizes);
      const onStep = ({ share, ...step }: Step) => onProgress?.({ slot, ...step, share: (i + share) / slots.length });
      const report = await gpu.watch(() => tuneSlot(gpu, slot, { works, clock, signal, onStep }));
      reports.push(report);
      await onReport?.(report);
    }
  } finally {
    if (options.clock === undefined) clock.dispose();
  }
  return reports;
}

/** A check or a measurement in a slot. */
type Step = Omit<TuneProgress, "slot">;

async function tuneSlot(
  gpu: Gpu,
  slot: Slot,
  { works, clock, signal, onStep }: {
    works: readonly Work[];
    clock: Clock;
    signal: AbortSignal | undefined;
    onStep(step: Step): void;
  },
): Promise<SlotReport> {
  const leftOut: SlotReport["leftOut"] = [];
  let running: Running[] = [];
  for (const variant of candidates(slot)) {
    const reason = misfit(variant, gpu.limits);
    if (reason === null) running.push({ variant, halves: [0, 0], milliseconds: 0 });
    else leftOut.push({ variant, reason });
  }
  for (const [i, work] of works.entries()) {
    const before = (doing: Step["doing"], variant: Variant, share: number) => {
      signal?.throwIfAborted();
      onStep({ problem: work.name, doing, variant, share: (i + share) / works.length });
    };
    const prepared: Prepared[] = [];
    try {
      for (const [j, { variant }] of running.entries()) {
        before("checks", variant, work.untimed ? j / running.length : CHECKING * j / running.length);
        const reason = await prepareChecked(gpu, { variant, work, prepared });
        if (reason !== null) leftOut.push({ variant, reason });
      }
      running = running.filter(({ variant }) => prepared.some((one) => one.variant === variant));
      if (work.untimed) continue;
      const times = await fastestTimes(prepared, {
        clock,
        before: (variant, share) => before("times", variant, CHECKING + (1 - CHECKING) * share),
      });
      running = running.map(({ variant, halves, milliseconds }, j) => {
        const [even, odd] = times[j] as Halves;
        return {
          variant,
          halves: [halves[0] + even, halves[1] + odd],
          milliseconds: milliseconds + Math.min(even, odd),
        };
      });
    } finally {
      for (const one of prepared) one.dispose();
    }
  }
  const operations = works.reduce((sum, work) => sum + (work.untimed ? 0 : work.operations), 0);
  return {
    slot,
    ...choose(slot, { running, operations, shipped: defaultTuning(gpu.adapterClass, gpu.limits)[slot] }),
    leftOut,
  };
}

/** Adds a candidate to `prepared` if its results are right; otherwise returns what is wrong. */
async function prepareChecked(
  gpu: Gpu,
  { variant, work, prepared }: { variant: Variant; work: Work; prepared: Prepared[] },
): Promise<string | null> {
  let candidate: Prepared | null = null;
  let reason: string | null;
  try {
    candidate = await work.prepare(gpu, variant);
    reason = await candidate.check();
  } catch (error) {
    if (gpu.lost) throw error;
    reason = (error as Error).message;
  }
  if (reason === null) prepared.push(candidate!);
  else candidate?.dispose();
  return reason === null ? null : `wrong for ${work.name}: ${reason}`;
}

/** The least times of one run of each candidate. They take turns, so that the machine's load affects all alike. */
async function fastestTimes(
  prepared: readonly Prepared[],
  { clock, before }: { clock: Clock; before(variant: Variant, share: number): void },
): Promise<Halves[]> {
  const repeats: number[] = [];
  for (const one of prepared) {
    before(one.variant, 0);
    const runs = Math.ceil(clock.sample / await clock.time(one, 1));
    repeats.push(Math.min(Math.max(runs, 1), MOST_RUNS));
  }
  const fastest = prepared.map((): [number, number] => [Infinity, Infinity]);
  for (let round = 0; round < ROUNDS; round++) {
    const limit = HOPELESS * Math.min(...fastest.flat());
    for (const [i, one] of prepared.entries()) {
      const halves = fastest[i] as [number, number];
      if (round >= FIRST_ROUNDS && Math.min(...halves) > limit) continue;
      before(one.variant, (round + i / prepared.length) / ROUNDS);
      const times = repeats[i] as number;
      halves[round % 2] = Math.min(halves[round % 2] as number, await clock.time(one, times) / times);
    }
  }
  return fastest;
}

/** Sorts what was timed; the default keeps its place unless it is wrong, or the fastest is faster by the margin. */
function choose(
  slot: Slot,
  { running, operations, shipped }: {
    running: readonly Running[];
    operations: number;
    shipped: Variant;
  },
): Pick<SlotReport, "shipped" | "chosen" | "timed"> {
  const sorted = running.toSorted((a, b) => a.milliseconds - b.milliseconds);
  const [best] = sorted;
  if (best === undefined) {
    throw new Error(`Cannot tune ${slot}: no kernel gives right results on this device; update the graphics driver`);
  }
  const standing = sorted.find(({ variant }) => sameVariant(variant, shipped));
  const keeps = standing?.halves.some((half, i) => (best.halves[i] as number) >= MARGIN * half) ?? false;
  return {
    shipped,
    chosen: keeps ? shipped : best.variant,
    timed: sorted.map(({ variant, milliseconds }) => ({
      variant,
      milliseconds,
      gflops: operations / milliseconds / 1e6,
      share: best.milliseconds / milliseconds,
    })),
  };
}
