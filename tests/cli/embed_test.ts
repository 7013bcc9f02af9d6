import assert from "node:assert/strict";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { folderOf, smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const TEXTS = ["a large animal", "a bird"];

/** Embeddings as the command gives them, with the tiny language model. */
async function embed(...args: string[]): Promise<{ text: string; embedding: number[]; embeddings?: number[][] }[]> {
  await using model = await smallModel("mlm");
  return await narrowbertJson(["embed", "--model", model.path, "--json", ...args, ...TEXTS]);
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
  assert.deepEqual(cls.embedding, (await expected({ pooling: "cls" }))[0]);
  const [mean] = await narrowbertJson<[{ embedding: number[] }]>([...args, "--pooling", "mean", TEXTS[0]!]);
  assert.deepEqual(mean.embedding, (await expected({ pooling: "mean" }))[0]);
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
