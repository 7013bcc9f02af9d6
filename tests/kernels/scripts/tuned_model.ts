/**
 * Makes two models and prints by which kernel full layers attend, and with `--run` a result's bits; `--set-shipped` sets
 * the shipped choices before. Run by tuning_file_test.ts.
 */

import { NarrowBertConfig, NarrowBertModel } from "../../../mod.ts";
import { requestGpu } from "../../../src/gpu/device.ts";
import { tuningOf, useTuning } from "../../../src/kernels/tuning/tuning.ts";

const config = new NarrowBertConfig({
  vocab_size: 11,
  hidden_size: 16,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 8,
});
const gpu = await requestGpu();
if (Deno.args.includes("--set-shipped")) useTuning(gpu, {});
using model = await NarrowBertModel.from_config(config);
using _second = await NarrowBertModel.from_config(config);
const { kernel, constants } = tuningOf(gpu).attention_full;
const result: Record<string, unknown> = { kernel: kernel.name, LANES: constants.LANES };
if (Deno.args.includes("--run")) {
  const { last_hidden_state } = await model.forward({ input_ids: [[1, 2, 3, 4, 5]] });
  result.bits = [...new Uint32Array((last_hidden_state!.data as Float32Array).slice().buffer)];
}
console.log(JSON.stringify(result));
