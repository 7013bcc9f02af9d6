import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { type ElementSource, ParameterSet } from "../../src/nn/parameters.ts";
import { eachTensor, readTensors } from "../../src/nn/layout/reading.ts";
import { rowSlices } from "../../src/nn/layout/slices.ts";
import { Gpu } from "../../src/gpu/device.ts";
import { fakeMemory } from "../gpu/fake_devices.ts";

const gpu = await requestGpu();

/** Tensors by name, as a source that notes what is asked of it. */
function source(tensors: Record<string, Float32Array>): ElementSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get(name) {
      asked.push(name);
      const data = tensors[name];
      if (data === undefined) throw new Error(`no weight ${name}`);
      return data;
    },
  };
}

function numbers(count: number, first: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => first + i / 8);
}

const TENSORS = {
  "dense.weight": numbers(15, 1),
  "dense.bias": numbers(5, 2),
  words: numbers(21, 3),
  "key.weight": numbers(18, 4),
  "value.weight": numbers(18, 5),
};

/** A linear layer 3 to 5, a table [7, 3], and two projections of 2 heads of size 3 in one matrix [3, 16]. */
function declareAll(): ParameterSet {
  const parameters = new ParameterSet();
  parameters.transposed("dense.weight", 5, 3);
  parameters.vector("dense.bias", 5);
  parameters.table("words", 7, 3);
  const heads = { size: 3, padded: 4 };
  parameters.declare(
    "key_value",
    [3, 16],
    ["key.weight", "value.weight"].map((name, i) => (
      { name, shape: [6, 3], offset: 8 * i, rowStride: 1, rowGroup: heads, columnStride: 16 }
    )),
  );
  return parameters;
}

Deno.test("loaded weights are read back as they were, by name and shape", async () => {
  const parameters = declareAll();
  await parameters.load(gpu, source(TENSORS));
  const read = await readTensors(gpu, parameters.all);
  const shapes = {
    "dense.weight": [5, 3],
    "dense.bias": [5],
    words: [7, 3],
    "key.weight": [6, 3],
    "value.weight": [6, 3],
  };
  assert.deepEqual(Object.fromEntries([...read].map(([name, { shape }]) => [name, shape])), shapes);
  for (const [name, data] of Object.entries(TENSORS)) assert.deepEqual(read.get(name)!.data, data, name);
  parameters.dispose();
});

Deno.test("a set's bytes are known before, are what it takes, and are given back", async () => {
  const before = gpu.buffers.liveBytes;
  const parameters = declareAll();
  const { bytes } = parameters;
  assert.equal(bytes, 4 * (3 * 8 + 8 + 7 * 4 + 3 * 16));
  assert.equal(gpu.buffers.liveBytes, before);
  await parameters.load(gpu, source(TENSORS));
  assert.equal(gpu.buffers.liveBytes - before, bytes);
  assert.ok(parameters.all.every(({ loaded }) => loaded));
  parameters.dispose();
  parameters.dispose();
  assert.equal(gpu.buffers.liveBytes, before);
  assert.throws(
    () => parameters.all[0]!.buffer,
    /Weight "dense.weight" is not on the GPU: it was not loaded, or disposed/,
  );
});

Deno.test("a set that fails half way leaves nothing behind", async () => {
  const { "key.weight": _, ...lacking } = TENSORS;
  const before = gpu.buffers.liveBytes;
  const parameters = declareAll();
  const given = source(lacking);
  await assert.rejects(parameters.load(gpu, given), { message: "no weight key.weight" });
  assert.deepEqual(given.asked, ["dense.weight", "dense.bias", "words", "key.weight"]);
  assert.equal(gpu.buffers.liveBytes, before);
  assert.ok(parameters.all.every(({ loaded }) => !loaded));
  await parameters.load(gpu, source(TENSORS));
  assert.deepEqual(
    (await readTensors(gpu, parameters.all)).get("words")!.data,
    TENSORS.words,
    "it can be loaded again",
  );
  parameters.dispose();
});

Deno.test("a buffer that the device had no memory for is not lent again", async () => {
  const memory = fakeMemory({ bytes: 1000 });
  const full = new Gpu(memory.device);
  const parameters = new ParameterSet();
  parameters.vector("large", 4000);
  const message = "Cannot load a model to the GPU: Not enough memory left";
  await assert.rejects(parameters.load(full, { get: () => new Float32Array(4000) }), { message });
  assert.equal(memory.broken.size, 1);
  assert.deepEqual([full.buffers.liveBytes, full.buffers.freeBytes], [0, 0]);
});

Deno.test("an aborted signal stops the loading, and leaves nothing behind", async () => {
  const before = gpu.buffers.liveBytes;
  const abort = new AbortController();
  const given = source(TENSORS);
  const get = (name: string) => {
    if (name === "words") abort.abort(new Error("enough"));
    return given.get(name);
  };
  const parameters = declareAll();
  await assert.rejects(parameters.load(gpu, { get }, { signal: abort.signal }), { message: "enough" });
  assert.deepEqual(given.asked, ["dense.weight", "dense.bias", "words"]);
  assert.equal(gpu.buffers.liveBytes, before);
});

Deno.test("a weight that no buffer can hold is an error that names it, before any weight is asked for", async () => {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const rows = limit / 256 + 1;
  const parameters = declareAll();
  parameters.table("word_embeddings", rows, 64);
  const given = source(TENSORS);
  const before = gpu.buffers.created;
  const message = `Cannot load weight "word_embeddings" [${rows}, 64]: it needs ${rows * 256} bytes in one buffer, ` +
    `this device allows ${limit} (maxBufferSize ${maxBufferSize}, ` +
    `maxStorageBufferBindingSize ${maxStorageBufferBindingSize})`;
  await assert.rejects(parameters.load(gpu, given), { name: "RangeError", message });
  assert.deepEqual([given.asked, gpu.buffers.created], [[], before]);
});

/** A table of 7 words of 16 bytes each, in slices if `largest` bytes are less than that, and a vector. */
function declareWords(largest: number): ParameterSet {
  const parameters = new ParameterSet({ largest });
  parameters.words("words", 7, 3);
  parameters.vector("dense.bias", 5);
  return parameters;
}

Deno.test("words in slices are asked for once, lie in a buffer each, and are read back as one tensor", async () => {
  for (
    const [largest, labels] of [[112, ["words"]], [111, ["words[0:4]", "words[4:7]"]], [1, [
      "words[0:4]",
      "words[4:7]",
    ]]] as const
  ) {
    const parameters = declareWords(largest);
    assert.deepEqual([...parameters.shapes()], [["words", [7, 3]], ["dense.bias", [5]]]);
    assert.deepEqual(parameters.all.map(({ label }) => label), [...labels, "dense.bias"]);
    const given = source(TENSORS);
    await parameters.load(gpu, given);
    assert.deepEqual(given.asked, ["words", "dense.bias"]);
    const read = await readTensors(gpu, parameters.all);
    assert.deepEqual([...read.keys()], ["words", "dense.bias"]);
    assert.deepEqual(read.get("words"), { shape: [7, 3], data: TENSORS.words });
    const other = { ...TENSORS, words: numbers(21, 9) };
    parameters.write(source(other));
    assert.deepEqual((await readTensors(gpu, parameters.all)).get("words")!.data, other.words);
    parameters.dispose();
  }
});

Deno.test("slices are as few and as equal as may be, and all but the last have a multiple of 4 rows", () => {
  const sizes = (rows: number, most: number) => rowSlices(rows, most).map(({ begin, end }) => end - begin);
  assert.deepEqual(sizes(61, Infinity), [61]);
  assert.deepEqual(sizes(61, 61), [61]);
  assert.deepEqual(sizes(61, 60), [32, 29]);
  assert.deepEqual(sizes(61, 16.5), [16, 16, 16, 13]);
  assert.deepEqual(sizes(119547, 2 ** 27 / 4 / 768), [39852, 39852, 39843]);
  assert.deepEqual(sizes(9, 3), [4, 4, 1]);
  assert.deepEqual(sizes(1, 0), [1]);
  for (let rows = 1; rows < 100; rows++) {
    for (let most = 4; most < 110; most += 3) {
      const slices = rowSlices(rows, most);
      assert.equal(slices.length, Math.ceil(rows / Math.max(rows <= most ? rows : 4, most - most % 4)));
      slices.forEach(({ begin, end }, i) => {
        assert.equal(begin, i === 0 ? 0 : slices[i - 1]!.end);
        assert.ok(end > begin && end - begin <= most && (end === rows || end % 4 === 0));
      });
      assert.equal(slices.at(-1)!.end, rows);
    }
  }
});

Deno.test("the padding of loaded weights is zero", async () => {
  const parameters = declareAll();
  await parameters.load(gpu, source(TENSORS));
  const { buffer, bytes } = parameters.all[3]!;
  const staging = gpu.staging.acquire(bytes);
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
  gpu.device.queue.submit([encoder.finish()]);
  const words = new Uint32Array(await gpu.staging.read(staging, bytes));
  for (let i = 3; i < words.length; i += 4) assert.equal(words[i], 0, `element ${i}`);
  parameters.dispose();
});

Deno.test("all weights are read back in about the time of one: a wait takes 10 ms, whatever for", async () => {
  const times: number[] = [];
  for (const count of [1, 60]) {
    const parameters = new ParameterSet();
    for (let i = 0; i < count; i++) parameters.vector(`bias.${i}`, 5);
    await parameters.load(gpu, { get: () => TENSORS["dense.bias"] });
    await readTensors(gpu, parameters.all);
    const start = performance.now();
    assert.equal((await readTensors(gpu, parameters.all)).size, count);
    times.push(performance.now() - start);
    parameters.dispose();
  }
  const [one, sixty] = times as [number, number];
  assert.ok(sixty < 20 * one, `one weight took ${one} ms, sixty ${sixty} ms`);
});

Deno.test("weights are read back one after the other, each as a whole, and no more of them than are taken", async () => {
  for (const parameters of [declareAll(), declareWords(112), declareWords(1)]) {
    await parameters.load(gpu, source(TENSORS));
    const found = await Array.fromAsync(eachTensor(gpu, parameters.all));
    const all = await readTensors(gpu, parameters.all);
    assert.equal(found.length, all.size);
    assert.deepEqual(new Map(found), all);
    parameters.dispose();
  }
  assert.deepEqual(await Array.fromAsync(eachTensor(gpu, [])), []);

  const large = new ParameterSet();
  for (const name of ["a", "b", "c"]) large.table(name, 2_200_000, 4); // two are more than is read with one wait
  const { run } = gpu.scheduler;
  let reads = 0;
  gpu.scheduler.run = (job) => {
    reads++;
    return run.call(gpu.scheduler, job) as ReturnType<typeof run<never>>;
  };
  try {
    await large.load(gpu, { get: (name) => new Float32Array(8_800_000).fill("abc".indexOf(name)) });
    reads = 0;
    const names: string[] = [];
    for await (const [name, { data }] of eachTensor(gpu, large.all)) {
      names.push(name);
      assert.equal(reads, names.length);
      assert.deepEqual([data.length, data[0], data.at(-1)], [8_800_000, names.length - 1, names.length - 1]);
    }
    assert.deepEqual(names, ["a", "b", "c"]);
  } finally {
    gpu.scheduler.run = run;
    large.dispose();
  }
});
