/** The README's public models: each command is run with a hub of the test, where small models stand in. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { NarrowBertForMaskedLM, readSafetensors } from "../../mod.ts";
import { TASKS } from "../../src/pipelines/task_table.ts";
import { COMMIT } from "../io/hub/hub_folders.ts";
import { TestHub } from "../io/hub/test_hub.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { torchOf } from "../io/torch/torch_of.ts";
import { type SmallModel, smallModelFiles } from "./folders.ts";
import { runDeno } from "./processes.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = new URL("src/cli/main.ts", ROOT).href;

/** Rows: task, the model's id, the command's arguments. */
const ROWS = [
  ...(await Deno.readTextFile(new URL("README.md", ROOT)))
    .matchAll(/^\| `([a-z-]+)` +\| \[.+?\]\(https:\/\/huggingface\.co\/(.+?)\) +\| `bin\/narrowbert (.+?)` +\|$/gm),
].map(([, task, id, args]) => ({ task: task!, id: id!, args: argumentsOf(args!) }));

/** What stands in for a model, by its task. */
const STAND_INS: Record<string, SmallModel> = {
  "fill-mask": "mlm",
  "text-classification": "multi-label",
  "token-classification": "ner",
  "feature-extraction": "mlm",
  "zero-shot-classification": "nli",
  "multiple-choice": "choice",
  "text-ranking": "one-label",
  "score": "mlm",
};

/** Models that have PyTorch's files alone. */
const OF_TORCH = ["ProsusAI/finbert", "lihaoxin2020/narrowbert-sparse_attn-uncased"];

function argumentsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
}

Deno.test("there is a public model for each task", () => {
  assert.deepEqual([...new Set(ROWS.map(({ task }) => task))], Object.keys(TASKS));
});

for (const { task, id, args } of ROWS) {
  Deno.test(`${task}: ${id} is downloaded and answers`, () =>
    inTemporaryFolder(async (folder) => {
      await using hub = new TestHub();
      const files = await smallModelFiles(STAND_INS[task]!);
      if (OF_TORCH.includes(id)) {
        files.set("pytorch_model.bin", torchOf(await readSafetensors(files.get("model.safetensors")!)));
        files.delete("model.safetensors");
      }
      hub.repositories.set(id, { commit: COMMIT, files });
      const permissions = ["--allow-read", `--allow-write=${folder}`, "--allow-net", "--allow-env=HF_ENDPOINT,HF_HOME"];
      const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder };
      const { code, stdout, stderr } = await runDeno([...permissions, MAIN, ...args, "--jsonl"], { env });
      assert.deepEqual([code, stderr], [0, ""]);
      const answers = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert(answers.length > 0 && answers.every((answer) => Object.keys(answer).length > 1), stdout);
    }));
}

Deno.test("convert makes safetensors of a model of the Hub that has PyTorch's files alone", () =>
  inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    const files = await smallModelFiles("mlm");
    const safetensors = files.get("model.safetensors")!;
    files.set("pytorch_model.bin", torchOf(await readSafetensors(safetensors)));
    files.delete("model.safetensors");
    hub.repositories.set("org/model", { commit: COMMIT, files });
    const permissions = ["--allow-read", `--allow-write=${folder}`, "--allow-net", "--allow-env=HF_ENDPOINT,HF_HOME"];
    const args = ["convert", "org/model", join(folder, "out"), "--revision", "main", "--json"];
    const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder };
    const { code, stdout, stderr } = await runDeno([...permissions, MAIN, ...args], { env });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(JSON.parse(stdout).must_train, false);
    using before = await NarrowBertForMaskedLM.from_pretrained(await smallModelFiles("mlm"));
    using after = await NarrowBertForMaskedLM.from_pretrained(join(folder, "out"));
    assert.deepEqual(await after.state_dict(), await before.state_dict());
  }));
