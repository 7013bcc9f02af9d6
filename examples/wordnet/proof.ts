/**
 * Trains narrow and full models alike, and compares them, as the tables of the paper do: a run is a training, named by
 * what it trains and its seed.
 *
 * `deno run --allow-read --allow-write --allow-env --env-file=tools/gpu.env examples/wordnet/proof.ts DATA WORK [RUN…]`
 *
 * DATA is what `build.ts` made. WORK gets a folder for each run, and `results.json`. Runs that have ended are not done
 * again, and one that was stopped goes on. Without names all are done, in their order, which takes 3 hours on 2 cores.
 */

import {
  type Dataset,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertTokenizerFast,
  openDataset,
  Trainer,
  type TrainingArguments,
} from "../../mod.ts";

const CLASSES = {
  mlm: NarrowBertForMaskedLM,
  classify: NarrowBertForSequenceClassification,
  tag: NarrowBertForTokenClassification,
  choose: NarrowBertForMultipleChoice,
};

const SHIPPED = new URL("../models/wordnet/mlm/", import.meta.url);

/** A training. */
interface Run {
  task: keyof typeof CLASSES;
  /** The data: `topic`. */
  data: string;
  /** Full layers of 4. */
  full: number;
  /** The run whose model it begins with. @default random weights */
  from?: string;
  /** The run whose model it learns from. */
  teacher?: string;
  args: Omit<TrainingArguments, "output_dir" | "seed">;
}

/** What came of a run. */
interface Result {
  seed: number;
  full: number;
  steps: number;
  /** Numbers of each evaluation. */
  evaluations: Record<string, number>[];
}

/** The shipped models' schedule in fewer passes. */
const PRETRAIN = { learning_rate: 2e-3, per_device_train_batch_size: 128, num_train_epochs: 3, warmup_ratio: 0.05 };
const LEARN = { learning_rate: 1e-3, per_device_train_batch_size: 64, num_train_epochs: 2, warmup_ratio: 0.05 };
const TOPIC = { ...LEARN, label_smoothing_factor: 0.05 };
/** A tenth of the steps that a full model learned topics for. */
const TENTH = { ...TOPIC, num_train_epochs: 0.2, learning_rate: 5e-4 };

/** All runs of a seed, in an order in which each comes behind those that it needs. */
function runsOf(seed: number): Record<string, Run> {
  const topic = { task: "classify", data: "topic", args: TOPIC } as const;
  return {
    [`mlm-narrow-${seed}`]: { task: "mlm", data: "mlm", full: 2, args: PRETRAIN },
    [`topic-narrow-${seed}`]: { ...topic, full: 2, from: `mlm-narrow-${seed}` },
    [`mlm-full-${seed}`]: { task: "mlm", data: "mlm", full: 4, args: PRETRAIN },
    [`topic-full-${seed}`]: { ...topic, full: 4, from: `mlm-full-${seed}` },
    [`topic-converted-${seed}`]: { ...topic, full: 2, from: `topic-full-${seed}`, args: TENTH },
    [`topic-distilled-${seed}`]: { ...topic, full: 2, from: `mlm-narrow-${seed}`, teacher: `topic-full-${seed}` },
    [`tag-narrow-${seed}`]: { task: "tag", data: "tag", full: 2, from: `mlm-narrow-${seed}`, args: LEARN },
    [`tag-full-${seed}`]: { task: "tag", data: "tag", full: 4, from: `mlm-full-${seed}`, args: LEARN },
  };
}

const RUNS: Record<string, Run> = { ...runsOf(1), ...runsOf(2) };

const [data, work, ...names] = Deno.args;
const unknown = names.find((name) => !(name in RUNS));
if (data === undefined || work === undefined || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no run ${unknown}; there are ${Object.keys(RUNS).join(", ")}`);
  console.error("usage: proof.ts DATA WORK [RUN...]");
  Deno.exit(2);
}

const tokenizer = await NarrowBertTokenizerFast.from_pretrained(SHIPPED);
const shipped = JSON.parse(await Deno.readTextFile(new URL("config.json", SHIPPED)));
const path = `${work}/results.json`;
for (const name of names.length > 0 ? names : Object.keys(RUNS)) {
  if (name in await resultsSoFar()) continue;
  const result = await runOf(name);
  // Others may have ended in another process by now.
  const results = { ...await resultsSoFar(), [name]: result };
  await Deno.writeTextFile(path, `${JSON.stringify(results, null, 1)}\n`);
}

async function resultsSoFar(): Promise<Record<string, Result>> {
  return await exists(path) ? JSON.parse(await Deno.readTextFile(path)) : {};
}

async function runOf(name: string): Promise<Result> {
  const { task, data: what, full, from, teacher: teaching, args } = RUNS[name] as Run;
  const seed = Number(name.at(-1));
  const end = task === "mlm" ? "txt" : "jsonl";
  const train_dataset = await openDataset(`${data}/${what}_train.${end}`, { task });
  const { labels, problem_type } = train_dataset;
  const eval_dataset = await openDataset(`${data}/${what}_held_out.${end}`, { task, labels, problem_type });
  using model = await modelOf(train_dataset, { full, from, seed });
  using teacher = teaching === undefined ? null : await CLASSES[task].from_pretrained(`${work}/${teaching}`);
  const output_dir = `${work}/${name}`;
  const trainer = new Trainer({
    model,
    tokenizer,
    args: {
      ...args,
      output_dir,
      seed,
      save_strategy: "steps",
      save_steps: 300,
      save_total_limit: 1,
      logging_steps: 100,
    },
    train_dataset,
    eval_dataset,
    ...(teacher !== null && { teacher: { model: teacher } }),
    ...(task === "mlm" && { data: { mlm_probability: 0.2 } }),
    onProgress: tell(name),
  });
  await trainer.train({ resume_from_checkpoint: await hasCheckpoint(output_dir) });
  const { global_step, log_history } = trainer.state!;
  const evaluations = log_history.filter((entry) => "eval_loss" in entry) as Record<string, number>[];
  return { seed, full, steps: global_step, evaluations };
}

async function modelOf({ task, labels, problem_type }: Dataset, { full, from, seed }: {
  full: number;
  from: string | undefined;
  seed: number;
}) {
  const own = {
    full_length_layers: full,
    ...(task !== "mlm" && task !== "choose" && { id2label: { ...labels }, ...(problem_type && { problem_type }) }),
  };
  if (from === undefined) {
    return await CLASSES[task].from_config(new NarrowBertConfig({ ...shipped, ...own }), { seed });
  }
  const before = JSON.parse(await Deno.readTextFile(`${work}/${from}/config.json`));
  const isNew = before.architectures[0] !== CLASSES[task].name;
  return await CLASSES[task].from_pretrained(`${work}/${from}`, { config: own, ...(isNew && { new_head: seed }) });
}

function tell(name: string): (progress: { status: string; step?: number }) => void {
  let last = performance.now();
  return (progress) => {
    if (progress.status === "evaluated") console.log(name, JSON.stringify(progress));
    if (progress.status !== "step" || performance.now() - last < 30_000) return;
    last = performance.now();
    console.log(name, JSON.stringify(progress));
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function hasCheckpoint(folder: string): Promise<boolean> {
  if (!await exists(folder)) return false;
  return [...Deno.readDirSync(folder)].some(({ name }) => name.startsWith("checkpoint-"));
}
