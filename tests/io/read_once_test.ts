/** A load reads each byte of each weight once, whatever the weight's size, type and place. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertForMaskedLM, type SavedDtype, writeSafetensors } from "../../mod.ts";
import { encodeBfloat16, encodeFloat16 } from "../../src/base/dtype.ts";
import { elementCount } from "../../src/base/shape.ts";
import { partsOf } from "../../src/heads/model_class.ts";
import { HEADS } from "../../src/heads/registry.ts";
import type { FileBytes } from "../../src/io/folder/file_bytes.ts";
import { MemoryFolder } from "../../src/io/folder/memory_folder.ts";
import type { ModelFolder } from "../../src/io/folder/model_folder.ts";
import { readConfig } from "../../src/model/config/config.ts";
import { loadCore } from "../../src/model/loading.ts";
import { firstDifference } from "../../src/model/weights/checks.ts";
import { parameterShapes } from "../../src/model/weights/parameter_shapes.ts";

const WORDS = "narrow_bert.embeddings.word_embeddings.weight";
const PARTS = partsOf(NarrowBertForMaskedLM, {});

/** The words are 10 MiB, and two tiles; each of the feed-forward layer's weights is 17 MiB, two tiles of columns. */
const LARGE = new NarrowBertConfig({
  vocab_size: 80_000,
  hidden_size: 32,
  num_hidden_layers: 1,
  full_length_layers: 1,
  num_attention_heads: 4,
  intermediate_size: 140_001,
  max_position_embeddings: 16,
});

const SMALL = LARGE.with({ vocab_size: 50, intermediate_size: 70, num_hidden_layers: 3 });

/** The bytes of a file, which counts how often each is read. */
class CountedBytes implements FileBytes {
  readonly counts: Uint8Array;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.counts = new Uint8Array(bytes.length);
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(begin: number, end: number, into = new Uint8Array(end - begin)): Uint8Array {
    for (let i = begin; i < end; i++) this.counts[i]!++;
    into.set(this.#bytes.subarray(begin, end));
    return into;
  }

  /** How often bytes after the header are read, each number of times that occurs. */
  get timesOfData(): number[] {
    const start = 8 + Number(new DataView(this.#bytes.buffer).getBigUint64(0, true));
    return [...new Set(this.counts.subarray(start))].sort();
  }
}

/** A folder in memory whose files count. */
class CountedFolder extends MemoryFolder implements ModelFolder {
  readonly opened = new Map<string, CountedBytes>();

  override async find(file: string): Promise<FileBytes | null> {
    const found = await super.find(file);
    if (found === null) return null;
    const counted = new CountedBytes(found.read(0, found.size));
    this.opened.set(file, counted);
    return counted;
  }

  /** How often each byte of weights is read, by file. */
  get times(): Record<string, number[]> {
    const files = [...this.opened].filter(([name]) => name.endsWith(".safetensors"));
    return Object.fromEntries(files.map(([name, { timesOfData }]) => [name, timesOfData]));
  }
}

type Weights = Map<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>;

/** Weights of a masked language model, which every type of elements holds exactly. */
function weightsOf(config: NarrowBertConfig): Weights {
  return new Map([...parameterShapes(config, PARTS)].map(([name, shape], n) => {
    const data = new Float32Array(elementCount(shape));
    for (let i = 0; i < data.length; i++) data[i] = (i * 7 + n) % 127 - 63;
    return [name, { shape, data }];
  }));
}

const LARGE_WEIGHTS = weightsOf(LARGE);

const ENCODED = {
  F32: (data: Float32Array<ArrayBuffer>) => data,
  F16: encodeFloat16,
  BF16: encodeBfloat16,
};

function fileOf(weights: Weights, dtype: SavedDtype): Promise<Uint8Array> {
  return writeSafetensors([...weights].map(([name, { shape, data }]) => {
    const bytes = new Uint8Array(ENCODED[dtype](data).buffer);
    return [name, { dtype, shape, data: bytes }] as const;
  }));
}

/** Loads a model from files beside its config, and gives the folder that counted. */
async function load(config: NarrowBertConfig, files: Record<string, Uint8Array>, weights: Weights) {
  const text = new TextEncoder().encode(JSON.stringify(config.to_json()));
  const folder = new CountedFolder(new Map([["config.json", text], ...Object.entries(files)]));
  const opened = { root: folder, folder, config: await readConfig(folder) };
  using model = new NarrowBertForMaskedLM(await loadCore(opened, { ...PARTS, known: HEADS }, {}));
  const loaded = await model.state_dict();
  assert.deepEqual([...loaded.keys()], [...weights.keys()]);
  for (const [name, { data }] of weights) {
    assert.equal(firstDifference(data, loaded.get(name)!.data as Float32Array), -1, name);
  }
  return folder;
}

const FILE = "model.safetensors";

for (const dtype of ["F32", "F16", "BF16"] as const) {
  Deno.test(`each byte of weights larger than what is uploaded at once is read once: ${dtype}`, async () => {
    const weights = LARGE_WEIGHTS;
    const folder = await load(LARGE, { [FILE]: await fileOf(weights, dtype) }, weights);
    assert.deepEqual(folder.times, { [FILE]: [1] });
  });
}

Deno.test("each byte of a weight is read once in several files", async () => {
  const weights = LARGE_WEIGHTS;
  const names = [...weights.keys()];
  const fileNames = ["1.safetensors", "2.safetensors", "3.safetensors"];
  const map = Object.fromEntries(names.map((name, i) => [name, fileNames[i % 3]!]));
  const files: Record<string, Uint8Array> = {
    "model.safetensors.index.json": new TextEncoder().encode(JSON.stringify({ weight_map: map })),
  };
  for (const [i, file] of fileNames.entries()) {
    files[file] = await fileOf(
      new Map([...weights].filter(([name]) => map[name] === file)),
      (["F32", "BF16", "F16"] as const)[i]!,
    );
  }
  const folder = await load(LARGE, files, weights);
  assert.deepEqual(folder.times, Object.fromEntries(fileNames.map((file) => [file, [1]])));
});

Deno.test("each byte of a stored decoder is read once, while it is compared", async () => {
  const weights = LARGE_WEIGHTS;
  const stored = new Map([
    ...weights,
    ["cls.predictions.decoder.weight", weights.get(WORDS)!] as const,
    ["cls.predictions.decoder.bias", weights.get("cls.predictions.bias")!] as const,
  ]);
  const folder = await load(LARGE, { [FILE]: await fileOf(stored, "F32") }, weights);
  assert.deepEqual(folder.times, { [FILE]: [1] });
});

Deno.test("each byte of the weights of pruned layers is read once", async () => {
  const config = SMALL.with({ pruned_heads: { 0: [1], 2: [0, 3] } });
  const weights = weightsOf(config);
  const folder = await load(config, { [FILE]: await fileOf(weights, "F32") }, weights);
  assert.deepEqual(folder.times, { [FILE]: [1] });
});

Deno.test("weights that the model has no use for are not read", async () => {
  const weights = weightsOf(SMALL);
  const unused = { shape: [2, 32], data: new Float32Array(64).fill(NaN) };
  const stored = new Map([...weights, ["cls.seq_relationship.weight", unused] as const]);
  const folder = await load(SMALL, { [FILE]: await fileOf(stored, "F32") }, weights);
  assert.deepEqual(folder.times, { [FILE]: [0, 1] });
  const { counts } = folder.opened.get(FILE)!;
  assert.equal(counts.reduce((sum, times) => sum + Number(times === 0), 0), 4 * 64);
});
