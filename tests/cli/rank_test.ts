import assert from "node:assert/strict";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import type { RankedText } from "../../src/pipelines/tasks/text_ranking.ts";
import { smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const QUERY = "the largest cat";
const TEXTS = ["the mouse", "the tiger", "a cat that lives in a house"];

Deno.test("rank orders all texts for one query, as the pipeline does", async () => {
  await using model = await smallModel("one-label");
  const args = ["rank", "--model", model.path, "--query", QUERY];
  using rank = await pipeline("text-ranking", model.path);
  const ranking = await rank(QUERY, TEXTS, { return_text: true });
  for (const [texts, stdin] of [[TEXTS, null], [[], TEXTS.join("\n")]] as const) {
    assert.deepEqual(await narrowbertJson([...args, "--json", ...texts], stdin), [{ query: QUERY, texts: ranking }]);
  }
  const { stdout } = await narrowbert([...args, "--top-k", "2", ...TEXTS]);
  assert.equal(stdout, ranking.slice(0, 2).map(({ score, text }) => `${score.toFixed(4)}  ${text}\n`).join(""));
  const [raw] = await narrowbertJson<[{ texts: RankedText[] }]>([...args, "--json", "--raw-scores", ...TEXTS]);
  assert.deepEqual(raw.texts, await rank(QUERY, TEXTS, { return_text: true, raw_scores: true }));
});

Deno.test("rank reads queries with their texts, and names those that are none", async () => {
  await using model = await smallModel("one-label");
  const queries = [{ id: 1, query: QUERY, texts: TEXTS }, { id: 2, query: QUERY }, { id: 3, query: "a", texts: ["b"] }];
  const { code, stdout, stderr } = await narrowbert(
    ["rank", "--model", model.path, "--format", "jsonl", "--jsonl", "--skip-bad"],
    queries.map((query) => JSON.stringify(query)).join("\n"),
  );
  assert.equal(code, 1);
  assert.deepEqual(
    stdout.trim().split("\n").map((line) => JSON.parse(line)).map(({ id, texts }) => [id, texts.length]),
    [[1, 3], [3, 1]],
  );
  assert.match(stderr, /^narrowbert: standard input:2: must be an object with a "query" and a list of "texts", as --q/);
});

Deno.test("rank names each text that it cannot rank, and ranks the others where it may", async () => {
  await using model = await smallModel("one-label");
  const args = ["rank", "--model", model.path, "--query", QUERY];
  const texts = ["the tiger", "", "the mouse", "mouse ".repeat(200).trim()];
  for (const [given, stdin, place] of [[texts, null, "text "], [[], texts.join("\n"), "standard input:"]] as const) {
    const { code, stdout, stderr } = await narrowbert([...args, "--skip-bad", "--jsonl", "--", ...given], stdin);
    const [blank, long, rest, end] = stderr.split("\n");
    assert.equal(blank, `narrowbert: ${place}2: Cannot rank the texts of the query: the text must hold a word, got ""`);
    assert(long!.startsWith(`narrowbert: ${place}4: Cannot rank the texts of the query: the model takes `), long);
    assert.deepEqual([rest, end], ["narrowbert: left out 2 of the inputs, which are named above", ""]);
    assert.equal(code, 1);
    const { query, texts: ranked }: { query: string; texts: RankedText[] } = JSON.parse(stdout);
    assert.equal(query, QUERY);
    assert.deepEqual(ranked.map(({ index }) => index).sort(), [0, 2]);
    for (const { index, text } of ranked) assert.equal(text, texts[index]);
    const strict = await narrowbert([...args, "--", ...given], stdin);
    assert.deepEqual(strict, { code: 1, stdout: "", stderr: `${blank}\n` });
  }
});

Deno.test("rank leaves out a line that is no text, where it may", async () => {
  await using model = await smallModel("one-label");
  const args = ["rank", "--model", model.path, "--query", QUERY, "--format", "jsonl"];
  const stdin = '"the tiger"\n{broken\n"the mouse"\n';
  const strict = await narrowbert(args, stdin);
  assert.deepEqual([strict.code, strict.stdout], [1, ""]);
  const { code, stdout } = await narrowbert([...args, "--skip-bad"], stdin);
  assert.deepEqual([code, stdout.split("\n").length], [1, 3]);
});

Deno.test("rank prints the further fields of each text with it", async () => {
  await using model = await smallModel("one-label");
  const args = ["rank", "--model", model.path, "--query", QUERY, "--format", "jsonl", "--jsonl"];
  const given = TEXTS.map((text, i) => ({ id: `text ${i}`, score: i, text }));
  const { query, texts } = await narrowbertJson<{ query: string; texts: Record<string, unknown>[] }>(
    args,
    given.map((fields) => JSON.stringify(fields)).join("\n"),
  );
  assert.equal(query, QUERY);
  assert.deepEqual(
    texts.sort((a, b) => Number(a.index) - Number(b.index)).map(({ score, ...others }) => [typeof score, others]),
    given.map(({ id, score, text }, index) => ["number", { id, input_score: score, index, text }]),
  );
});

Deno.test("a text may have a field of its own that is called windows", async () => {
  await using model = await smallModel("one-label");
  const args = ["rank", "--model", model.path, "--query", QUERY, "--format", "jsonl", "--jsonl"];
  const given = '{"text":"the tiger","windows":"four"}\n';
  const plain = await narrowbertJson<{ texts: [Record<string, unknown>] }>(args, given);
  assert.deepEqual([plain.texts[0].windows, "logit" in plain.texts[0]], ["four", false]);
  const cut = await narrowbertJson<{ texts: [Record<string, unknown>] }>(
    [...args, "--stride", "1", "--windows"],
    given,
  );
  const [{ input_windows, windows }] = cut.texts;
  assert.equal(input_windows, "four");
  const names = Object.keys((windows as object[])[0]!);
  assert.deepEqual([names.includes("score"), names.includes("logit")], [true, false]);
});

Deno.test("rank without a query that can be is wrong usage, before anything is loaded", async () => {
  const help = "; see narrowbert rank --help\n";
  const args = ["rank", "--model", "nowhere", ...TEXTS];
  assert.deepEqual(await narrowbert([...args, "--query", " "]), {
    code: 2,
    stdout: "",
    stderr: `narrowbert: --query must hold a word, got " "${help}`,
  });
  assert.deepEqual(await narrowbert(args), {
    code: 2,
    stdout: "",
    stderr: `narrowbert: no query: give --query, or objects with "query" and "texts" from a .jsonl file${help}`,
  });
});
