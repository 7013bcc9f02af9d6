/**
 * Memory of reading PyTorch files: a model takes what it does from safetensors, and a file what it has in bytes, whatever
 * it claims. `deno task test:long` loads a model of 440 MB.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NarrowBertConfig, NarrowBertForMaskedLM, writeSafetensors } from "../../../mod.ts";
import { elementCount } from "../../../src/base/shape.ts";
import { partsOf } from "../../../src/heads/model_class.ts";
import { parameterShapes } from "../../../src/model/weights/parameter_shapes.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { type BuiltRecord, dict, pickle, tensor, zipParts } from "./build.ts";

const IS_LONG = Deno.args.includes("--long");

/** As large as BERT's base model, 440 MB; else 60 MB. */
const CONFIG = new NarrowBertConfig({
  architectures: ["NarrowBertForMaskedLM"],
  vocab_size: IS_LONG ? 30_522 : 20_000,
  hidden_size: IS_LONG ? 768 : 384,
  num_hidden_layers: IS_LONG ? 12 : 4,
  full_length_layers: 2,
  num_attention_heads: 12,
  intermediate_size: IS_LONG ? 3072 : 1536,
});

/** How many times what safetensors take. */
const MOST = 1.1;

/** Bytes that a verdict may take besides 16 times those of the file: JavaScript's own, until they are collected. */
const GROWTH = 2 ** 24;

/** What `load_memory.ts` prints. */
interface Loaded {
  peak: number;
  milliseconds: number;
  logits: number[];
}

/** What `verdict_memory.ts` prints of each file. */
interface Verdict {
  name: string;
  bytes: number;
  milliseconds: number;
  growth: number;
}

/** Runs a file beside this one in a process of its own, and gives what it prints. */
async function run<T>(file: string, ...args: string[]): Promise<T> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  // All permissions: Linux tells the most memory of a process in /proc.
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", path, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Writes the same weights as safetensors and as PyTorch does, each into a folder of its own. */
async function writeModels(folder: string): Promise<{ safetensors: string; torch: string; bytes: number }> {
  const shapes = [...parameterShapes(CONFIG, partsOf(NarrowBertForMaskedLM, {}))];
  const largest = Math.max(...shapes.map(([, shape]) => elementCount(shape)));
  const values = Float32Array.from({ length: largest }, (_, i) => (i * 7 % 127 - 63) / 2048);
  const [safetensors, torch] = [join(folder, "safetensors"), join(folder, "torch")];
  for (const path of [safetensors, torch]) {
    await Deno.mkdir(path);
    await Deno.writeTextFile(join(path, "config.json"), JSON.stringify(CONFIG.to_json()));
  }
  const data = (shape: readonly number[]) => values.subarray(0, elementCount(shape));
  const tensors = shapes.map(([name, shape]) => [name, { dtype: "F32", shape, data: data(shape) }] as const);
  await writeSafetensors(tensors, { path: join(safetensors, "model.safetensors") });

  const entries = shapes.map(([name, shape], i) => {
    return [name, tensor({ dtype: "F32", key: `${i}`, count: elementCount(shape), shape })] as const;
  });
  const program = pickle(dict(Object.fromEntries(entries)));
  const records: BuiltRecord[] = [
    { name: "archive/data.pkl", content: () => program },
    ...shapes.map(([, shape], i) => ({
      name: `archive/data/${i}`,
      content: () => new Uint8Array(values.buffer, 0, 4 * elementCount(shape)),
    })),
  ];
  using file = await Deno.create(join(torch, "pytorch_model.bin"));
  for (const part of zipParts(records)) {
    for (let written = 0; written < part.length;) written += await file.write(part.subarray(written));
  }
  return { safetensors, torch, bytes: (await file.stat()).size };
}

Deno.test(`a ${IS_LONG ? 440 : 60} MB pytorch_model.bin loads with the memory that safetensors take`, () =>
  inTemporaryFolder(async (folder) => {
    const { safetensors, torch, bytes } = await writeModels(folder);
    const runs: Loaded[] = [];
    for (const path of IS_LONG ? [safetensors, torch, safetensors, torch] : [safetensors, torch]) {
      runs.push(await run<Loaded>("load_memory.ts", path));
    }
    const [one, other] = runs as [Loaded, Loaded];
    assert.deepEqual(one.logits, other.logits);
    const least = (index: number, of: "peak" | "milliseconds") =>
      Math.round(Math.min(...runs.filter((_, i) => i % 2 === index).map((found) => found[of])));
    const [of, from] = [least(0, "peak"), least(1, "peak")];
    console.log(
      `${Math.round(bytes / 1e6)} MB: ${of} MB at most and ${least(0, "milliseconds")} ms from safetensors, ` +
        `${from} MB and ${least(1, "milliseconds")} ms from pytorch_model.bin`,
    );
    assert.ok(from <= MOST * of, `${from} MB, and ${of} MB from safetensors`);
  }));

Deno.test("each verdict takes less than a second, and memory in proportion to the file", async () => {
  const results = await run<Verdict[]>("verdict_memory.ts");
  assert.ok(results.length >= 198);
  const slowest = results.toSorted((a, b) => b.milliseconds - a.milliseconds)[0]!;
  const largest = results.toSorted((a, b) => b.growth - a.growth)[0]!;
  console.log(
    `the slowest, ${slowest.name}, took ${Math.round(slowest.milliseconds)} ms; ` +
      `most memory, ${(largest.growth / 1e6).toFixed(1)} MB, took ${largest.name} of ${largest.bytes} bytes`,
  );
  assert.ok(slowest.milliseconds < 1000);
  for (const { name, bytes, growth } of results) {
    assert.ok(growth <= GROWTH + 16 * bytes, `${name}, of ${bytes} bytes, took ${growth}`);
  }
});
