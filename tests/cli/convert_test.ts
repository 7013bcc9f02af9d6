import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../io/temporary.ts";
import { runDeno } from "./processes.ts";
import { narrowbert } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const BIN = fileURLToPath(new URL("../../bin/narrowbert", import.meta.url));
const BERT = fileURLToPath(new URL("../golden/models/plain-bert", import.meta.url));
const TOPIC = fileURLToPath(new URL("../../examples/models/wordnet/topic", import.meta.url));

const rowsOf = (text: string) =>
  new Map(text.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));

Deno.test("convert says what it kept, renamed and left out, and that other layers must be trained", () =>
  inTemporaryFolder(async (folder) => {
    const out = `${folder}/out`;
    const { code, stdout, stderr } = await narrowbert(["convert", BERT, out, "--full-length-layers", "2"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const rows = rowsOf(stdout);
    assert.equal(rows.get("written"), `${out}, read back and compared with ${BERT}`);
    assert.equal(rows.get("class"), "NarrowBertForMaskedLM");
    assert.equal(rows.get("layers"), "2 full, 3 narrow");
    assert.match(rows.get("weights")!, /^92 in F32, 0\.\d MiB$/);
    assert.equal(rows.get("names kept"), "3");
    assert.match(rows.get("renamed")!, /^89, such as bert\.\S+ to narrow_bert\.\S+$/);
    assert.match(rows.get("left out")!, /cls\.predictions\.decoder\.weight, cls\.seq_relationship\.bias/);
    assert.equal(rows.get("along"), "no files: there is no tokenizer");
    assert.match(rows.get("to do")!, /^train it: /);
    assert.equal(rowsOf((await narrowbert(["info", "--model", out])).stdout).get("layers"), "2 full, 3 narrow");
  }));

Deno.test("convert --json has every name", () =>
  inTemporaryFolder(async (folder) => {
    const args = ["convert", BERT, `${folder}/out`, "--to", "bert", "--dtype", "bf16", "--json"];
    const report = JSON.parse((await narrowbert(args)).stdout);
    assert.deepEqual(report.layers, { full: 5, narrow: 0 });
    assert.deepEqual([report.class, report.dtype, report.must_train], ["BertForMaskedLM", "BF16", false]);
    assert.equal(report.kept.length + Object.keys(report.renamed).length, 92);
    assert.equal(report.renamed["bert.embeddings.LayerNorm.gamma"], "bert.embeddings.LayerNorm.weight");
    assert.equal(report.left_out.length, 4);
    assert.ok((await Deno.stat(`${folder}/out/model.safetensors`)).size < 1.1 * report.bytes + 20_000);
  }));

Deno.test("convert takes permission to write the folder and its unfinished one, and no GPU", () =>
  inTemporaryFolder(async (folder) => {
    const out = `${folder}/out`;
    const env = { VK_DRIVER_FILES: "/nonexistent" };
    const writes = [`--allow-write=${out}`, `--allow-write=${out}.unfinished`];
    const refused = await runDeno(["--allow-read", writes[0]!, MAIN, "convert", TOPIC, out], { env });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^narrowbert: Cannot write ".*": it takes .*--allow-write=\S+\.unfinished\n$/);
    const { code, stdout, stderr } = await runDeno(["--allow-read", ...writes, MAIN, "convert", TOPIC, out], { env });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(rowsOf(stdout).get("along")!, /^tokenizer\.json, /);
  }));

Deno.test("bin/narrowbert lets convert write where it is told to, options before, between and behind", () =>
  inTemporaryFolder(async (folder) => {
    const orders = [
      ["--dtype", "f32", BERT, "OUT"],
      [BERT, "--to=bert", "OUT/"],
      [BERT, "OUT", "--full-length-layers", "3"],
    ];
    for (const [i, args] of orders.entries()) {
      const all = ["convert", ...args.map((arg) => arg.replace("OUT", `${folder}/${i}`))];
      const { success, stderr } = await new Deno.Command(BIN, { args: all, stdin: "null" }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.ok((await Deno.stat(`${folder}/${i}/config.json`)).isFile);
    }
  }));

Deno.test("convert refuses what it cannot convert in one line", () =>
  inTemporaryFolder(async (folder) => {
    const cases: [args: string[], code: number, message: RegExp][] = [
      [[BERT], 2, /^narrowbert: convert takes SOURCE and OUT, got 1 arguments; see narrowbert convert --help\n$/],
      [[BERT, "a", "b"], 2, /got 3 arguments/],
      [[BERT, `${folder}/o`, "--to", "gpt"], 2, /--to must be one of narrow_bert, bert, got "gpt"/],
      [[BERT, `${folder}/o`, "--dtype", "f64"], 2, /--dtype must be one of f32, f16, bf16, got "f64"/],
      [[TOPIC, `${folder}/o`, "--to", "bert"], 1, /^narrowbert: Cannot convert ".*topic" to a BERT: all its 4 layers/],
      [[`${folder}/none`, `${folder}/o`], 1, /there is no such folder/],
      [[BERT, TOPIC], 1, /it must be a new or an empty folder, and holds 5 files; choose another/],
    ];
    for (const [args, code, message] of cases) {
      const outcome = await narrowbert(["convert", ...args]);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, message);
      assert.equal(outcome.stderr.trim().split("\n").length, 1);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
