/**
 * The paper's case, for PyTorch to hold itself against: classification at the size of BERT-base, 32 texts of 128 tokens,
 * with all 12 layers full and with 2. `deno task base` leaves weights, logits and times in `.deno/peers/base`, which
 * `pytorch.py` takes from there; `deno task base tiny` does so at a size for a test, on any adapter.
 */

import { NarrowBertConfig, NarrowBertForSequenceClassification, Profiler, requestGpu, Tensor } from "../../mod.ts";
import type { Statistics } from "../report.ts";
import { stampNow } from "../result_file.ts";
import { CACHE } from "./files.ts";
import { statistics } from "./results.ts";
import { tokens } from "./works.ts";

const ROUNDS = 20;
const IN_FLIGHT = 8;

const TINY = { hidden_size: 32, num_attention_heads: 2, intermediate_size: 64, vocab_size: 100 };

// Weights five times as wide as usual, so that logits are about 1, and show where two computations differ.
const DEVIATION = 0.1;

const tiny = Deno.args[0] === "tiny";
const bert = new NarrowBertConfig({ ...(tiny && TINY), num_hidden_layers: 12, initializer_range: DEVIATION });
const [sequences, length] = tiny ? [2, 16] : [32, 128];
const stamp = await stampNow();
const gpu = await requestGpu();
const { input_ids } = tokens({ vocabulary: bert.vocab_size, sequences, length });
const inputs = { input_ids: new Tensor("int32", input_ids, [sequences, length]) };
const folder = `${CACHE}base`;
await Deno.mkdir(folder, { recursive: true });
const models = {
  full: await measure("full", bert.with({ full_length_layers: 12 })),
  narrow: await measure("narrow", bert.with({ full_length_layers: 2 })),
};
const adapter = { name: gpu.name, class: gpu.adapterClass };
const report = { adapter, ...stamp, input_ids: inputs.input_ids.tolist(), models };
await Deno.writeTextFile(`${folder}/ours.json`, JSON.stringify(report));

/** Logits of a model, and milliseconds: of a batch on the GPU, of one among several in flight, of one that is waited for. */
async function measure(name: string, config: NarrowBertConfig) {
  using model = await NarrowBertForSequenceClassification.from_config(config, { seed: 1 });
  await model.save_pretrained(`${folder}/${name}`);
  const { logits } = await model.forward(inputs);
  const several = () => Promise.all(Array.from({ length: IN_FLIGHT }, () => model.forward(inputs)));
  await several();
  const profiler = new Profiler(gpu.device);
  const samples = { device: [] as number[], throughput: [] as number[], latency: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await model.forward(inputs, { profiler });
    const nanoseconds = (await profiler.collect()).reduce((sum, kernel) => sum + kernel.nanoseconds, 0);
    samples.device.push(nanoseconds / 1e6);
    samples.throughput.push(await wall(several) / IN_FLIGHT);
    samples.latency.push(await wall(() => model.forward(inputs)));
  }
  profiler.dispose();
  const times: Record<string, Statistics> = {};
  for (const [kind, milliseconds] of Object.entries(samples)) times[kind] = statistics(milliseconds);
  return { logits: logits.tolist(), times };
}

async function wall(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
