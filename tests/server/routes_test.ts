/** Every route gives what the pipelines give. */

import assert from "node:assert/strict";
import { cos_sim, pipeline, type Tensor } from "../../mod.ts";
import { pipelineModel } from "../golden/pipelines/pipeline_case.ts";
import { allKinds, ask, assertNear, post, served, shipped } from "./service.ts";

const TEXTS = ["a large animal with a long trunk", "the wife of a king", "Ein Ärger 🐘 größer"];
const listed = (tensors: readonly Tensor[]) => tensors.map(({ data }) => Array.from(data, Number));

Deno.test("embeddings: /embed, /embed_all, /similarity, /v1/embeddings", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  using embed = await pipeline("feature-extraction", shipped("mlm"));
  const mean = { pooling: "mean", normalize: true } as const;
  const vectors = listed(await embed(TEXTS, mean));
  assertNear(await post(app, "/embed", { inputs: TEXTS }), vectors);
  assertNear(await post(app, "/embed", { inputs: TEXTS[0] }), [vectors[0]]);
  assertNear(await post(app, "/embed", { inputs: [TEXTS[0]], truncate: null, normalize: null, model: null }), [
    vectors[0],
  ]);
  assertNear(
    await post(app, "/embed", { inputs: TEXTS, normalize: false, dimensions: 7 }),
    listed(await embed(TEXTS, { pooling: "mean", dimensions: 7 })),
  );
  const ids = TEXTS.map((text) => embed.tokenizer.encode(text));
  assertNear(await post(app, "/embed", { inputs: ids }), vectors);
  assertNear(await post(app, "/embed", { inputs: ids[1] }), [vectors[1]]);
  const long = ["king", ...new Array(200).fill("animal"), "wife"].join(" ");
  for (
    const [direction, text] of [["Left", "animal ".repeat(93) + "wife"], ["right", `king ${"animal ".repeat(93)}`]]
  ) {
    const found = await post(app, "/embed", { inputs: long, truncation_direction: direction });
    assertNear(found, listed([await embed(text!, mean)]), direction);
  }
  assertNear(
    await post(app, "/embed_all", { inputs: TEXTS }),
    (await embed(TEXTS)).map((one) => (one.tolist() as number[][][])[0]),
  );
  const [source, ...others] = listed(await embed(TEXTS, mean));
  assertNear(
    await post(app, "/similarity", { inputs: { source_sentence: TEXTS[0], sentences: TEXTS.slice(1) } }),
    Array.from(cos_sim([source!], others).data),
  );
  const openAi = await post(app, "/v1/embeddings", { input: TEXTS, model: "any", user: "u" }) as Record<string, never>;
  const tokens = ids.flat().length;
  assert.deepEqual([openAi.object, openAi.model, openAi.usage], ["list", "mlm", {
    prompt_tokens: tokens,
    total_tokens: tokens,
  }]);
  assertNear(openAi.data, vectors.map((embedding, index) => ({ object: "embedding", index, embedding })));
  assertNear(await post(app, "/embeddings", { input: TEXTS }), openAi);
  const packed = await post(app, "/v1/embeddings", { input: ids, encoding_format: "base64", dimensions: 5 });
  const first = Uint8Array.fromBase64((packed as { data: { embedding: string }[] }).data[0]!.embedding);
  assertNear(
    Array.from(new Float32Array(first.buffer)),
    listed([await embed(TEXTS[0]!, { ...mean, dimensions: 5 })])[0],
  );
});

Deno.test("a pooling that is asked for at the start holds for every embedding", async () => {
  await using app = await served({ models: [shipped("mlm")], pooling: "cls" });
  using embed = await pipeline("feature-extraction", shipped("mlm"));
  const expected = listed(await embed(TEXTS, { pooling: "cls", normalize: true }));
  assertNear(await post(app, "/embed", { inputs: TEXTS }), expected);
  const { body } = await ask(app, "/info");
  assert.deepEqual((body as { model_type: unknown }).model_type, { embedding: { pooling: "cls" } });
});

Deno.test("words: /fill_mask, /score", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  using fill = await pipeline("fill-mask", shipped("mlm"));
  using score = await pipeline("score", fill);
  const [one, two] = ["the [MASK] of a king", "a [MASK] animal with a [MASK]"];
  assertNear(await post(app, "/fill_mask", { inputs: one }), await fill(one!));
  assertNear(
    await post(app, "/fill_mask", { inputs: [one, two], parameters: { top_k: 2 } }),
    await fill([one!, two!], { top_k: 2 }),
  );
  const targets = ["king", "queen"];
  assertNear(await post(app, "/fill_mask", { inputs: one, parameters: { targets } }), await fill(one!, { targets }));
  assertNear(await post(app, "/", { inputs: one, parameters: {} }), await fill(one!));
  assertNear(await post(app, "/invocations", { inputs: [one] }), await fill([one!]));
  assertNear(await post(app, "/score", { inputs: TEXTS[1] }), await score(TEXTS[1]!));
  assertNear(await post(app, "/score", { inputs: TEXTS }), await score(TEXTS));
});

Deno.test("labels: /predict, flat as in TEI, nested with parameters as on an inference endpoint", async () => {
  await using app = await served({ models: [shipped("topic")] });
  using classify = await pipeline("text-classification", shipped("topic"));
  const [a, b] = TEXTS as [string, string];
  const all = { top_k: null };
  const single = await classify(a, all);
  assertNear(await post(app, "/predict", { inputs: a }), single);
  assertNear(await post(app, "/predict", { inputs: [a] }), single);
  const pair = await classify({ text: a, text_pair: b }, all);
  assertNear(await post(app, "/predict", { inputs: [a, b] }), pair);
  assertNear(await post(app, "/predict", { inputs: [[a], [a, b]] }), [single, pair]);
  const raw = { function_to_apply: "none", ...all } as const;
  assertNear(await post(app, "/predict", { inputs: a, raw_scores: true }), await classify(a, raw));
  for (const path of ["/predict", "/"]) {
    assertNear(await post(app, path, { inputs: a, parameters: {} }), [single]);
    assertNear(
      await post(app, path, { inputs: [a, b], parameters: { top_k: 2 } }),
      await classify([a, b], { top_k: 2 }),
    );
  }
  const headers = { "user-agent": "@huggingface/inference/4.13.0 Deno/2.9.6" };
  const js = await ask(app, "/", { body: { inputs: a }, headers }); // which takes the first of a list of lists
  assertNear(js.body, [single]);
  const sigmoid = { function_to_apply: "sigmoid" } as const;
  assertNear(await post(app, "/predict", { inputs: a, parameters: sigmoid }), [
    await classify(a, { ...sigmoid, ...all }),
  ]);
});

Deno.test("one label: /predict by sigmoid, /rerank, /v1/rerank, /v2/rerank", async () => {
  const model = await pipelineModel("one-label");
  await using app = await served({ models: [{ source: model, name: "rank" }] });
  using rank = await pipeline("text-ranking", model);
  using classify = await pipeline("text-classification", rank);
  const query = "the largest cat";
  assertNear(await post(app, "/predict", { inputs: query }), await classify(query));
  const expected = await rank(query, TEXTS);
  assertNear(await post(app, "/rerank", { query, texts: TEXTS }), expected);
  assertNear(
    await post(app, "/rerank", { query, texts: TEXTS, raw_scores: true, return_text: true }),
    await rank(query, TEXTS, { raw_scores: true, return_text: true }),
  );
  assertNear(await post(app, "/", { query, texts: TEXTS }), expected);
  for (const path of ["/v1/rerank", "/v2/rerank"]) {
    const documents = [TEXTS[0], { text: TEXTS[1] }, TEXTS[2]];
    const found = await post(app, path, { model: "m", query, documents, top_n: 2, return_documents: true });
    const { id, meta, usage, model: name, results } = found as Record<string, never>;
    assert.match(id!, /^[\w-]+$/);
    assert((usage as unknown as { total_tokens: number }).total_tokens > 0);
    assert.deepEqual([name, Object.keys(meta!)], ["rank", ["api_version", "billed_units"]]);
    assertNear(
      results,
      expected.slice(0, 2).map(({ index, score }) => ({
        index,
        relevance_score: score,
        document: { text: TEXTS[index] },
      })),
    );
  }
  const { body } = await ask(app, "/info");
  assert.deepEqual((body as { model_type: unknown }).model_type, {
    reranker: { id2label: { "0": "score" }, label2id: { score: 0 } },
  });
});

Deno.test("entities: /token_classification groups, if nothing else is said, and counts places as Python does", async () => {
  await using app = await served({ models: [shipped("tag")] });
  using tag = await pipeline("token-classification", shipped("tag"));
  const text = "the tiger is a large cat";
  const simple = { aggregation_strategy: "simple" } as const;
  assertNear(await post(app, "/token_classification", { inputs: text, parameters: {} }), await tag(text, simple));
  assertNear(await post(app, "/", { inputs: [text, "king"] }), await tag([text, "king"], simple));
  const none = { aggregation_strategy: "none", ignore_labels: [] } as const;
  assertNear(await post(app, "/token_classification", { inputs: text, parameters: none }), await tag(text, none));
  const [here] = await tag("🐘🐘 tiger", simple);
  const [there] = await post(app, "/token_classification", { inputs: "🐘🐘 tiger" }) as {
    start: number;
    end: number;
  }[];
  assert.deepEqual([here!.start, there!.start, there!.end], [5, 3, here!.end - 2]);
});

Deno.test("choices: /multiple_choice and /zero_shot", async () => {
  const nli = await pipelineModel("nli");
  await using app = await served({
    models: [{ source: nli, name: "nli" }, { source: shipped("choose"), name: "choose" }],
  });
  using choose = await pipeline("multiple-choice", shipped("choose"));
  using sort = await pipeline("zero-shot-classification", nli);
  const choices = ["a vessel that travels on water", "a feeling of great joy"];
  for (const path of ["/multiple_choice", "/"]) {
    const body = { model: "choose", inputs: "steamship", parameters: { choices } };
    assertNear(await post(app, path, body), await choose("steamship", choices));
  }
  const expected = ({ labels, scores }: { labels: string[]; scores: number[] }) =>
    labels.map((label, i) => ({ label, score: scores[i]! }));
  const candidate_labels = ["travel", "animals", "food"];
  for (const path of ["/zero_shot", "/"]) {
    const body = { model: "nli", inputs: TEXTS[0], parameters: { candidate_labels } };
    assertNear(await post(app, path, body), expected(await sort(TEXTS[0]!, candidate_labels)));
  }
  const more = { hypothesis_template: "It is about {}.", multi_label: true };
  assertNear(
    await post(app, "/zero_shot", { model: "nli", inputs: TEXTS, parameters: { candidate_labels: "a, b", ...more } }),
    (await sort(TEXTS, ["a", "b"], more)).map(expected),
  );
});

Deno.test("tokens: /tokenize with places in bytes, /decode", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  const text = "é 🐘 king [MASK]";
  const [tokens] = await post(app, "/tokenize", { inputs: text }) as [
    { id: number; text: string; special: boolean; start: number | null; stop: number | null }[],
  ];
  assert.deepEqual(tokens!.at(0), { id: 2, text: "[CLS]", special: true, start: null, stop: null });
  assert.equal(tokens!.at(-1)!.special, true);
  const bytes = new TextEncoder().encode(text);
  for (const token of tokens!.filter(({ special }) => !special)) {
    assert.equal(token.text, new TextDecoder().decode(bytes.slice(token.start!, token.stop!)));
  }
  assert.deepEqual(tokens!.find(({ text }) => text === "king"), {
    id: 1200,
    text: "king",
    special: false,
    start: 8,
    stop: 12,
  });
  assert.equal(tokens!.at(-2)!.text, "[MASK]");
  const bare = await post(app, "/tokenize", { inputs: ["king", "queen"], add_special_tokens: false }) as unknown[][];
  assert.deepEqual(bare.map(({ length }) => length), [1, 1]);
  assert.deepEqual(await post(app, "/decode", { ids: [2, 1200, 3] }), ["king"]);
  assert.deepEqual(await post(app, "/decode", { ids: [[2, 1200, 3], []], skip_special_tokens: false }), [
    "[CLS] king [SEP]",
    "",
  ]);
});

Deno.test("several models: a request names one by its served name, and only those are there", async () => {
  await using app = await served({ models: await allKinds() });
  const { body } = await ask(app, "/v1/models");
  const names = ["mlm", "topic", "tag", "choose", "nli", "rank"];
  assert.deepEqual((body as { data: { id: string }[] }).data.map(({ id }) => id), names);
  for (const name of names) {
    assert.equal((await ask(app, `/v1/models/${name}`)).status, 200);
    const info = (await ask(app, `/info/${name}`)).body as { served_model_name: string; tasks: string[] };
    assert.equal(info.served_model_name, name);
    assert(info.tasks.includes("feature-extraction"));
    const [vector] = await post(app, "/embed", { inputs: "king", model: name }) as number[][];
    assert(vector!.length > 1);
  }
  for (const [model, status] of [["nobody", 404], ["/etc/passwd", 404], [undefined, 422], [5, 422]] as const) {
    const answer = await ask(app, "/embed", { body: { inputs: "king", model } });
    assert.equal(answer.status, status, `${model}`);
    assert.match(JSON.stringify(answer.body), /mlm, topic, tag|must be a string/);
  }
  const wrong = await ask(app, "/predict", { body: { inputs: "king", model: "tag" } });
  assert.deepEqual(wrong.body, {
    error: "Input validation error: the model tag cannot do text-classification, only token-classification, " +
      "feature-extraction",
    error_type: "Validation",
  });
});

Deno.test("what a service says of itself: /info, /health, /ready, /ping, /metrics, pages, headers", async () => {
  await using app = await served({ models: [shipped("topic")], maxClientBatchSize: 4 });
  const { body: info } = await ask(app, "/info") as { body: Record<string, unknown> };
  assert.deepEqual(Object.keys(info), [
    "model_id",
    "model_dtype",
    "served_model_name",
    "model_type",
    "tasks",
    "max_concurrent_requests",
    "max_input_length",
    "max_batch_tokens",
    "max_batch_requests",
    "max_client_batch_size",
    "auto_truncate",
    "version",
  ]);
  assert.deepEqual([info.max_input_length, info.max_client_batch_size, info.max_batch_tokens], [96, 4, 16384]);
  for (const path of ["/health", "/ready", "/ping", "/", "/docs"]) {
    assert.equal((await ask(app, path)).status, 200, path);
  }
  assert.equal((await ask(app, "/health", { method: "HEAD" })).status, 200);
  const answer = await ask(app, "/predict", { body: { inputs: "king" }, headers: { "x-request-id": "mine-1" } });
  assert.equal(answer.headers.get("x-request-id"), "mine-1");
  assert.equal(answer.headers.get("x-compute-tokens"), "3");
  assert.equal(answer.headers.get("x-compute-characters"), "4");
  for (const name of ["compute", "total", "tokenization", "queue", "inference"]) {
    assert.match(answer.headers.get(`x-${name}-time`) ?? "", /^\d+$/, name);
  }
  const made = await ask(app, "/predict", { body: { inputs: "king" }, headers: { "x-request-id": "no good" } });
  assert.match(made.headers.get("x-request-id")!, /^[\da-f-]{36}$/);
  await ask(app, "/predict", { body: { inputs: [["a"], ["b"]] } });
  await ask(app, "/predict", { body: { inputs: 5 } });
  await ask(app, "/predict", { body: { inputs: ["a", "b", "c", "d", "e"].map((one) => [one]) } });
  await ask(app, "/fill_mask", { body: { inputs: "a" } });
  const { body: metrics } = await ask(app, "/metrics") as { body: string };
  for (
    const line of [
      'te_request_count{method="single"} 3',
      'te_request_count{method="batch"} 2',
      'te_request_success{method="single"} 2',
      'te_request_success{method="batch"} 1',
      'te_request_failure{err="validation"} 1',
      'te_request_failure{err="batch_size"} 1',
      'te_request_failure{err="model_type"} 1',
      "te_predict_count 9",
      "te_predict_success 4",
      "te_request_duration_count 3",
      "te_request_tokenization_duration_count 3",
      "te_request_queue_duration_count 3",
      "te_request_inference_duration_count 3",
      "te_predict_duration_count 3",
      "te_embed_count 0",
      "te_request_input_length_sum 12",
      "te_batch_next_size_sum 4",
      'te_queue_size{model="topic"} 0',
      "nb_active_requests 0",
    ]
  ) {
    assert(metrics.includes(`${line}\n`), line);
  }
});
