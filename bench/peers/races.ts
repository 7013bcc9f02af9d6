/** The works of the table, each with its files. */

import { fileURLToPath } from "node:url";
import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertModel } from "../../mod.ts";
import { minilmFolder } from "../../tools/minilm/model.ts";
import { bert256, LENGTH, SEED, SEQUENCES, sizesOf } from "../bert256.ts";
import { flopOf } from "../flop.ts";
import { MASKED } from "../training.ts";
import { CACHE, exists, exported } from "./files.ts";
import type { GemmWork, ModelWork, StepWork, Work } from "./works.ts";

/** How much a sample holds, so that it is long beside the wait for it. */
interface SampleSize {
  /** Floating-point operations of products, roughly. */
  flop: number;
  /** Forward passes. */
  passes: number;
  /** Training steps. */
  steps: number;
}

const SOFTWARE: SampleSize = { flop: 2.4e9, passes: 1, steps: 1 };
const GPU: SampleSize = { flop: 5e11, passes: 8, steps: 8 };

/** A work by its name; `prepare` makes what it lacks. */
export interface Race {
  name: string;
  prepare(): Promise<Work>;
}

/** All works at the sizes that suit an adapter. */
export function races(software: boolean): Race[] {
  const size = software ? SOFTWARE : GPU;
  return [
    gemm({ m: 512, k: 768 }, size),
    gemm({ m: 128, k: 384 }, size),
    bert("MiniLM", { length: 64, folder: async () => fileURLToPath(await minilmFolder()) }, size),
    bert("bert256", { length: LENGTH, folder: bert256Folder }, size),
    training(size),
  ];
}

function gemm({ m, k }: { m: number; k: number }, size: SampleSize): Race {
  const name = `GEMM ${m}x${k}x${k}`;
  const flop = 2 * m * k * k;
  const prepare = async (): Promise<GemmWork> => {
    const onnx = await exported(`product_${m}_${k}`, ["product", m, k]);
    return { kind: "gemm", name, m, k, times: Math.ceil(size.flop / flop), flop, onnx };
  };
  return { name, prepare };
}

function bert(
  model: string,
  { length, folder: find }: { length: number; folder: () => Promise<string> },
  { passes: times }: SampleSize,
): Race {
  const name = `${model} ${SEQUENCES} x ${length}`;
  const prepare = async (): Promise<ModelWork> => {
    const folder = await find();
    const config = new NarrowBertConfig(JSON.parse(await Deno.readTextFile(`${folder}/config.json`)));
    const sizes = { ...sizesOf(config), full: config.num_hidden_layers };
    return {
      kind: "model",
      name,
      folder,
      sequences: SEQUENCES,
      length,
      width: config.hidden_size,
      vocabulary: config.vocab_size,
      times,
      flop: flopOf(sizes, { lengths: Array(SEQUENCES).fill(length), rows: length }),
      onnx: await exported(`${model}_${SEQUENCES}_${length}`, ["bert", folder, SEQUENCES, length]),
    };
  };
  return { name, prepare };
}

/** Steps of bert256 with all layers full. */
function training({ steps: times }: SampleSize): Race {
  const name = `training step of bert256 ${SEQUENCES} x ${LENGTH}`;
  const prepare = async (): Promise<StepWork> => {
    const work = { lengths: Array(SEQUENCES).fill(LENGTH), rows: MASKED, logits: true };
    const flop = 3 * flopOf(sizesOf(bert256(12)), work); // A backward has twice the products of a forward.
    return { kind: "step", name, folder: await maskedLMFolder(), sequences: SEQUENCES, times, flop };
  };
  return { name, prepare };
}

/** bert256 as a masked language model with all layers full, saved by this repository. */
async function maskedLMFolder(): Promise<string> {
  const folder = `${CACHE}bert256_mlm`;
  if (await exists(`${folder}/config.json`)) return folder;
  using model = await NarrowBertForMaskedLM.from_config(bert256(12), { seed: SEED });
  await model.save_pretrained(folder);
  return folder;
}

/** bert256 with all layers full, saved by this repository. */
async function bert256Folder(): Promise<string> {
  const folder = `${CACHE}bert256`;
  if (await exists(`${folder}/config.json`)) return folder;
  const options = { seed: SEED, add_pooling_layer: false };
  using model = await NarrowBertModel.from_config(bert256(12), options);
  await model.save_pretrained(folder);
  return folder;
}
