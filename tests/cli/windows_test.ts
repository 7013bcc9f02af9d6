/** Commands that take texts of any length. */

import assert from "node:assert/strict";
import { pipeline } from "../../mod.ts";
import { longText } from "../pipelines/windows/long_texts.ts";
import { floats } from "./floats.ts";
import { smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const TEXT = longText(300);
const LONG = { stride: 16, return_windows: true } as const;
const ARGS = ["--stride", "16", "--json", "--windows"];

Deno.test("classify --stride takes a text of any length, and gives its windows if they are asked for", async () => {
  const refused = await narrowbert(["classify", TEXT]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /the model takes 96 tokens/);
  using classify = await pipeline("text-classification");
  const { labels, windows } = await classify(TEXT, { ...LONG, top_k: 2 });
  const args = ["classify", "--top-k", "2", TEXT];
  assert.deepEqual(await narrowbertJson([...args, ...ARGS]), [{ text: TEXT, labels, windows }]);
  assert.deepEqual(await narrowbertJson([...args, "--stride", "16", "--json"]), [{ text: TEXT, labels }]);
  const { stdout } = await narrowbert([...args, "--stride", "16", "--aggregation", "max", "--windows"]);
  const best = await classify(TEXT, { stride: 16, aggregation: "max", top_k: 2 });
  const scores = stdout.trim().split("\n").map((line) => line.split(/ {2,}/).slice(0, 2));
  assert.deepEqual(scores, best.map(({ label, score }) => [label, score.toFixed(4)]));
});

Deno.test("embed --stride gives one embedding a text, and one a window if they are asked for", async () => {
  using embed = await pipeline("feature-extraction");
  const options = { ...LONG, pooling: "mean", normalize: true, aggregation: "max" } as const;
  const { embedding, windows } = await embed(TEXT, options);
  const [numbers] = embedding.tolist() as number[][];
  const args = ["embed", "--normalize", "--aggregation", "max", TEXT];
  const [found] = await narrowbertJson<[Record<string, unknown>]>([...args, ...ARGS]);
  assert.deepEqual(floats(found), {
    text: TEXT,
    embedding: numbers,
    windows: windows.map(({ embedding, ...place }) => ({ ...place, embedding: (embedding.tolist() as number[][])[0] })),
  });
  const { stdout } = await narrowbert([...args, "--stride", "16", "--windows"]);
  assert.match(stdout, new RegExp(`^128  ${+numbers![0]!.toFixed(4)} `));
});

Deno.test("rank --stride ranks texts by their windows, one query's texts and queries with their own", async () => {
  await using model = await smallModel("one-label");
  using rank = await pipeline("text-ranking", model.path);
  const texts = [TEXT, "the tiger", longText(200, 3)];
  const query = "the largest cat";
  for (const aggregation of ["mean", "first"] as const) {
    const ranked = await rank(query, texts, { ...LONG, aggregation, return_text: true });
    const args = ["rank", "--model", model.path, "--aggregation", aggregation, ...ARGS];
    const near = (found: unknown) =>
      JSON.parse(JSON.stringify(found, (_, x) => typeof x === "number" ? +x.toFixed(5) : x));
    const sorted = await narrowbertJson([...args, "--query", query, ...texts]);
    assert.deepEqual(near(sorted), near([{ query, texts: ranked }]));
    const own = await narrowbertJson([...args, "--format", "jsonl"], JSON.stringify({ query, texts }));
    assert.deepEqual(near(own), near([{ query, texts: ranked }]));
  }
});

Deno.test("zero-shot --stride gives each window its labels", async () => {
  await using model = await smallModel("nli");
  using sort = await pipeline("zero-shot-classification", model.path);
  const { labels, scores, windows } = await sort(TEXT, ["bird", "king"], { ...LONG, stride: 4 });
  const args = [
    "zero-shot",
    "--model",
    model.path,
    "--labels",
    "bird,king",
    "--stride",
    "4",
    "--json",
    "--windows",
    TEXT,
  ];
  const pairs = (labels: string[], scores: number[]) => labels.map((label, i) => ({ label, score: scores[i] }));
  assert.deepEqual(await narrowbertJson(args), [{
    text: TEXT,
    labels: pairs(labels, scores),
    windows: windows!.map(({ labels, scores, ...place }) => ({ ...place, labels: pairs(labels, scores) })),
  }]);
});

Deno.test("score and fill-mask take --stride", async () => {
  const [{ tokens }] = await narrowbertJson<[{ tokens: unknown[] }]>([
    "score",
    "--stride",
    "16",
    "--json",
    longText(120),
  ]);
  assert(tokens.length > 120);
  const [{ masks }] = await narrowbertJson<[{ masks: unknown[] }]>(
    ["fill-mask", "--stride", "16", "--json", `the [MASK] of a king ${longText(120)} [MASK]`],
  );
  assert.equal(masks.length, 2);
});

Deno.test("--aggregation and --windows without --stride are wrong usage, before anything is loaded", async () => {
  const args: [command: string, ...more: string[]][] = [
    ["classify"],
    ["embed"],
    ["rank", "--query", "a"],
    ["zero-shot", "--labels", "a"],
  ];
  for (const [command, ...more] of args) {
    for (const [option, ...value] of [["--aggregation", "mean"], ["--windows"]]) {
      assert.deepEqual(await narrowbert([command, "--model", "nowhere", ...more, option!, ...value, TEXT]), {
        code: 2,
        stdout: "",
        stderr: `narrowbert: ${option} needs --stride; see narrowbert ${command} --help\n`,
      });
    }
  }
  const { code, stderr } = await narrowbert(["classify", "--stride", "-1", TEXT]);
  assert.equal(code, 2);
  assert.match(stderr, /stride/);
  const wide = await narrowbert(["classify", "--stride", "94", TEXT]);
  assert.deepEqual([wide.code, wide.stdout], [1, ""]);
  assert.match(
    wide.stderr,
    /stride must be a whole number from 0 to 93, as a window takes 94 tokens of a text, got 94/,
  );
});
