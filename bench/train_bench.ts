/**
 * Training steps of `bert256` as a masked language model: narrow against full, against the paper's baseline, with and
 * without dropout; what forward and backward, and the update, cost; and how long the GPU waits between steps. Runs of
 * one size take turns in one round.
 */

import assert from "node:assert/strict";
import { AdamW, type NarrowBertConfig, NarrowBertForMaskedLM } from "../mod.ts";
import { bert256, LENGTH, SEED, sizesOf } from "./bert256.ts";
import { benchClocked, type Clocked } from "./cpu_time.ts";
import { flopOf } from "./flop.ts";
import { gpuTimeOf } from "./gpu_time.ts";
import { raceOf, type Samples } from "./interleaved.ts";
import { figures, gpu, note, report, statistics, type Target } from "./report.ts";
import { AdamWOverAllTokens, backward, MASKED, maskedBatch, SETTINGS } from "./training.ts";
import { prepareCopies, prepareUpdate } from "./update.ts";

/** The probability in pretraining, which is the config's. */
const DROPOUT = 0.1;

/** Of 2:10 against 12 full layers, and against those with logits of all tokens. */
const TARGETS = { masked: { least: 2.1, aim: 2.4 }, all: { least: 2.3, aim: 2.6 } };

/** What may be at most: forwards of a forward and backward, a step with dropout, an update in copies, idle time. */
const MOST = { full: 3.4, narrow: 3.6, dropout: 1.1, update: 2, idle: 5 };

/** Steps of the runs in which the GPU's idle time is measured, and the least milliseconds of a step that is held to it. */
const RUN = { steps: 10, least: 300 };

/** Rounds of the works that are measured by the GPU's own time. */
const ROUNDS = 7;

const [full, narrow] = [bert256(12), bert256(2)];
const model = (config: NarrowBertConfig) => NarrowBertForMaskedLM.from_config(config, { seed: SEED });
const trained = { all: await model(full), full: await model(full), narrow: await model(narrow) };
/** Their weights stay as they are, so that no step makes their textures stale. */
const still = { full: await model(full), narrow: await model(narrow) };
const optimizers = {
  all: new AdamWOverAllTokens(trained.all),
  full: new AdamW(trained.full, SETTINGS),
  narrow: new AdamW(trained.narrow, SETTINGS),
};

const NAMES = { all: "12 full layers, logits of all tokens", full: "12 full layers", narrow: "2:10" } as const;
const kinds = ["all", "full", "narrow"] as const;
const batch = maskedBatch(8, full);

await compareLosses();
report(() => [note(
  "A pretraining step is forward, backward, norm, clipping and AdamW, with logits at the masked rows unless it says " +
    "otherwise. The FLOP limit counts the products of forward and backward, which all grow threefold over a forward; " +
    "the update, which is the same for all, is left out.",
)]);
benchParts();
benchLargeSteps();
await benchUpdate();
benchIdle();

/** The paper's baseline must have the loss and the gradients of the same model with logits at the masked rows. */
async function compareLosses(): Promise<void> {
  const [one, other] = [
    await optimizers.all.step(batch, { dropout: 0 }),
    await optimizers.full.step(batch, { dropout: 0 }),
  ];
  for (const kind of ["loss", "grad_norm"] as const) {
    assert.ok(
      Math.abs(one[kind] / other[kind] - 1) <= 1e-5,
      `${kind} of all tokens ${one[kind]}, of masked ${other[kind]}`,
    );
  }
}

/** Steps of 8 sequences, with dropout and without, and their parts without dropout. */
function benchParts(): void {
  const runs: Record<string, () => Promise<unknown>> = {};
  for (const kind of kinds) runs[NAMES[kind]] = () => optimizers[kind].step(batch, { dropout: DROPOUT });
  for (const kind of ["full", "narrow"] as const) {
    runs[`${NAMES[kind]}, dropout 0`] = () => optimizers[kind].step(batch, { dropout: 0 });
    runs[`${NAMES[kind]}, backward`] = () => backward(still[kind], batch);
    runs[`${NAMES[kind]}, forward`] = () => still[kind].forward(batch);
  }
  for (const clocked of benchClocked({ name: "training 8 x 128" }, runs)) {
    reportSteps(clocked, 8);
    const pair: [string, string] = [`${NAMES.full}, dropout 0`, `${NAMES.narrow}, dropout 0`];
    reportRace(clocked, { name: "step 8 x 128 without dropout", runs: pair });
    reportParts(clocked);
  }
}

/** What a forward and backward takes, and dropout, as multiples. */
function reportParts({ by, samples }: Clocked): void {
  const ratios = (over: (name: string) => [string, string]) =>
    Object.fromEntries((["full", "narrow"] as const).map((kind) => {
      const [run, base] = over(NAMES[kind]);
      return [NAMES[kind], minimum(samples, run) / minimum(samples, base)];
    }));
  report(() => {
    if (isEmpty(samples)) return [];
    return [
      figures({
        name: `forward and backward without dropout, 8 x 128${by}`,
        unit: "forwards",
        values: ratios((name) => [`${name}, backward`, `${name}, forward`]),
        most: { [NAMES.full]: MOST.full, [NAMES.narrow]: MOST.narrow },
      }),
      figures({
        name: `a step with dropout ${DROPOUT}, 8 x 128${by}`,
        unit: "steps without",
        values: ratios((name) => [name, `${name}, dropout 0`]),
        most: { [NAMES.full]: MOST.dropout, [NAMES.narrow]: MOST.dropout },
      }),
    ];
  });
}

/** Steps of 32 sequences. */
function benchLargeSteps(): void {
  const large = maskedBatch(32, full);
  const run = (kind: typeof kinds[number]) => () => optimizers[kind].step(large, { dropout: DROPOUT });
  const runs = Object.fromEntries(kinds.map((kind) => [NAMES[kind], run(kind)]));
  for (const clocked of benchClocked({ name: "pretraining 32 x 128", rounds: 5 }, runs)) reportSteps(clocked, 32);
}

/** Races of 2:10 against both baselines, and tokens a second. */
function reportSteps(clocked: Clocked, sequences: number): void {
  const { by, samples } = clocked;
  const lengths = Array(sequences).fill(LENGTH);
  const flop = {
    all: flopOf(sizesOf(full), { lengths, rows: LENGTH, logits: true }),
    full: flopOf(sizesOf(full), { lengths, rows: MASKED, logits: true }),
    narrow: flopOf(sizesOf(narrow), { lengths, rows: MASKED, logits: true }),
  };
  const name = `pretraining step ${sequences} x ${LENGTH}`;
  const target = (base: "all" | "full", bounds: Target) => ({ ...bounds, limit: flop[base] / flop.narrow });
  reportRace(clocked, { name, runs: [NAMES.full, NAMES.narrow], target: target("full", TARGETS.masked) });
  reportRace(clocked, { name, runs: [NAMES.all, NAMES.narrow], target: target("all", TARGETS.all) });
  report(() => {
    if (by !== "" || isEmpty(samples)) return [];
    const rate = (run: string) => 1000 * sequences * LENGTH / minimum(samples, run);
    const values = Object.fromEntries(kinds.map((kind) => [NAMES[kind], rate(NAMES[kind])]));
    return [figures({ name, unit: "tokens/s", values })];
  });
}

function reportRace(
  { by, samples }: Clocked,
  { name, runs: [baseline, run], target = {} }: { name: string; runs: [string, string]; target?: Target },
): void {
  report(() => {
    if (isEmpty(samples)) return [];
    const pair = new Map([baseline, run].map((name) => [name, samples.get(name) ?? []]));
    return [raceOf(`${name}: ${run}${by}`, pair, { baseline, targets: { [run]: target } })];
  });
}

/** The update of all weights of the full model, against a copy of as many bytes, by the GPU's time. */
async function benchUpdate(): Promise<void> {
  const update = await prepareUpdate(gpu, trained.full, () => optimizers.full.step(batch, { dropout: 0 }));
  const copies = await prepareCopies(gpu, update.bytes);
  const least = { update: Infinity, copy: Infinity };
  Deno.bench({ name: "update of all weights, and copies", warmup: 1, n: ROUNDS }, async () => {
    least.update = Math.min(least.update, (await gpuTimeOf(gpu, update.run)).busy);
    for (const copy of copies) least.copy = Math.min(least.copy, (await gpuTimeOf(gpu, copy)).busy);
  });
  report(() => {
    if (least.update === Infinity) return [];
    const { bytes } = update;
    return [
      figures({
        name: "update of all weights",
        unit: "ms",
        values: { "norm, clipping, AdamW, textures": least.update },
      }),
      figures({ name: "update of all weights", unit: "ms", values: { "a copy of as many bytes": least.copy } }),
      figures({ name: "update of all weights", unit: "MiB", values: { "read and written": bytes / 2 ** 20 } }),
      figures({
        name: "update of all weights",
        unit: "copies",
        values: { "in all": least.update / least.copy },
        most: { "in all": MOST.update },
      }),
    ];
  });
}

/** The share of a run in which the GPU has nothing to do, if each step is waited for, and if all are asked for at once. */
function benchIdle(): void {
  const steps = { length: RUN.steps };
  for (const kind of ["full", "narrow"] as const) {
    const step = () => optimizers[kind].step(batch, { dropout: DROPOUT });
    const runs = {
      "one by one": async () => {
        for (let i = 0; i < RUN.steps; i++) await step();
      },
      "at once": () => Promise.all(Array.from(steps, step)),
    };
    for (const [how, run] of Object.entries(runs)) {
      const name = `${RUN.steps} steps ${how}, ${NAMES[kind]}`;
      let best = { wall: Infinity, busy: 0 };
      Deno.bench({ name, warmup: 0, n: 1 }, async () => {
        const time = await gpuTimeOf(gpu, run);
        if (time.wall < best.wall) best = time;
      });
      report(() => {
        if (best.busy === 0) return [];
        const isHeld = best.wall / RUN.steps >= RUN.least;
        const values = { "idle GPU": 100 * (1 - best.busy / best.wall) };
        return [figures({ name, unit: "% of the time", values, ...(isHeld && { most: { "idle GPU": MOST.idle } }) })];
      });
    }
  }
}

/** Whether a filter has left the runs out. */
function isEmpty(samples: Samples): boolean {
  return [...samples.values()].every(({ length }) => length === 0);
}

function minimum(samples: Samples, run: string): number {
  return statistics(samples.get(run) ?? []).minimum;
}
