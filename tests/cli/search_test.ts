/** `narrowbert search` finds texts by their embeddings, and refuses vectors that are of something else. */

import assert from "node:assert/strict";
import { pipeline, semantic_search, Tensor, writeNpy, writeSafetensors } from "../../mod.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const TEXTS = ["a large animal", "a small brown bird", "to travel by air", "a can for holding soft drinks"];
const QUERIES = ["a big beast", "a plane"];
const ASKED = QUERIES.flatMap((query) => ["--query", query]);

interface Found {
  query: string;
  results: { index: number; score: number; text?: string; id?: number }[];
}

/** What the library finds. */
async function expected(top_k: number, pooling?: "cls"): Promise<Found[]> {
  using embed = await pipeline("feature-extraction");
  const embedAll = (texts: string[]) => embed(texts, { pooling: pooling ?? "mean" });
  const found = await semantic_search(await embedAll(QUERIES), await embedAll(TEXTS), { top_k });
  return found.map((hits, i) => {
    const results = hits.map(({ corpus_id: index, score }) => ({ text: TEXTS[index]!, index, score }));
    return { query: QUERIES[i]!, results };
  });
}

function checkFound(found: readonly Found[], expected: readonly Found[]): void {
  const rounded = (all: readonly Found[]) =>
    all.map(({ query, results }) => ({
      query,
      results: results.map(({ score, ...others }) => ({ ...others, score: +score.toFixed(5) })),
    }));
  assert.deepEqual(rounded(found), rounded(expected));
}

Deno.test("search embeds the texts that it is given, and prints the best", async () => {
  const all = await expected(5);
  checkFound(await narrowbertJson(["search", ...ASKED, "--json", ...TEXTS]), all);
  checkFound(await narrowbertJson(["search", ...ASKED, "--json"], TEXTS.join("\n")), all);
  checkFound(
    await narrowbertJson(["search", ...ASKED, "--json", "--pooling", "cls", "--top-k", "2", ...TEXTS]),
    await expected(2, "cls"),
  );
  const { stdout } = await narrowbert(["search", ...ASKED, "--top-k", "1", ...TEXTS]);
  const lines = all.map(({ results: [best] }) => `${best!.score.toFixed(4)}  ${best!.index}  ${best!.text}\n`);
  assert.equal(stdout, lines.join("\n"));
});

Deno.test("search takes vectors from files, and shows the texts that it is given beside", async () => {
  const folder = await Deno.makeTempDir();
  const all = await expected(2);
  const bare = all.map(({ query, results }) => ({ query, results: results.map(({ text: _, ...others }) => others) }));
  const lines = TEXTS.map((text, id) => JSON.stringify({ id, text })).join("\n");
  await Deno.writeTextFile(`${folder}/texts.jsonl`, lines);
  const { stdout } = await narrowbert(["embed", "--jsonl", "--input", `${folder}/texts.jsonl`]);
  await Deno.writeTextFile(`${folder}/v.jsonl`, stdout);
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line).embedding as number[]);
  const tensor = new Tensor("float32", rows.flat(), [rows.length, rows[0]!.length]);
  await writeNpy(tensor, { path: `${folder}/v.npy` });
  const half = Float16Array.from(tensor.data);
  for (const [name, dtype, data] of [["v", "F32", tensor.data], ["half", "F16", half]] as const) {
    const tensors = [["any", { dtype, shape: tensor.dims, data }]] as const;
    await writeSafetensors(tensors, { path: `${folder}/${name}.safetensors` });
  }
  const search = (name: string, ...more: string[]) =>
    narrowbertJson<Found[]>(["search", ...ASKED, "--json", "--top-k", "2", "--vectors", `${folder}/${name}`, ...more]);
  checkFound(await search("v.npy"), bare);
  checkFound(await search("v.safetensors"), bare);
  const ids = (await search("half.safetensors")).map(({ results }) => results.map(({ index }) => index));
  assert.deepEqual(ids, all.map(({ results }) => results.map(({ index }) => index)));
  checkFound(await search("v.npy", ...TEXTS), all);
  const withIds = all.map(({ query, results }) => ({
    query,
    results: results.map(({ text, ...others }) => ({ id: others.index, text, ...others })),
  }));
  checkFound(await search("v.jsonl"), withIds);
  checkFound(await search("v.npy", "--input", `${folder}/texts.jsonl`), withIds);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("search takes what embed --skip-bad wrote: texts with an error have no vector, and the others keep their numbers", async () => {
  const folder = await Deno.makeTempDir();
  const path = (name: string) => `${folder}/${name}`;
  const texts = ["person ".repeat(200), TEXTS[0]!, TEXTS[1]!, "person ".repeat(150), TEXTS[2]!, TEXTS[3]!];
  const numbers = [1, 2, 4, 5]; // of TEXTS
  await Deno.writeTextFile(path("texts.txt"), texts.join("\n"));
  const written = await narrowbert(["embed", "--skip-bad", "-i", path("texts.txt"), "-o", path("v.jsonl")]);
  assert.equal(written.code, 1);
  assert.equal((await Deno.readTextFile(path("v.jsonl"))).match(/"error"/g)!.length, 2);
  const all = (await expected(4)).map(({ query, results }) => ({
    query,
    results: results.map(({ index, ...others }) => ({ ...others, index: numbers[index]! })),
  }));
  const search = ["search", ...ASKED, "--json", "--vectors", path("v.jsonl")];
  checkFound(await narrowbertJson(search), all);
  checkFound(await narrowbertJson([...search, "--input", path("texts.txt")]), all);
  const few = await narrowbert([...search, ...TEXTS]);
  assert.deepEqual([few.code, few.stdout], [1, ""]);
  assert.match(few.stderr, /it has 4 vectors of 6 texts, and 4 texts are given; they must be the texts that/);
  // A user's own field of that name is no error.
  await Deno.writeTextFile(path("own.jsonl"), '{"line":1,"error":"e","embedding":[1,2]}\n');
  const own = await narrowbert(["search", "--query", "a", "--vectors", path("own.jsonl")]);
  assert.match(own.stderr, /its vectors have 2 numbers, and a query has 128/);
  await Deno.writeTextFile(path("none.jsonl"), '{"line":1,"error":"e"}\n');
  const none = await narrowbert(["search", "--query", "a", "--vectors", path("none.jsonl")]);
  assert.deepEqual([none.code, /it must hold a vector, and has errors alone/.test(none.stderr)], [1, true]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("search refuses what it cannot search, each in a line", async () => {
  const folder = await Deno.makeTempDir();
  const path = (name: string) => `${folder}/${name}`;
  await writeNpy(new Tensor("float32", new Float32Array(2 * 128), [2, 128]), { path: path("two.npy") });
  await writeNpy(new Tensor("float32", [1, 2, 3], [1, 3]), { path: path("narrow.npy") });
  await writeNpy(new Tensor("int32", [1, 2, 3], [1, 3]), { path: path("whole.npy") });
  await writeNpy(new Tensor("float32", new Float32Array(128).fill(NaN), [1, 128]), { path: path("nan.npy") });
  await Deno.writeTextFile(path("texts.jsonl"), '{"text":"a"}\n');
  await Deno.writeTextFile(path("empty.jsonl"), "");
  await Deno.writeTextFile(path("uneven.jsonl"), '{"embedding":[1,2]}\n{"embedding":[1]}\n');
  await Deno.writeTextFile(path("broken.npy"), "text");
  await writeSafetensors([
    ["a", { dtype: "F32", shape: [1, 1], data: new Float32Array(1) }],
    ["b", { dtype: "F32", shape: [1, 1], data: new Float32Array(1) }],
  ], { path: path("many.safetensors") });
  const other = JSON.stringify(Array.from({ length: 128 }, (_, i) => i % 3));
  await writeSafetensors(
    [["embeddings", { dtype: "F32", shape: [1, 128], data: new Float32Array(128) }]],
    { path: path("other.safetensors"), metadata: { model: "owner/other", probe: other } },
  );
  const vectors = (name: string) => ["--query", "a", "--vectors", path(name)];
  const cases: [string[], number, RegExp][] = [
    [["a"], 2, /no query: give --query/],
    [["--query", " ", "a"], 2, /--query must hold a word, got " "/],
    [["--query", "a", "--vectors", path("v.bin")], 2, /--vectors must be a .npy, .safetensors, .jsonl file, got/],
    [vectors("none.npy"), 1, /none.npy".*there is no such file/],
    [vectors("none.jsonl"), 1, /none.jsonl": there is no such file/],
    [vectors("broken.npy"), 1, /broken.npy": it must be a .npy file of numpy/],
    [
      vectors("whole.npy"),
      1,
      /whole.npy": it must hold vectors \[N, H\] of 16, 32 or 64-bit floats, got int32 \[1, 3\]/,
    ],
    [vectors("narrow.npy"), 1, /its vectors have 3 numbers, and a query has 128; give the --model, --pooling/],
    [vectors("nan.npy"), 1, /nan.npy": vector 1 must hold finite numbers, got NaN/],
    [vectors("texts.jsonl"), 1, /texts.jsonl:1: it must have an "embedding", a list of numbers/],
    [vectors("empty.jsonl"), 1, /empty.jsonl": it must hold a vector, and is empty/],
    [vectors("uneven.jsonl"), 1, /uneven.jsonl:2: its embedding must have 2 numbers, as the first, got 1/],
    [vectors("many.safetensors"), 1, /it must have a tensor "embeddings", or one alone, got "a", "b"/],
    [
      vectors("other.safetensors"),
      1,
      /made by another model, or with other options \(it says model "owner\/other"\); give the --model/,
    ],
    [
      [...vectors("two.npy"), "a", "b"],
      1,
      /first vector is not what the model gives for the first text \(cosine 0\.00\)/,
    ],
    [[...vectors("two.npy"), "--stride", "4"], 2, /--stride is for texts, got --vectors/],
    [["--query", "a", " ", ""], 1, /there must be a text with a word, and there is none/],
    [["--query", "a", "word ".repeat(200)], 1, /text 1: .*the model takes 96 tokens, got 202/],
    [[...vectors("two.npy"), "one text"], 1, /it has 2 vectors, and 1 texts are given; they must be the texts/],
    [["--query", "a", "--prompt", "x", "--prompt-name", "y", "b"], 2, /give --prompt or --prompt-name, not both/],
  ];
  for (const [args, expectedCode, message] of cases) {
    const { code, stdout, stderr } = await narrowbert(["search", ...args]);
    assert.deepEqual([code, stdout, stderr.split("\n").length], [expectedCode, "", 2], stderr);
    assert.match(stderr, message);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("search leaves out texts without a word, and with --skip-bad those that it cannot embed", async () => {
  const long = "word ".repeat(200);
  const [{ results }] = await narrowbertJson<[Found]>([
    "search",
    "--query",
    "a bird",
    "--json",
    "a",
    " ",
    "a bird",
    "",
  ]);
  assert.deepEqual(results.map(({ index }) => index).sort(), [0, 2]);
  const { code, stdout, stderr } = await narrowbert([
    "search",
    "--query",
    "a bird",
    "--json",
    "--skip-bad",
    long,
    "a bird",
  ]);
  assert.equal(code, 1);
  assert.deepEqual((JSON.parse(stdout) as [Found])[0].results.map(({ index }) => index), [1]);
  assert.match(stderr, /^narrowbert: text 1: .*the model takes 96 tokens.*\nnarrowbert: left out 1 of the inputs/);
  // What `embed --skip-bad` leaves out of a file of lines has no vector there, and keeps its number.
  const folder = await Deno.makeTempDir();
  const path = `${folder}/v.jsonl`;
  assert.equal((await narrowbert(["embed", "--skip-bad", "--output", path, "a fish", long, "a bird"])).code, 1);
  const [filed] = await narrowbertJson<[Found]>(["search", "--query", "a bird", "--json", "--vectors", path]);
  assert.deepEqual(filed.results.map(({ index, text }) => [index, text]), [[2, "a bird"], [0, "a fish"]]);
  await Deno.remove(folder, { recursive: true });
});
