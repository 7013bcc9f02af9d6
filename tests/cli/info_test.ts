import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runDeno } from "./processes.ts";
import { narrowbert } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const BARE = new URL("../golden/models/masked-lm/", import.meta.url);
const TOPIC = new URL("../../examples/models/wordnet/topic/", import.meta.url);

Deno.test("info describes the shipped model: parameters, layers, tensors, tokenizer and config", async () => {
  const { code, stdout, stderr } = await narrowbert(["info"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const rows = new Map(stdout.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
  assert.equal(rows.get("architecture"), "NarrowBertForMaskedLM");
  assert.equal(rows.get("parameters"), "1,854,656");
  assert.equal(rows.get("layers"), "2 full, 2 narrow");
  assert.equal(rows.get("tensors"), "74 F16");
  assert.match(rows.get("GPU memory")!, /^7\.1 MiB of f32 weights/);
  assert.match(rows.get("tokenizer")!, /^8000 word pieces, mask \[MASK\]$/);
  assert.equal(rows.get("hidden_size"), "128");
});

Deno.test("info --json counts the parameters of a classifier with its pooler, and needs no GPU", async () => {
  const { code, stdout } = await runDeno(["--allow-read", MAIN, "info", "--json", "--model", fileURLToPath(TOPIC)], {
    env: { VK_DRIVER_FILES: "/nonexistent" },
  });
  assert.equal(code, 0);
  const { architecture, parameters, gpu_bytes, layers, tensors, config } = JSON.parse(stdout);
  assert.equal(architecture, "NarrowBertForSequenceClassification");
  assert.equal(parameters, 1_851_689);
  assert.equal(gpu_bytes, 4 * parameters);
  assert.deepEqual(layers, { full: 2, narrow: 2 });
  assert.deepEqual(tensors, { F16: 73 });
  assert.equal(config.id2label["2"], "noun.animal");
});

Deno.test("info describes a folder of weights without a tokenizer", async () => {
  const { code, stdout } = await narrowbert(["info", "--model", fileURLToPath(BARE)]);
  assert.equal(code, 0);
  assert.match(stdout, /^tokenizer +none$/m);
});
