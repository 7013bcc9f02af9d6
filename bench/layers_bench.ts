/**
 * Milliseconds and dispatches of one layer: full, and narrow in both forms with one row of each sequence and with 15%. A
 * layer is what a model of more layers takes over one of fewer; all models take turns in one round.
 */

import { NarrowBertConfig, NarrowBertModel } from "../mod.ts";
import { countOf, gpuCallsOf } from "../tests/properties/gpu_calls.ts";
import { bert256, LENGTH, narrowMask, SEED, SEQUENCES, tokens } from "./bert256.ts";
import { benchRounds } from "./interleaved.ts";
import { figures, gpu, report, statistics } from "./report.ts";

const FULL = 2;
const NARROW = 8;

/** At the size of BERT-base on a GPU, where a layer of `bert256` would be too little to time. */
const config = gpu.adapterClass === "software" ? bert256(0) : new NarrowBertConfig();
const input_ids = tokens(SEQUENCES, LENGTH, config);

/** Makes a model without a pooler. */
function model(full: number, narrow: number): Promise<NarrowBertModel> {
  const layers = { num_hidden_layers: full + narrow, full_length_layers: full };
  return NarrowBertModel.from_config(config.with(layers), { seed: SEED, add_pooling_layer: false });
}

const [one, more] = [await model(1, 0), await model(1 + FULL, 0)];
const [narrowOne, narrow] = [await model(1, 1), await model(1, NARROW)];
const first = narrowMask(SEQUENCES, LENGTH, 1);
const some = narrowMask(SEQUENCES, LENGTH, Math.floor(0.15 * LENGTH));
const base = () => one.forward({ input_ids, narrow_mask: first });

/** Calls, and how many layers each has over `base`. */
const runs: Record<string, { call: () => Promise<unknown>; layers: number }> = {
  "full": { call: () => more.forward({ input_ids, narrow_mask: first }), layers: FULL },
};
for (const form of ["absorbed", "projected"] as const) {
  for (const [rows, narrow_mask] of [["one row", first], ["15% of rows", some]] as const) {
    const call = () => narrow.forward({ input_ids, narrow_mask }, { narrow: form });
    runs[`${form}, ${rows}`] = { call, layers: NARROW };
  }
}

const dispatches = await dispatchesOfLayers();
const calls = Object.fromEntries(Object.entries(runs).map(([name, { call }]) => [name, call]));
const samples = benchRounds({ name: `layers of width ${config.hidden_size}, ${SEQUENCES} x ${LENGTH}` }, {
  base,
  ...calls,
});

report(() => {
  const { minimum: least } = statistics(samples.get("base") ?? []);
  if (Number.isNaN(least)) return []; // left out by a filter
  const times = Object.entries(runs).map(([name, { layers }]) => {
    return [name, (statistics(samples.get(name) ?? []).minimum - least) / layers];
  });
  const name = `a layer of width ${config.hidden_size}, ${SEQUENCES} x ${LENGTH}`;
  return [figures({ name, unit: "ms", values: Object.fromEntries(times) })];
});
const most = { full: 8, projected: 7, absorbed: 10 };
report(() => [figures({ name: "a layer", unit: "dispatches", values: dispatches, most })]);

/** What each kind of layer adds to the dispatches of a warm call; keys and values of all layers are made by one. */
async function dispatchesOfLayers(): Promise<Record<string, number>> {
  const count = async (model: NarrowBertModel, form: "absorbed" | "projected") => {
    const call = () => model.forward({ input_ids, narrow_mask: first }, { narrow: form });
    await call();
    return countOf(await gpuCallsOf(call), "dispatchWorkgroups");
  };
  const each = async (form: "absorbed" | "projected") =>
    (await count(narrow, form) - await count(narrowOne, form)) / (NARROW - 1);
  return {
    full: (await count(more, "absorbed") - await count(one, "absorbed")) / FULL,
    absorbed: await each("absorbed"),
    projected: await each("projected"),
  };
}
