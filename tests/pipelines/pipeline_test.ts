import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CheckpointError, ConfigError, TokenizerError } from "../../src/base/errors.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { states } from "../../src/heads/readouts/states.ts";
import { Trunk } from "../../src/heads/trunk/trunk.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import type { TaskName } from "../../src/pipelines/task_pipelines.ts";
import { SHIPPED_MLM } from "./fakes.ts";

const TOPIC = new URL("../../examples/models/wordnet/topic/", import.meta.url);
const TEXTS = ["top priority", "move quickly on foot", "a menu listing fixed meals at fixed prices", "the color blue"];

/** The files of the shipped classifier, less those in `without`. */
async function topicFiles(without: string[] = []): Promise<Map<string, Uint8Array>> {
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];
  const kept = names.filter((name) => !without.includes(name));
  return new Map(
    await Promise.all(kept.map(async (name) => [name, await Deno.readFile(new URL(name, TOPIC))] as const)),
  );
}

Deno.test("an unknown task is refused with the names of the known ones", async () => {
  await assert.rejects(
    () => pipeline("translation" as TaskName),
    /Cannot make a pipeline: task must be one of fill-mask, .*, score, .*sentiment-analysis.*, got "translation"/,
  );
});

Deno.test("sentiment-analysis is text-classification, from a path, a URL or files in memory", async () => {
  const answers: string[] = [];
  for (const source of [undefined, TOPIC, fileURLToPath(TOPIC), await topicFiles()]) {
    using classify = await pipeline("sentiment-analysis", source);
    answers.push(JSON.stringify(await classify(TEXTS)));
  }
  assert.equal(new Set(answers).size, 1);
});

Deno.test("a batch gives what its texts give alone", async () => {
  using classify = await pipeline("text-classification");
  const batch = await classify(TEXTS, { top_k: 3 });
  for (const [i, text] of TEXTS.entries()) {
    const alone = await classify(text, { top_k: 3 });
    assert.deepEqual(alone.map(({ label }) => label), batch[i]!.map(({ label }) => label));
    alone.forEach(({ score }, k) => assert(Math.abs(score - batch[i]![k]!.score) <= 1e-5));
  }
});

Deno.test("from_pretrained's options reach the model", async () => {
  using classify = await pipeline("text-classification", TOPIC, {
    config: { problem_type: "multi_label_classification" },
  });
  const scores = (await classify("top priority", { top_k: null })).map(({ score }) => score);
  assert.equal(scores.length, 41);
  assert.notEqual(Math.round(scores.reduce((a, b) => a + b, 0) * 1e6), 1e6); // sigmoids do not add up to 1
});

Deno.test("a model with another head is refused with both classes, before its weights are read", async () => {
  const files = await topicFiles(["model.safetensors"]);
  for (const task of ["fill-mask", "score"] as const) {
    const message = 'Cannot load "memory/" for this task: it takes a NarrowBertForMaskedLM, ' +
      "got a NarrowBertForSequenceClassification";
    await assert.rejects(() => pipeline(task, files), new CheckpointError(message));
  }
  await assert.rejects(() => pipeline("text-classification", SHIPPED_MLM), (error: Error) => {
    assert(error instanceof CheckpointError);
    assert.match(
      error.message,
      /^Cannot load "\/.*mlm\/" .*: it takes a NarrowBertForSequenceClassification, got a NarrowBertForMaskedLM$/,
    );
    return true;
  });
});

Deno.test("a config that names no class is loaded as the task's class, by its weights", async () => {
  const files = await topicFiles();
  using classify = await pipeline("text-classification", files, { config: { architectures: null } });
  assert.equal((await classify("top priority")).length, 1);
  await assert.rejects(
    () => pipeline("fill-mask", files, { config: { architectures: ["SomethingElse"] } }),
    /cls\.predictions/,
  );
});

Deno.test("a task without a shipped model says what to name", async () => {
  const message = "Cannot make a pipeline: no model is shipped for text-ranking; name the folder of a " +
    "NarrowBertForSequenceClassification";
  await assert.rejects(() => pipeline("text-ranking"), new CheckpointError(message));
});

Deno.test("a model that is neither a folder, files, a pipeline nor a pair is refused by its class", async () => {
  const config = new NarrowBertConfig({ vocab_size: 9, hidden_size: 4, num_attention_heads: 1, num_hidden_layers: 2 });
  using trunk = await Trunk.from_config(config, { readouts: [states] });
  const found = [[trunk, "a Trunk"], [{}, "an object"], [[], "an array"], [3, "a number"], [() => {}, "a function"]];
  for (const [model, kind] of found) {
    await assert.rejects(() => pipeline("fill-mask", model as never), {
      name: "TypeError",
      message:
        "Cannot make a pipeline: model must be a folder's path or URL, a Hub id, its files, another pipeline, or " +
        `{ model, tokenizer }, got ${kind}`,
    });
  }
});

Deno.test("weights without the task's head are not shared: the message names the task and what to load", async () => {
  using fill = await pipeline("fill-mask");
  for (const task of ["text-classification", "sentiment-analysis"] as const) {
    await assert.rejects(() => pipeline(task, fill), {
      name: "TypeError",
      message: `Cannot make a pipeline for ${task} on the weights of a NarrowBertForMaskedLM: they must include the ` +
        `sequence_classification head, got masked_lm; load pipeline("${task}", FOLDER) on its own`,
    });
  }
});

Deno.test("an unknown option of loading is refused with the names of the known ones", async () => {
  const options = { cache: "no" } as object;
  await assert.rejects(
    () => pipeline("fill-mask", undefined, options),
    /^TypeError: Cannot make a pipeline: there is no option "cache"; options are device, .*signal/,
  );
});

Deno.test("labels that do not fit the task give the model's memory back", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  for (const task of ["zero-shot-classification", "text-ranking"] as const) {
    await assert.rejects(() => pipeline(task, TOPIC), ConfigError);
  }
  assert.equal(buffers.liveBytes, before);
});

Deno.test("loading stops with the signal's reason", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    progress_callback: ({ status }: { status: string }) => {
      if (status === "done") controller.abort(new Error("enough"));
    },
  };
  await assert.rejects(() => pipeline("fill-mask", undefined, options), /enough/);
  assert.equal(buffers.liveBytes, before);
});

Deno.test("dispose and a tokenizer that fails to load give all GPU memory back", async () => {
  const { buffers } = await requestGpu();
  const before = buffers.liveBytes;
  {
    using fillMask = await pipeline("fill-mask");
    await fillMask("the [MASK] of a king");
    assert(buffers.liveBytes > before);
  }
  assert.equal(buffers.liveBytes, before);
  const files = await topicFiles(["tokenizer.json", "vocab.txt"]);
  await assert.rejects(() => pipeline("text-classification", files), TokenizerError);
  assert.equal(buffers.liveBytes, before);
});

Deno.test("a call under way is answered although its pipeline is disposed of meanwhile, and all is given back", async () => {
  const gpu = await requestGpu();
  const before = gpu.buffers.liveBytes;
  const classify = await pipeline("text-classification");
  const answer = classify("a small brown bird");
  classify.dispose();
  assert.equal((await answer)[0]?.label, "noun.animal");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(gpu.buffers.liveBytes, before);
  await assert.rejects(classify("a small brown bird"), /was disposed/);
});
