/**
 * What `verify: "probe"` costs: a load up to the first answer on a device of its own, whose shaders are compiled anew, as in
 * a process that begins; and a load alone on a device that has compiled them. For the shipped model, and for one of
 * BERT-base's size from memory, of which no disk delays the load.
 */

import { random } from "../src/base/random.ts";
import { elementCount } from "../src/base/shape.ts";
import { type ModelSource, NarrowBertConfig, NarrowBertForMaskedLM, writeSafetensors } from "../mod.ts";
import { MASKED_LM } from "../src/heads/layers/masked_lm.ts";
import { parameterShapes } from "../src/model/weights/parameter_shapes.ts";
import { benchClocked } from "./cpu_time.ts";
import { raceOf } from "./interleaved.ts";
import { report, type Target } from "./report.ts";

const INPUTS = { input_ids: [[2, 40, 41, 3]], narrow_mask: [[0, 1, 0, 0]] };

/** A probe may cost a fifth of the load. */
const TARGET = { least: 1 / 1.2 };

let files: Promise<ModelSource> | null = null;

/** A model of BERT-base's size, two of its layers full. All tensors have the same random numbers. */
async function bertBase(): Promise<ModelSource> {
  const config = new NarrowBertConfig();
  const shapes = parameterShapes(config, { heads: [MASKED_LM], pooler: false });
  const largest = Math.max(...[...shapes.values()].map(elementCount));
  const next = random(1);
  const numbers = Float32Array.from({ length: largest }, () => 0.05 * next());
  const weights = numbers.map((value) => 1 + value);
  const tensors = [...shapes].map(([name, shape]) => {
    const data = (name.endsWith("LayerNorm.weight") ? weights : numbers).subarray(0, elementCount(shape));
    return [name, { dtype: "F32", shape: [...shape], data }] as const;
  });
  return new Map([
    ["config.json", new TextEncoder().encode(JSON.stringify(config.to_json()))],
    ["model.safetensors", await writeSafetensors(tensors)],
  ]);
}

const MODELS: Record<string, () => Promise<ModelSource>> = {
  "the shipped model": () => Promise.resolve(new URL("../examples/models/wordnet/mlm/", import.meta.url)),
  "BERT-base's size": () => files ??= bertBase(),
};

for (const [name, source] of Object.entries(MODELS)) {
  const first = async (verify: "probe" | false) => {
    const adapter = await navigator.gpu.requestAdapter() as GPUAdapter;
    const device = await adapter.requestDevice();
    {
      using model = await NarrowBertForMaskedLM.from_pretrained(await source(), { verify, device });
      await model.forward(INPUTS);
    }
    device.destroy();
  };
  race(`load up to the first answer, ${name}`, first, { targets: { "with a probe": TARGET } });
  race(`load alone, ${name}`, async (verify) => {
    (await NarrowBertForMaskedLM.from_pretrained(await source(), { verify })).dispose();
  });
}

/** Loads by turns without a probe and with one, by the clock and by processor time. */
function race(
  name: string,
  load: (verify: "probe" | false) => Promise<void>,
  { targets }: { targets?: Record<string, Target> } = {},
): void {
  const runs = { plain: () => load(false), "with a probe": () => load("probe") };
  for (const { by, samples } of benchClocked({ name }, runs)) {
    report(() => {
      if (!samples.get("plain")?.length) return []; // left out by a filter
      return [raceOf(name + by, samples, { baseline: "plain", ...(targets && { targets }) })];
    });
  }
}
