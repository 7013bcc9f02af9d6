/** What loading a model from disk holds in memory, and what it leaves behind where it fails. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { NarrowBertConfig, NarrowBertModel, writeSafetensors } from "../../mod.ts";
import { parseSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { parameterShapes } from "../model/parts.ts";
import { inTemporaryFolder } from "./temporary.ts";

const MIB = 2 ** 20;
const WORDS = "narrow_bert.embeddings.word_embeddings.weight";
const gpu = await requestGpu();
const { device } = gpu;
const options = { device, add_pooling_layer: false };

/** 60,000 words of width 32 are 7 MiB of the file, and two windows on the way to the GPU. */
const config = new NarrowBertConfig({
  vocab_size: 60_000,
  hidden_size: 32,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 64,
  max_position_embeddings: 16,
});

/** Runs a test on a model's folder and the weights that are in it; fails if that leaves a file open. */
function test(name: string, run: (folder: string, words: Float32Array<ArrayBuffer>) => Promise<void>): void {
  const fn = () =>
    inTemporaryFolder(async (folder) => {
      await config.save_pretrained(folder);
      const tensors = [...parameterShapes(config, { head: "none", pooler: false })].map(([name, shape], i) => {
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, e) => i + e);
        return [name, { dtype: "F32" as const, shape, data }] as const;
      });
      await writeSafetensors(tensors, { path: join(folder, "model.safetensors") });
      await run(folder, tensors.find(([name]) => name === WORDS)![1].data);
    });
  Deno.test({ name, sanitizeResources: true, fn });
}

/** Runs `load`, and returns the memory that files were read into by it. */
async function memoryOf(load: () => Promise<unknown>): Promise<Set<ArrayBufferLike>> {
  const memory = new Set<ArrayBufferLike>();
  const { readSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.readSync = function (bytes) {
    memory.add(bytes.buffer);
    return readSync.call(this, bytes);
  };
  try {
    await load();
  } finally {
    Deno.FsFile.prototype.readSync = readSync;
  }
  return memory;
}

test("weights are read into memory that does not grow with the file", async (folder, words) => {
  let model!: NarrowBertModel;
  const memory = await memoryOf(async () => model = await NarrowBertModel.from_pretrained(folder, options));
  const { size } = await Deno.stat(join(folder, "model.safetensors"));
  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(size > 7 * MIB && bytes < 2 * MIB, `${bytes} bytes of memory for a file of ${size}`);
  assert.deepEqual((await model.state_dict()).get(WORDS)!.data, words);
  model.dispose();
});

/** Loads a model that cannot be, and checks that no GPU memory stays. */
async function fails(folder: string, message: RegExp, more: object = {}): Promise<void> {
  const { liveBytes } = gpu.buffers;
  await assert.rejects(NarrowBertModel.from_pretrained(folder, { ...options, ...more }), { message });
  assert.equal(gpu.buffers.liveBytes, liveBytes);
}

test(
  "a weight that is not finite is found by name and place, and the weights before it leave the GPU again",
  async (folder, words) => {
    words[59_000 * 32 + 5] = NaN;
    const shapes = parameterShapes(config, { head: "none", pooler: false });
    const tensors = [...shapes].map(([name, shape]) => {
      const data = name === WORDS ? words : new Float32Array(shape.reduce((a, b) => a * b, 1));
      return [name, { dtype: "F32" as const, shape, data }] as const;
    });
    await writeSafetensors(tensors, { path: join(folder, "model.safetensors") });
    const message =
      /word_embeddings\.weight" of ".*": element \[59000, 5\] of shape \[60000, 32\] must be finite .* NaN/;
    await fails(folder, message);
  },
);

test("a file that is cut after its header was read is an error, and leaves nothing on the GPU", async (folder) => {
  const path = join(folder, "model.safetensors");
  // The device is looked at first, and asked for between the check of the header and the upload.
  let looks = 0;
  const cut = Object.defineProperty({ add_pooling_layer: false }, "device", {
    enumerable: true,
    get() {
      if (++looks === 2) Deno.truncateSync(path, 1000);
      return device;
    },
  });
  const { liveBytes } = gpu.buffers;
  await assert.rejects(NarrowBertModel.from_pretrained(folder, cut), {
    name: "CheckpointError",
    message: `Cannot read "${path}": the file changed while it was loaded; load the model again`,
  });
  assert.equal(gpu.buffers.liveBytes, liveBytes);
});

test("a signal that comes while weights are read ends the loading", async (folder) => {
  const controller = new AbortController();
  const { signal } = controller;
  const progress_callback = ({ status, file }: { status: string; file?: string }) => {
    if (status === "done" && file === "model.safetensors") setTimeout(() => controller.abort(new Error("enough")));
  };
  await fails(folder, /^enough$/, { signal, progress_callback });
});

test("loads at the same time do not disturb each other, whatever becomes of one", async (folder, words) => {
  const wrong = new Map(
    ["config.json", "model.safetensors"].map((name) => [name, Deno.readFileSync(join(folder, name))]),
  );
  const bytes = wrong.get("model.safetensors")!;
  const file = parseSafetensors(bytes);
  (file.get(WORDS)!.data as Float32Array)[59_000 * 32] = Infinity; // a view of the bytes
  const { liveBytes } = gpu.buffers;
  const abort = new AbortController();
  const loads = [
    NarrowBertModel.from_pretrained(folder, options),
    NarrowBertModel.from_pretrained(wrong, options),
    NarrowBertModel.from_pretrained(folder, { ...options, signal: abort.signal }),
    NarrowBertModel.from_pretrained(folder, options),
  ];
  setTimeout(() => abort.abort(new Error("enough")));
  const [one, two, three, four] = await Promise.allSettled(loads);
  for (const load of [one!, four!]) {
    assert.ok(load.status === "fulfilled");
    assert.deepEqual((await load.value.state_dict()).get(WORDS)!.data, words);
    load.value.dispose();
  }
  assert.ok(two!.status === "rejected" && /element \[59000, 0\] .* got Infinity/.test(two!.reason.message));
  assert.ok(three!.status === "rejected" && three!.reason.message === "enough");
  assert.equal(gpu.buffers.liveBytes, liveBytes);
});
