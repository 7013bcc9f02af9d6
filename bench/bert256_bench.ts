/**
 * The figures of narrowness: classification, masked words with logits, and a ragged batch of `bert256`, each against our
 * own ordinary way. All six take turns in one round. Where two ways must give the same numbers, they are compared first.
 */

import assert from "node:assert/strict";
import { NarrowBertForMaskedLM, NarrowBertForSequenceClassification, NarrowBertModel, type Tensor } from "../mod.ts";
import { bert256, difference, flags, LENGTH, narrowMask, SEED, SEQUENCES, sizesOf, tokens } from "./bert256.ts";
import { flopOf } from "./flop.ts";
import { benchRounds, raceOf } from "./interleaved.ts";
import { note, report, type Target } from "./report.ts";

/** 15% of a sequence. */
const ROWS = Math.floor(0.15 * LENGTH);

/** Evenly from 8 to 128. */
const LENGTHS = Array.from({ length: SEQUENCES }, (_, b) => 8 + Math.round(b * (LENGTH - 8) / (SEQUENCES - 1)));

const [full, narrow] = [bert256(12), bert256(2)];
const input_ids = tokens(SEQUENCES, LENGTH, full);
const narrow_mask = narrowMask(SEQUENCES, LENGTH, ROWS);
const attention_mask = flags(SEQUENCES, LENGTH, (l, b) => Number(l < (LENGTHS[b] as number)));

const options = { seed: SEED };
const classifiers = {
  full: await NarrowBertForSequenceClassification.from_config(full, options),
  narrow: await NarrowBertForSequenceClassification.from_config(narrow, options),
};
const maskedLMs = {
  full: await NarrowBertForMaskedLM.from_config(full, options),
  narrow: await NarrowBertForMaskedLM.from_config(narrow, options),
};
const body = await NarrowBertModel.from_config(full, { ...options, add_pooling_layer: false });

await compareForms();
await compareRows();
await compareRagged();

const runs = {
  "classification, 12 full layers": () => classifiers.full.forward({ input_ids }),
  "classification 2:10": () => classifiers.narrow.forward({ input_ids }),
  "MLM 15%, 12 full layers": () => maskedLMs.full.forward({ input_ids, narrow_mask }),
  "MLM 15%, 2:10": () => maskedLMs.narrow.forward({ input_ids, narrow_mask }),
  "padded, every position": () => body.forward({ input_ids }),
  "ragged": () => body.forward({ input_ids, attention_mask }),
};
const samples = benchRounds({ name: `bert256 ${SEQUENCES} x ${LENGTH}` }, runs);

const padded = LENGTHS.map(() => LENGTH);
const classified = (config: typeof full) => flopOf(sizesOf(config), { lengths: padded, rows: 1 });
const masked = (config: typeof full) => flopOf(sizesOf(config), { lengths: padded, rows: ROWS, logits: true });
const all = (lengths: readonly number[]) => flopOf(sizesOf(full), { lengths, rows: "all" });
report(() => [note(
  "The FLOP limit is how many times fewer multiply-adds a run has. It can be passed a little: LayerNorm, softmax and " +
    "GELU, which it leaves out, may shrink by more, smaller tensors stay in caches, and samples are noisy.",
)]);
reportRace("classification, 12 full layers", "classification 2:10", {
  least: 4.1,
  aim: 4.8,
  limit: classified(full) / classified(narrow),
});
reportRace("MLM 15%, 12 full layers", "MLM 15%, 2:10", { least: 2.3, aim: 2.6, limit: masked(full) / masked(narrow) });
reportRace("padded, every position", "ragged", { least: 1.6, aim: 1.8, limit: all(padded) / all(LENGTHS) });

function reportRace(baseline: keyof typeof runs, run: keyof typeof runs, target: Target): void {
  report(() => {
    const pair = new Map([baseline, run].map((name) => [name, samples.get(name) ?? []]));
    if (pair.get(run)?.length === 0) return []; // left out by a filter
    return [raceOf(`bert256: ${run}`, pair, { baseline, targets: { [run]: target } })];
  });
}

/** Both forms of narrow attention must give the same logits. */
async function compareForms(): Promise<void> {
  const logits = async (form: "absorbed" | "projected") => [
    (await classifiers.narrow.forward({ input_ids }, { narrow: form })).logits,
    (await maskedLMs.narrow.forward({ input_ids, narrow_mask }, { narrow: form })).logits,
  ];
  const [absorbed, projected] = [await logits("absorbed"), await logits("projected")];
  absorbed.forEach((found, i) => assertClose(found, projected[i] as Tensor, "absorbed and projected"));
}

/** Logits of chosen rows must be those rows of all logits, where all layers are full. */
async function compareRows(): Promise<void> {
  const some = await maskedLMs.full.forward({ input_ids, narrow_mask });
  const { logits } = await maskedLMs.full.forward({ input_ids });
  const { vocab_size: width } = full;
  const chosen = narrow_mask.flat().flatMap((flag, at) => flag === 1 ? [at] : []);
  const rows = new Float32Array(chosen.length * width);
  chosen.forEach((at, i) => rows.set(numbers(logits).subarray(at * width, (at + 1) * width), i * width));
  assertClose(some.logits, rows, "chosen rows and all rows");
}

/** A text must come to the same in a ragged batch and alone. */
async function compareRagged(): Promise<void> {
  const { last_hidden_state: states } = await body.forward({ input_ids, attention_mask });
  for (const [b, length] of LENGTHS.entries()) {
    const { last_hidden_state: alone } = await body.forward({ input_ids: [input_ids[b]?.slice(0, length) ?? []] });
    const first = b * LENGTH * full.hidden_size;
    const together = numbers(states).subarray(first, first + length * full.hidden_size);
    assertClose(alone, together, "a text alone and in the batch");
  }
}

function assertClose(one: Tensor, other: Tensor | Float32Array, what: string): void {
  const error = difference(numbers(one), other instanceof Float32Array ? other : numbers(other));
  assert.ok(error <= 1e-5, `${what} differ by ${error}`);
}

function numbers({ data }: Tensor): Float32Array {
  return data as Float32Array;
}
