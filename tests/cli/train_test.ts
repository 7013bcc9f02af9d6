/** `narrowbert train` and `evaluate`, on the tiny models of tests. */

import assert from "node:assert/strict";
import { readSafetensors } from "../../mod.ts";
import { durationText } from "../../src/cli/outputs/sizes.ts";
import { folderOf, smallModel } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const ROOT = new URL("../../", import.meta.url);

const FILES = {
  "topics.csv": "text,label\n" +
    ["a brown dog", "a white horse", "a red bird", "a grey cat"].map((t) => `${t},animal\n`).join("") +
    ["a saw", "a hammer", "a drill", "a knife"].map((t) => `${t},tool\n`).join(""),
  "other.csv": "text,label\na dog,plant\na saw,tool\n",
  "one.csv": "text,label\na dog,tool\na saw,tool\n",
  "texts.txt": "a large animal with a long neck\na small brown bird\nthe wife of a king\n",
  "tags.conll": "Anna B-PER\nmoved O\nto O\nRome B-LOC\n\nthe O\nking B-PER\n",
  "choices.jsonl": '{"text":"a dog","choices":["an animal","a tool"],"label":0}\n' +
    '{"text":"a saw","choices":["an animal","a tool"],"label":1}\n',
};

const FAST = ["--num-train-epochs", "1", "--learning-rate", "1e-3"];

for (
  const [task, data, model, metric] of [
    ["mlm", "texts.txt", "mlm", "perplexity"],
    ["classify", "topics.csv", "mlm", "accuracy"],
    ["tag", "tags.conll", "ner", "f1"],
    ["choose", "choices.jsonl", "choice", "accuracy"],
  ] as const
) {
  Deno.test(`train ${task} makes a model that evaluate and pipelines load`, async () => {
    await using start = await smallModel(model);
    await using folder = await folderOf(FILES);
    const [file, output] = [`${folder.path}/${data}`, `${folder.path}/out`];
    const args = ["--model", start.path, "--train", file, "--eval", file, "--output", output, ...FAST];
    const { stdout, stderr } = await narrowbert(["train", task, ...args, "--json"]);
    assert.match(stderr, /^(narrowbert: the (data|model) .*\n){2,3}step 1: loss .*\nstep 1: saved .*\n$/);
    const trained = JSON.parse(stdout) as Record<string, number>;
    const found = await narrowbertJson<Record<string, number>>([
      "evaluate",
      task,
      "--model",
      output,
      "-i",
      file,
      "--json",
    ]);
    assert.equal(found[metric], trained[`eval_${metric}`]);
    assert.equal(found.loss, trained.eval_loss);
    const command = { mlm: "fill-mask", classify: "classify", tag: "tag", choose: null }[task];
    if (command === null) return;
    const asked = await narrowbert([command, "--model", output, task === "mlm" ? "a [MASK] bird" : "a brown dog"]);
    assert.equal(asked.code, 0, asked.stderr);
  });
}

Deno.test("train says what it saves, evaluate shows mistakes, and a report is a page", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf(FILES);
  const file = `${folder.path}/topics.csv`;
  const args = ["--model", start.path, "--train", file, "--eval", file, "--output", `${folder.path}/out`];
  const report = `${folder.path}/report.html`;
  const { code, stdout, stderr } = await narrowbert(["train", "classify", ...args, ...FAST, "--report", report]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^global_step +1\ntraining_loss +0\.\d+\neval_loss .*\n(.*\n)*saved in .*out\n$/);
  assert.match(
    stderr,
    /^narrowbert: the data have 8 examples, fewer than a batch of 32: .*\nnarrowbert: the data for the evaluation are those of the training: .*\nstep 1: loss 0\.\d+, accuracy .*\nstep 1: saved .*\/out\/checkpoint-1\n$/,
  );
  assert.match(await Deno.readTextFile(report), /^<!doctype html>/i);
  const shown = await narrowbert([
    "evaluate",
    "classify",
    "--model",
    `${folder.path}/out`,
    "-i",
    file,
    "--mistakes",
    "9",
  ]);
  assert.match(
    shown.stdout,
    /^loss +0\.\d+\n(.*\n)+\nscore +predicted +right +text\n(0\.\d\d +(animal|tool) +(tool|animal) +a .*\n)+$/,
  );
});

Deno.test("what does not fit is one line that names it", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf(FILES);
  const at = (name: string) => `${folder.path}/${name}`;
  const out = ["--output", at("out")];
  const model = ["--model", start.path];
  const good = [
    "train",
    "classify",
    ...model,
    "--train",
    at("topics.csv"),
    ...out,
    "--per-device-train-batch-size",
    "8",
  ];
  const cases: [args: string[], code: number, message: RegExp][] = [
    [["train"], 2, /train takes one of mlm, classify, tag, choose, got none/],
    [["train", "topics"], 2, /got "topics"/],
    [["train", "classify", "--train", at("topics.csv"), ...out], 2, /--model is missing/],
    [["train", "classify", ...model, "--train", at("topics.csv")], 2, /--output is missing/],
    [["train", "classify", ...model, ...out], 2, /--train is missing/],
    [[...good, "--learning-rate", "fast"], 2, /--learning-rate must be a number, got "fast"/],
    [[...good, "--learning-rate=-1"], 1, /learning_rate must be a finite number from 0, got -1/],
    [[...good, "--columns", "text"], 2, /--columns must be pairs as text=body with commas between them, got "text"/],
    [[...good, "--columns", "text=a,text=b"], 2, /--columns must name one column for text, got "a", "b"/],
    [[...good, "--columns", "body=text"], 1, /there is no option "body"; options are text, text_pair, label/],
    [[...good, "--columns", "text=body"], 1, /topics\.csv.*"body"/],
    [
      [...good, "--eval", at("other.csv")],
      1,
      /other\.csv:2 must have one of the 2 labels "animal", "tool".*got "plant"/,
    ],
    [["train", "classify", ...model, "--train", at("one.csv"), ...out], 1, /all labelled "tool"/],
    [["train", "classify", ...model, "--train", at("none.csv"), ...out], 1, /none\.csv/],
    [[...good, "--resume"], 1, /there is no checkpoint/],
    [[...good, "--early-stopping-patience", "2"], 1, /early_stopping_patience needs an evaluation, got none/],
    [["evaluate", "classify", ...model], 2, /--input is missing/],
    [[...good, "--pack-texts"], 2, /--pack-texts is for mlm, and would change nothing here/],
    [[...good, "--temperature", "3"], 2, /--temperature is for --teacher, and would change nothing here/],
    [[...good, "--eval-steps", "3"], 2, /--eval-steps is for --eval, and would change nothing here/],
    [
      ["train", "mlm", ...model, "--train", at("texts.txt"), ...out, "--labels", "a,b"],
      2,
      /--labels is for classify and tag/,
    ],
    [
      ["train", "tag", ...model, "--train", at("tags.conll"), ...out, "--problem-type", "regression"],
      2,
      /is for classify/,
    ],
    [["evaluate", "classify", ...model, "-i", at("topics.csv"), "--seed", "3"], 2, /--seed is for mlm/],
    [["evaluate", "mlm", ...model, "-i", at("texts.txt"), "--mistakes", "3"], 2, /--mistakes is for classify, tag and/],
    [[...good, "--report", at("none/page.html")], 1, /Cannot write the report ".*none\/page\.html": No such file/],
    [[...good, "--report", folder.path], 1, /Cannot write the report ".*": Is a directory/],
    [[...good, "--adam-beta2", "1"], 1, /adam_beta2 must be from 0 to less than 1, got 1/],
  ];
  for (const [args, code, message] of cases) {
    const found = await narrowbert(args);
    assert.match(found.stderr, message, args.join(" "));
    assert.equal(found.code, code, found.stderr);
    assert.equal(found.stderr.trim().split("\n").length, 1, found.stderr);
  }
});

Deno.test("whole numbers are learned as numbers if --problem-type says so; a model with one label is evaluated by them", async () => {
  await using start = await smallModel("one-label");
  await using folder = await folderOf({ "scores.csv": "text,label\na dog,1\na saw,2\na cat,4\n" });
  const [file, output] = [`${folder.path}/scores.csv`, `${folder.path}/out`];
  const args = ["--train", file, "--output", output, "--problem-type", "regression", "--report", `${output}/page.html`];
  const { code, stderr } = await narrowbert(["train", "classify", "--model", start.path, ...args, ...FAST]);
  assert.equal(code, 0, stderr);
  assert.match(await Deno.readTextFile(`${output}/page.html`), /^<!doctype html>/i);
  // Published models of one label have no problem_type.
  const config = JSON.parse(await Deno.readTextFile(`${start.path}/config.json`));
  assert.equal(config.problem_type ?? null, null);
  for (const model of [start.path, output]) {
    const asked = ["evaluate", "classify", "--model", model, "-i", file, "--json"];
    const found = await narrowbertJson<Record<string, number>>(asked);
    assert.deepEqual(Object.keys(found), ["loss", "mse", "mae", "pearson", "spearmanr"]);
  }
});

Deno.test("a column of a table may have a number for its name", async () => {
  await using start = await smallModel("one-label");
  await using folder = await folderOf({ "c.csv": "0,1\na dog,1.5\na saw,2\n" });
  const asked = ["evaluate", "classify", "--model", start.path, "-i", `${folder.path}/c.csv`, "--json"];
  const found = await narrowbertJson<object>([...asked, "--columns", "text=0,label=1"]);
  assert.deepEqual(Object.keys(found), ["loss", "mse", "mae", "pearson", "spearmanr"]);
});

Deno.test("each choice may be a column of its own", async () => {
  await using start = await smallModel("choice");
  await using folder = await folderOf({
    "c.csv": "start,first,second,right\na dog,an animal,a tool,0\na saw,an animal,a tool,1\n",
  });
  const columns = ["--columns", "text=start,choices=first,choices=second,label=right"];
  const asked = ["evaluate", "choose", "--model", start.path, "-i", `${folder.path}/c.csv`, ...columns, "--json"];
  assert.deepEqual(Object.keys(await narrowbertJson<object>(asked)), ["loss", "accuracy"]);
});

Deno.test("a trained head is kept if its labels are those of the data, and else it is said that it is not", async () => {
  await using start = await smallModel("one-label");
  await using folder = await folderOf({
    "scores.csv": "text,label\na dog,0.5\na saw,2\n",
    "numbers.csv": "text,label\na dog,0\na saw,1\n",
    "names.csv": "text,label\na dog,no\na saw,yes\n",
  });
  const train = async (data: string, model: string, output: string) => {
    const args = ["--train", `${folder.path}/${data}`, "--model", model, "--output", `${folder.path}/${output}`];
    const found = await narrowbert(["train", "classify", ...args, "--learning-rate", "0", "--max-steps", "1"]);
    assert.equal(found.code, 0, found.stderr);
    return found.stderr;
  };
  const headOf = async (path: string) => {
    const weights = await readSafetensors(`${path}/model.safetensors`);
    return Array.from(weights.get("classifier.weight")!.data as Float32Array);
  };
  const [numbers, scores] = [`${folder.path}/nameless`, `${folder.path}/scores`];
  assert.doesNotMatch(await train("scores.csv", start.path, "scores"), /new head/);
  assert.deepEqual(await headOf(scores), await headOf(start.path));
  assert.match(
    await train("numbers.csv", scores, "nameless"),
    /^narrowbert: the model has the labels .*, and learns the labels "0", "1": it gets a new head$/m,
  );
  // Published classifiers often name their labels LABEL_0, LABEL_1.
  const config = JSON.parse(await Deno.readTextFile(`${numbers}/config.json`));
  const nameless = { ...config, id2label: { 0: "LABEL_0", 1: "LABEL_1" }, label2id: { LABEL_0: 0, LABEL_1: 1 } };
  await Deno.writeTextFile(`${numbers}/config.json`, JSON.stringify(nameless));
  assert.doesNotMatch(await train("numbers.csv", numbers, "kept"), /new head/);
  assert.deepEqual(await headOf(`${folder.path}/kept`), await headOf(numbers));
  assert.match(await train("names.csv", numbers, "other"), /and learns the labels "no", "yes": it gets a new head$/m);
});

Deno.test("a teacher whose tokenizer has other words, is refused before a step", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf(FILES);
  await using other = await smallModel("mlm");
  const tokenizer = JSON.parse(await Deno.readTextFile(`${other.path}/tokenizer.json`));
  const { vocab } = tokenizer.model;
  [vocab.dog, vocab.cat] = [vocab.cat, vocab.dog];
  await Deno.writeTextFile(`${other.path}/tokenizer.json`, JSON.stringify(tokenizer));
  const args = ["--model", start.path, "--train", `${folder.path}/texts.txt`, "--output", `${folder.path}/out`];
  const found = await narrowbert(["train", "mlm", ...args, "--teacher", other.path]);
  assert.match(
    found.stderr,
    /--teacher must have the tokenizer of --model: token \d+ must be "(dog|cat)", got "(dog|cat)"/,
  );
  assert.equal(found.code, 2);
});

Deno.test("times are in whole units", () => {
  const times: [number, string][] = [[0, "0 s"], [0.2, "1 s"], [59.5, "1 min 0 s"], [119.7, "2 min 0 s"], [
    61,
    "1 min 1 s",
  ]];
  const long: [number, string][] = [[3599.5, "1 h 0 min"], [7170, "2 h 0 min"], [3700, "1 h 2 min"]];
  for (const [seconds, text] of [...times, ...long]) assert.equal(durationText(seconds), text, `${seconds}`);
});

Deno.test("a training that gets SIGINT says how to go on, and --resume ends as one without a stop", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf(FILES);
  const file = `${folder.path}/topics.csv`;
  const args = (output: string, ...more: string[]) => [
    ...["train", "classify", "--model", start.path, "--train", file, "--output", `${folder.path}/${output}`],
    ...[
      "--per-device-train-batch-size",
      "1",
      "--num-train-epochs",
      "4",
      "--learning-rate",
      "1e-3",
      "--seed",
      "7",
      ...more,
    ],
  ];
  const whole = await narrowbert(args("whole"));
  assert.equal(whole.code, 0, whole.stderr);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", `--allow-write=${folder.path}`, "--allow-env=NARROWBERT_GPU_DEBUG"],
      ...[new URL("src/cli/main.ts", ROOT).href, ...args("stopped")],
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // The first checkpoint is there after the first epoch.
  while (!(await exists(`${folder.path}/stopped/checkpoint-8`))) await new Promise((done) => setTimeout(done, 20));
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  const said = new TextDecoder().decode(stderr);
  if (code !== 0) { // it may have ended before the signal came
    assert.equal(code, 130, said);
    assert.match(
      said,
      /the training was stopped; the same command with --resume goes on from step \d+, saved in .*stopped/,
    );
  }
  const resumed = await narrowbert(args("stopped", "--resume"));
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await filesOf(`${folder.path}/stopped`), await filesOf(`${folder.path}/whole`));
});

Deno.test("bin/narrowbert train may write its output and its report, and nothing else", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf(FILES);
  const file = `${folder.path}/topics.csv`;
  const found = await runDeno([
    ...["--allow-read", `--allow-write=${folder.path}/out`, "--allow-env=NARROWBERT_GPU_DEBUG"],
    ...[new URL("src/cli/main.ts", ROOT).href, "train", "classify", "--model", start.path, "--train", file],
    ...["--output", `${folder.path}/out`, ...FAST],
  ]);
  assert.equal(found.code, 0, found.stderr);
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** All files of a folder by their paths in it, with their bytes. */
async function filesOf(path: string, prefix = ""): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) {
      for (const [file, bytes] of await filesOf(`${path}/${name}`, `${prefix}${name}/`)) files.set(file, bytes);
    } else files.set(prefix + name, await Deno.readFile(`${path}/${name}`));
  }
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}
