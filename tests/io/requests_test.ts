/** A load from a URL asks for each file once: also for those that are not there, and whatever reads them. */

import assert from "node:assert/strict";
import {
  AutoTokenizer,
  meanState,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  pipeline,
  topWords,
  Trunk,
} from "../../mod.ts";
import type { ProgressInfo } from "../../src/io/folder/folder.ts";
import { narrowbert } from "../cli/terminals.ts";
import { serveFiles } from "./servers.ts";

const SHIPPED = new URL("../../examples/models/wordnet/", import.meta.url);
const GOLDEN = new URL("../golden/models/", import.meta.url);
const POOLING = '{"pooling_mode_mean_tokens":true}';

const MODEL = ["config.json", "model.safetensors"];
const TOKENIZER = ["tokenizer_config.json", "tokenizer.json"];
/** What an older transformers wrote beside them; asked for unless the config has `added_tokens_decoder`. */
const OLDER = ["special_tokens_map.json", "added_tokens.json"];
const PIPELINE = ["modules.json", ...MODEL, ...TOKENIZER, ...OLDER];
const SENTENCE = [
  "1_Pooling/config.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
];

/** The files of a local folder, some left out and some added. */
function filesOf(folder: URL, { without = [], more = {} }: { without?: string[]; more?: Record<string, string> } = {}) {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !without.includes(name));
  const files = new Map<string, Uint8Array>(names.map((name) => [name, Deno.readFileSync(new URL(name, folder))]));
  for (const [name, text] of Object.entries(more)) files.set(name, new TextEncoder().encode(text));
  return files;
}

const MLM = filesOf(new URL("mlm/", SHIPPED));
const TOPIC = filesOf(new URL("topic/", SHIPPED));
const SHARDED = filesOf(new URL("sharded/", GOLDEN));
const SHARDS = [...SHARDED.keys()].filter((name) => name !== "config.json");

type Load = (url: string) => Promise<unknown>;

/** A load, the files that it is made from, and what it asks for. */
const LOADS: [name: string, files: Map<string, Uint8Array>, load: Load, asked: string[]][] = [
  ["the pipeline fill-mask", MLM, (url) => pipeline("fill-mask", url), PIPELINE],
  ["the pipeline score", MLM, (url) => pipeline("score", url), PIPELINE],
  ["the pipeline text-classification", TOPIC, (url) => pipeline("text-classification", url), PIPELINE],
  [
    "the pipeline feature-extraction, without files of sentence-transformers",
    MLM,
    (url) => pipeline("feature-extraction", url),
    [...PIPELINE, ...SENTENCE],
  ],
  [
    "the pipeline feature-extraction, with its pooling",
    new Map([...MLM, ["1_Pooling/config.json", new TextEncoder().encode(POOLING)]]),
    (url) => pipeline("feature-extraction", url),
    [...PIPELINE, ...SENTENCE],
  ],
  [
    "a pipeline whose tokenizer is a vocabulary alone",
    filesOf(new URL("mlm/", SHIPPED), { without: TOKENIZER }),
    (url) => pipeline("fill-mask", url),
    [...PIPELINE, "vocab.txt"],
  ],
  ["NarrowBertModel", SHARDED, (url) => NarrowBertModel.from_pretrained(url, { add_pooling_layer: false }), [
    "config.json",
    "model.safetensors", // which is not there
    ...SHARDS,
  ]],
  ["NarrowBertForMaskedLM", MLM, (url) => NarrowBertForMaskedLM.from_pretrained(url), MODEL],
  [
    "NarrowBertForSequenceClassification",
    TOPIC,
    (url) => NarrowBertForSequenceClassification.from_pretrained(url),
    MODEL,
  ],
  [
    "NarrowBertForTokenClassification",
    filesOf(new URL("token-cls/", GOLDEN)),
    (url) => NarrowBertForTokenClassification.from_pretrained(url),
    MODEL,
  ],
  [
    "NarrowBertForMultipleChoice",
    filesOf(new URL("multiple-choice/", GOLDEN)),
    (url) => NarrowBertForMultipleChoice.from_pretrained(url),
    MODEL,
  ],
  ["Trunk", MLM, (url) => Trunk.load(url, { readouts: [topWords, meanState] }), MODEL],
  ["AutoTokenizer", MLM, (url) => AutoTokenizer.from_pretrained(url), [...TOKENIZER, ...OLDER]],
  ["NarrowBertConfig", MLM, (url) => NarrowBertConfig.from_pretrained(url), ["config.json"]],
  [
    "narrowbert embed",
    MLM,
    async (url) => assert.equal((await narrowbert(["embed", "--model", url, "a text"])).code, 0),
    [...PIPELINE, ...SENTENCE],
  ],
  [
    "narrowbert info",
    MLM,
    async (url) => assert.equal((await narrowbert(["info", "--model", url])).code, 0),
    PIPELINE,
  ],
];

const byName = (a: string, b: string) => a < b ? -1 : 1;

for (const [name, files, load, asked] of LOADS) {
  Deno.test(`${name} asks once for each file`, () =>
    serveFiles(files, async ({ url, requests }) => {
      const loaded = await load(url);
      if (Object(loaded) === loaded && "dispose" in (loaded as object)) (loaded as { dispose(): void }).dispose();
      assert.deepEqual(requests.toSorted(byName), asked.map((file) => `GET /${file}`).sort(byName));
    }));
}

Deno.test("a folder without weights is asked once for each name that they could have", () =>
  serveFiles(filesOf(new URL("mlm/", SHIPPED), { without: ["model.safetensors"] }), async ({ url, requests }) => {
    await assert.rejects(NarrowBertForMaskedLM.from_pretrained(url), { message: /found none of them/ });
    const weights = ["model.safetensors", "pytorch_model.bin"].flatMap((file) => [file, `${file}.index.json`]);
    assert.deepEqual(requests, ["config.json", ...weights].map((file) => `GET /${file}`));
  }));

Deno.test("each file has its events of progress once, and what is not there has none", () =>
  serveFiles(MLM, async ({ url }) => {
    const events: ProgressInfo[] = [];
    using _embed = await pipeline("feature-extraction", url, { progress_callback: (event) => events.push(event) });
    for (const status of ["initiate", "download", "done"] as const) {
      const files = events.flatMap((event) => event.status === status ? [event.file] : []);
      assert.deepEqual(files, [...MODEL, ...TOKENIZER], status);
    }
    assert.deepEqual(events.at(-1), { status: "ready", task: "feature-extraction", model: url });
  }));

Deno.test("a token is sent with each request, and a subfolder asks for nothing else", () =>
  serveFiles(
    new Map([...MLM].map(([name, bytes]) => [`a/b/${name}`, bytes])),
    async ({ url, requests, headers }) => {
      using _fill = await pipeline("fill-mask", url, { subfolder: "a/b", token: "abc" });
      assert.deepEqual(requests, PIPELINE.map((file) => `GET /a/b/${file}`));
      assert.ok(headers.every((header) => header.get("authorization") === "Bearer abc"));
    },
  ));
