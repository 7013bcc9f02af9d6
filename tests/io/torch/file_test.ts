/** PyTorch files by path and URL, and how models load from a folder of them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CheckpointError, NarrowBertForMaskedLM, NarrowBertModel, readTorchCheckpoint } from "../../../mod.ts";
import { openCheckpoint } from "../../../src/io/checkpoint/open.ts";
import { openFolder } from "../../../src/io/folder/folder.ts";
import { narrowbert } from "../../cli/terminals.ts";
import { buildFloats } from "../build.ts";
import { serveFiles } from "../servers.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { buildTorch, dict, pickle, tensor } from "./build.ts";
import { modelFolder, pickleFile, PICKLES } from "./pickles.ts";

/** A file of one-dimensional tensors of 32-bit floats. */
function floats(tensors: Record<string, number[]>): Uint8Array {
  const entries = Object.entries(tensors);
  const pieces = entries.map(([name, values], i) => {
    return [name, tensor({ dtype: "F32", key: `${i}`, count: values.length, shape: [values.length] })] as const;
  });
  const storages = entries.map(([, values], i) => [`${i}`, new Uint8Array(new Float32Array(values).buffer)] as const);
  return buildTorch(pickle(dict(Object.fromEntries(pieces))), Object.fromEntries(storages));
}

const W = floats({ w: [1, 2] });
const BIN = "pytorch_model.bin";
const INDEX = "pytorch_model.bin.index.json";

const encode = (text: string) => new TextEncoder().encode(text);

async function open(files: Record<string, Uint8Array | string>) {
  const contents = Object.entries(files).map(([name, content]) => {
    return [name, typeof content === "string" ? encode(content) : content] as const;
  });
  return await openCheckpoint(await openFolder(new Map(contents)));
}

const isError = (message: string | RegExp) => ({ name: "CheckpointError", message });

const caseOf = (name: string) => PICKLES.find((pickle) => pickle.name === name)!;

Deno.test("a file is read by its bytes, its path and its URL", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "w.bin");
    await Deno.writeFile(path, W);
    const check = async (where: Uint8Array | string | URL) => {
      const tensors = await readTorchCheckpoint(where);
      assert.deepEqual(tensors.get("w")!.data, Float32Array.of(1, 2));
      assert.equal(tensors.get("w")!.data, tensors.get("w")!.data);
    };
    for (const where of [W, path, pathToFileURL(path)]) await check(where);
    await serveFiles(new Map([["w.bin", W]]), async ({ url }) => {
      await check(`${url}/w.bin`);
      await assert.rejects(
        readTorchCheckpoint(`${url}/other.bin`),
        isError(`Cannot read "${url}/other.bin": there is no such file`),
      );
    });
  }));

Deno.test("aligned elements of bytes in memory are a view of them", async () => {
  const unaligned = (await readTorchCheckpoint(W)).get("w")!;
  assert.deepEqual(unaligned.data, Float32Array.of(1, 2));
  const offset = (4 - (unaligned.bytes.byteOffset & 3)) & 3;
  const moved = new Uint8Array(W.length + offset).subarray(offset);
  moved.set(W);
  assert.equal((await readTorchCheckpoint(moved)).get("w")!.data.buffer, moved.buffer);
});

Deno.test("a file that is not there, is a folder, or changes, is one error without a reason", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "w.bin");
    const fails = (promise: Promise<unknown>, message: string) =>
      assert.rejects(promise, (error) => {
        assert.ok(error instanceof CheckpointError);
        assert.deepEqual([error.message, error.reason], [message, undefined]);
        return true;
      });
    await fails(readTorchCheckpoint(path), `Cannot read "${path}": there is no such file`);
    await fails(readTorchCheckpoint(folder), `Cannot read "${folder}": it must be a file, and is a folder`);
    await Deno.writeFile(path, W);
    const tensors = await readTorchCheckpoint(path);
    await Deno.writeFile(path, floats({ w: [1, 2, 3] }));
    const data = Promise.try(() => tensors.get("w")!.data);
    await fails(data, `Cannot read "${path}": the file changed while it was loaded; load the model again`);
  }));

Deno.test("timers have their turn while a large file is checked", async () => {
  const count = 2 ** 27;
  const file = buildTorch(pickle(dict({ w: tensor({ dtype: "U8", key: "0", count, shape: [count] }) })), {
    0: new Uint8Array(count),
  });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await readTorchCheckpoint(file);
  clearInterval(timer);
  assert.ok(turns > 0);
});

Deno.test("safetensors win over PyTorch's files, and one file over several", async () => {
  const files = {
    "model.safetensors": buildFloats({ w: [1] }),
    "model.safetensors.index.json": '{"weight_map":{"w":"2.safetensors"}}',
    "2.safetensors": buildFloats({ w: [2] }),
    [BIN]: floats({ w: [3] }),
    [INDEX]: '{"weight_map":{"w":"4.bin"}}',
    "4.bin": floats({ w: [4] }),
  };
  const left = Object.entries(files);
  for (
    const [value, file, used] of [[1, "model.safetensors", 1], [2, "2.safetensors", 2], [3, BIN, 1], [4, "4.bin", 2]]
  ) {
    const checkpoint = await open(Object.fromEntries(left));
    assert.deepEqual([checkpoint.float32("w")[0], checkpoint.files], [value, [file]]);
    left.splice(0, used as number);
  }
});

Deno.test("several files have what their index says, each tensor once", async () => {
  const index = '{"metadata":{},"weight_map":{"a":"1.bin","b":"2.bin"}}';
  const checkpoint = await open({ [INDEX]: index, "1.bin": floats({ a: [1] }), "2.bin": floats({ b: [2], c: [3] }) });
  assert.deepEqual([checkpoint.names(), checkpoint.files], [["a", "b", "c"], ["1.bin", "2.bin"]]);
  assert.equal(checkpoint.float32("c")[0], 3);
  await assert.rejects(
    open({ [INDEX]: index, "1.bin": floats({ a: [1] }), "2.bin": floats({ c: [3] }) }),
    isError(`Cannot read "memory/2.bin": ${INDEX} lists tensors that are not in it: "b"`),
  );
  await assert.rejects(
    open({ [INDEX]: index, "1.bin": floats({ a: [1] }), "2.bin": floats({ a: [1], b: [3] }) }),
    isError('Cannot read "memory/2.bin": tensor "a" must be in one file, and is in another one too'),
  );
  await assert.rejects(open({ [INDEX]: index }), isError('Cannot read "1.bin" in "memory/": there is no such file'));
});

const LOADS: [name: string, file: string, message: RegExp][] = [
  [
    "of before PyTorch 1.6",
    "files/format-legacy.bin",
    /^Cannot read "memory\/pytorch_model.bin": .*PyTorch before 1.6; convert it where PyTorch is installed: python -c "import torch; .*"$/,
  ],
  [
    "of TorchScript",
    "files/format-torchscript.bin",
    /^Cannot read "memory\/pytorch_model.bin": it is a TorchScript archive, .* python -c "import torch; .*"$/,
  ],
  [
    "with a call of os.system",
    "files/name-reduce-os.system.bin",
    /"memory\/pytorch_model.bin": its pickle names "os.system"/,
  ],
  ["cut short", "files/zip-cut-end.bin", /^Cannot read "memory\/pytorch_model.bin": .* the file was cut short/],
];

for (const [name, file, message] of LOADS) {
  Deno.test(`from_pretrained refuses a pytorch_model.bin ${name} by one clear error`, async () => {
    const files = modelFolder(caseOf("model-masked-lm"));
    files.set(BIN, pickleFile(file));
    await assert.rejects(NarrowBertForMaskedLM.from_pretrained(files), isError(message));
  });
}

Deno.test("from_pretrained refuses a pytorch_model.bin of another architecture by one clear error", async () => {
  const files = modelFolder(caseOf("model-masked-lm"));
  files.set(BIN, floats({ "roberta.encoder.layer.0.output.dense.bias": [1], "lm_head.bias": [2] }));
  await assert.rejects(
    NarrowBertForMaskedLM.from_pretrained(files),
    isError(
      'Cannot load "memory/": its weights must be those of a NarrowBERT or a BERT, with names like ' +
        '"narrow_bert.encoder.layer.0.output.dense.weight" or "bert.encoder.layer.0.output.dense.weight", got 2 of ' +
        'RoBERTa, such as "roberta.encoder.layer.0.output.dense.bias", "lm_head.bias"',
    ),
  );
});

Deno.test("a model from a folder on disk has the weights of the same folder in memory", () =>
  inTemporaryFolder(async (folder) => {
    const files = modelFolder(caseOf("model-sharded"));
    for (const [name, bytes] of files) await Deno.writeFile(join(folder, name), bytes);
    const options = { add_pooling_layer: false };
    using onDisk = await NarrowBertModel.from_pretrained(folder, options);
    using inMemory = await NarrowBertModel.from_pretrained(files, options);
    assert.deepEqual(await onDisk.state_dict(), await inMemory.state_dict());
  }));

Deno.test("info describes a folder of a pytorch_model.bin, and of shards", () =>
  inTemporaryFolder(async (folder) => {
    const shards = [1, 2, 3].map((n) => `pytorch_model-0000${n}-of-00003.bin`);
    for (const [name, expected] of [["model-masked-lm", [BIN]], ["model-sharded", shards]] as const) {
      const path = join(folder, name);
      await Deno.mkdir(path);
      for (const [file, bytes] of modelFolder(caseOf(name))) await Deno.writeFile(join(path, file), bytes);
      const { code, stdout, stderr } = await narrowbert(["info", "--json", "--model", path]);
      assert.deepEqual([code, stderr], [0, ""]);
      const { architecture, files, layers } = JSON.parse(stdout);
      assert.deepEqual([architecture, files.toSorted()], ["NarrowBertForMaskedLM", expected]);
      assert.deepEqual(layers, { full: 2, narrow: 3 });
      assert.match((await narrowbert(["info", "--model", path])).stdout, /^files +pytorch_model.*\.bin$/m);
    }
  }));
