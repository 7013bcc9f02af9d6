import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";
import { folderOf } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const TOPIC = fileURLToPath(new URL("../../examples/models/wordnet/topic/", import.meta.url));

Deno.test("tokenize prints id, piece and place", async () => {
  const { code, stdout } = await narrowbert(["tokenize", "A kíng!", "[MASK]"]);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "2     [CLS]  0  0\n40    a      0  1\n1200  king   2  6\n5     !      6  7\n3     [SEP]  0  0\n\n" +
      "2  [CLS]   0  0\n4  [MASK]  0  6\n3  [SEP]   0  0\n",
  );
});

Deno.test("tokenize --jsonl gives lists, and pairs with their types", async () => {
  const stdin = '{"id": 1, "text": "a", "text_pair": "king"}\n';
  const { stdout } = await narrowbert(["tokenize", "--format", "jsonl", "--jsonl"], stdin);
  assert.deepEqual(JSON.parse(stdout), {
    id: 1,
    text: "a",
    text_pair: "king",
    input_ids: [2, 40, 3, 1200, 3],
    token_type_ids: [0, 0, 0, 1, 1],
    tokens: ["[CLS]", "a", "[SEP]", "king", "[SEP]"],
    offset_mapping: [[0, 0], [0, 1], [0, 0], [0, 4], [0, 0]],
  });
  const [bare] = await narrowbertJson<[Record<string, unknown>]>(["tokenize", "--no-offsets", "--json", "a"]);
  assert.deepEqual(Object.keys(bare), ["text", "input_ids", "token_type_ids", "tokens"]);
});

Deno.test("tokenize cuts where it is told to, and refuses what is no text by name", async () => {
  const long = "person ".repeat(200);
  const [cut] = await narrowbertJson<[{ tokens: string[] }]>(["tokenize", "--truncate", "--json", long]);
  assert.equal(cut.tokens.length, 96);
  const wrong = await narrowbert(["tokenize", "--format", "jsonl"], '{"text": "a", "text_pair": 7}');
  assert.match(wrong.stderr, /^narrowbert: standard input:1: must have a string "text_pair", got 7\n$/);
});

Deno.test("tokenize needs no GPU", async () => {
  const { code, stdout } = await runDeno(["--allow-read", MAIN, "tokenize", "--model", TOPIC, "a king"], {
    env: { VK_DRIVER_FILES: "/nonexistent" },
  });
  assert.deepEqual([code, stdout.split("\n").length], [0, 5]);
});

Deno.test("tokenize cuts at what the model takes, whatever the tokenizer's files say, and finds one in a subfolder", async () => {
  const { files } = GOLDEN.folders["subfolder"]!;
  await using folder = await folderOf(Object.fromEntries(filesOf(files)));
  const inside = JSON.parse(new TextDecoder().decode(filesOf(files).get("modules.json")))[0].path;
  await Deno.writeTextFile(`${folder.path}/${inside}/tokenizer_config.json`, '{"model_max_length": 1e30}');
  const long = "the cat ".repeat(300);
  const tokenize = (model: string) =>
    narrowbertJson<[{ tokens: string[] }]>(["tokenize", "--truncate", "--model", model, "--json", long]);
  const { max_position_embeddings } = JSON.parse(await Deno.readTextFile(`${folder.path}/${inside}/config.json`));
  for (const model of [folder.path, `${folder.path}/${inside}`]) {
    const [{ tokens }] = await tokenize(model);
    assert.equal(tokens.length, max_position_embeddings);
  }
  await Deno.remove(`${folder.path}/${inside}/config.json`);
  const [{ tokens }] = await tokenize(folder.path);
  assert.equal(tokens.length, 602);
});
