import assert from "node:assert/strict";
import { readNpy, readSafetensors } from "../../mod.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { floats } from "./floats.ts";
import { folderOf, smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const TEXTS = ["a large animal", "a bird"];

/** Embeddings as the command gives them, with the tiny language model. */
async function embed(...args: string[]): Promise<{ text: string; embedding: number[]; embeddings?: number[][] }[]> {
  await using model = await smallModel("mlm");
  return floats(await narrowbertJson(["embed", "--model", model.path, "--json", ...args, ...TEXTS]));
}

/** Embeddings as the pipeline gives them. */
async function expected(options: object): Promise<number[][]> {
  await using model = await smallModel("mlm");
  using pipe = await pipeline("feature-extraction", model.path);
  return (await pipe(TEXTS, options)).map((tensor) => (tensor.tolist() as number[][])[0]!);
}

Deno.test("embed gives the mean over tokens where the model's files say nothing", async () => {
  const answers = await embed();
  assert.deepEqual(answers.map(({ text }) => text), TEXTS);
  assert.deepEqual(answers.map(({ embedding }) => embedding), await expected({ pooling: "mean" }));
});

Deno.test("embed takes the pooling of the model's files, and what the options say instead", async () => {
  await using model = await smallModel("mlm");
  await Deno.mkdir(`${model.path}/1_Pooling`);
  await Deno.writeTextFile(`${model.path}/1_Pooling/config.json`, '{"pooling_mode_cls_token": true}');
  const args = ["embed", "--model", model.path, "--json"];
  const [cls] = await narrowbertJson<[{ embedding: number[] }]>([...args, TEXTS[0]!]);
  assert.deepEqual(floats(cls.embedding), (await expected({ pooling: "cls" }))[0]);
  const [mean] = await narrowbertJson<[{ embedding: number[] }]>([...args, "--pooling", "mean", TEXTS[0]!]);
  assert.deepEqual(floats(mean.embedding), (await expected({ pooling: "mean" }))[0]);
});

Deno.test("embed puts the prompt of the model's files before each text, or one that is named or given", async () => {
  await using model = await smallModel("mlm");
  await Deno.writeTextFile(
    `${model.path}/config_sentence_transformers.json`,
    JSON.stringify({ prompts: { query: "the ", passage: "of " }, default_prompt_name: "query" }),
  );
  const embedded = async (text: string, ...args: string[]) => {
    const given = ["embed", "--model", model.path, "--json", ...args, text];
    return (await narrowbertJson<[{ embedding: number[] }]>(given))[0].embedding;
  };
  const bare = (text: string) => embedded(text, "--prompt", "");
  assert.deepEqual(await embedded("bird"), await bare("the bird"));
  assert.deepEqual(await embedded("bird", "--prompt-name", "passage"), await bare("of bird"));
  assert.deepEqual(await embedded("bird", "--prompt", "a large "), await bare("a large bird"));
  assert.notDeepEqual(await bare("bird"), await bare("the bird"));
});

Deno.test("embed gives an embedding a token without pooling", async () => {
  const answers = await embed("--pooling", "none");
  assert.deepEqual(answers.map(({ embeddings }) => embeddings), await expected({ pooling: "none" }));
});

Deno.test("embed normalizes, cuts and quantizes", async () => {
  const numbers = (answers: { embedding: number[] }[]) => answers.map(({ embedding }) => embedding);
  const cut = { pooling: "mean", normalize: true, dimensions: 16 };
  const options = ["--normalize", "--dimensions", "16"];
  assert.deepEqual(numbers(await embed(...options)), await expected(cut));
  const binary = await embed(...options, "--precision", "ubinary");
  assert.deepEqual(numbers(binary), await expected({ ...cut, precision: "ubinary" }));
  assert.equal(binary[0]!.embedding.length, 2);
  const ranges = [new Array(16).fill(-1), new Array(16).fill(1)];
  await using folder = await folderOf({ "ranges.json": JSON.stringify(ranges), "wrong.json": "[[1], 2]" });
  const int8 = await embed(...options, "--precision", "int8", "--ranges", `${folder.path}/ranges.json`);
  assert.deepEqual(numbers(int8), await expected({ ...cut, precision: "int8", ranges }));
  const wrong = await narrowbert(["embed", "--ranges", `${folder.path}/wrong.json`, "a"]);
  assert.equal(wrong.stderr, `narrowbert: Cannot read ${folder.path}/wrong.json: it must hold two lists of numbers\n`);
});

Deno.test("embed prints size, first numbers and text", async () => {
  await using model = await smallModel("mlm");
  const { code, stdout } = await narrowbert(["embed", "--model", model.path, ...TEXTS]);
  assert.equal(code, 0);
  assert.match(stdout, /^32 {2}(-?\d[.\d]* ){4}\.\.\. +a large animal\n32 {2}(-?\d[.\d]* ){4}\.\.\. +a bird\n$/);
});

Deno.test("embed writes vectors as files that numpy and safetensors read, in little more than their bytes", async () => {
  const folder = await Deno.makeTempDir();
  const texts = Array.from({ length: 300 }, (_, i) => `animal number ${i}`);
  await Deno.writeTextFile(`${folder}/texts.txt`, texts.join("\n"));
  using embed = await pipeline("feature-extraction");
  for (const precision of ["float32", "ubinary"] as const) {
    const expected = await embed(texts, { pooling: "mean", precision, convert_to_tensor: true });
    const base = `${folder}/${precision}`;
    for (const end of ["npy", "safetensors", "jsonl"]) {
      const args = ["embed", "--input", `${folder}/texts.txt`, "--precision", precision, "--output", `${base}.${end}`];
      assert.deepEqual(await narrowbert(args), { code: 0, stdout: "", stderr: "" });
    }
    const array = await readNpy(`${base}.npy`);
    assert.deepEqual([array.type, array.dims], [expected.type, expected.dims]);
    const file = await readSafetensors(`${base}.safetensors`);
    const { dtype, shape, data } = file.get("embeddings")!;
    assert.deepEqual([dtype, shape], [precision === "float32" ? "F32" : "U8", expected.dims]);
    assert.deepEqual(JSON.parse(file.metadata.probe!).length, 128);
    const lines = (await Deno.readTextFile(`${base}.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line).embedding
    );
    for (const found of [array.data, data, lines.flat()]) {
      assert.equal(found.length, expected.size);
      for (let i = 0; i < expected.size; i++) {
        assert(Math.abs(Number(found[i]) - Number(expected.data[i])) < 1e-5, `${precision} ${i}`);
      }
    }
    // The same numbers in all three.
    assert.deepEqual(data, array.data);
    assert.deepEqual(Array.from(lines.flat() as number[], Math.fround), Array.from(array.data, Number));
    const raw = expected.data.byteLength;
    if (precision === "float32") assert((await Deno.stat(`${base}.npy`)).size <= 1.01 * raw);
  }
  const [{ results }] = await narrowbertJson<[{ results: { index: number; text: string }[] }]>([
    ...["search", "--query", texts[7]!, "--vectors", `${folder}/float32.safetensors`, "--json"],
    ...["--input", `${folder}/texts.txt`],
  ]);
  assert.deepEqual([results[0]!.index, results[0]!.text], [7, texts[7]]);
  const other = await narrowbert([
    ...["search", "--query", "a", "--vectors", `${folder}/float32.safetensors`, "--pooling", "cls"],
  ]);
  assert.equal(other.code, 1);
  assert.match(
    other.stderr,
    /made by another model, or with other options \(it says model "wordnet\/mlm", pooling "mean"\)/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file of vectors is whole or not there, and has a row for each text", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/v.npy`;
  const long = "a ".repeat(200);
  const cases: [string[], number, RegExp][] = [
    [["--pooling", "none", "a"], 2, /an output of .npy has one vector for each text, got --pooling none: write .jsonl/],
    [["--stride", "4", "--windows", "a"], 2, /got --windows: write .jsonl/],
    [["--skip-bad", "a", long], 2, /got --skip-bad: write .jsonl/],
    [["a", long], 1, /the model takes 96 tokens/],
    [["--resume", "a"], 2, /v.npy is written as a whole/],
    [["--json", "a"], 2, /is npy by its name, got --json too/],
  ];
  for (const [args, code, message] of cases) {
    const found = await narrowbert(["embed", "--output", path, ...args]);
    assert.equal(found.code, code, found.stderr);
    assert.match(found.stderr, message);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }
  assert.equal((await narrowbert(["embed", "--output", path], "")).code, 2);
  assert.equal((await narrowbert(["embed", "--output", path, "a"])).code, 0);
  const again = await narrowbert(["embed", "--output", path, "a"]);
  assert.deepEqual([again.code, /is there already/.test(again.stderr)], [2, true]);
  await Deno.remove(folder, { recursive: true });
});
