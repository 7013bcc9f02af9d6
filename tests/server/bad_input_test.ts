/** Bad input meets one clear error in the right shape, and the service goes on. */

import assert from "node:assert/strict";
import type { App } from "../../src/server/app.ts";
import { allKinds, type Answer, ask, post, type Sent, served } from "./service.ts";

type Row = [what: string, path: string, sent: Sent | object, status: number, type: string, message?: RegExp];

const bytes = (...values: number[]) => Uint8Array.from(values);
const bodies = (body: unknown): Sent => ({ body });
const long = "animal ".repeat(200);
const huge = "x ".repeat(15_000);

/** Bodies that are no JSON object, for every route with a body. */
const NO_OBJECT: [string, Sent, number, string][] = [
  ["nothing", bodies(""), 400, "Syntax"],
  ["a brace", bodies("{"), 400, "Syntax"],
  ["text", bodies("king"), 400, "Syntax"],
  ["two objects", bodies("{}{}"), 400, "Syntax"],
  ["a trailing comma", bodies('{"inputs":"a",}'), 400, "Syntax"],
  ["single quotes", bodies("{'inputs':'a'}"), 400, "Syntax"],
  ["NaN", bodies('{"inputs":NaN}'), 400, "Syntax"],
  ["a byte order mark", bodies('\ufeff{"inputs":"a"}'), 400, "Syntax"],
  ["an open string", bodies('{"inputs":"a'), 400, "Syntax"],
  ["a control character", bodies('{"inputs":"a\nb"}'), 400, "Syntax"],
  ["bytes that are not UTF-8", bodies(bytes(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), 400, "Syntax"],
  ["an overlong NUL", bodies(bytes(0x22, 0xc0, 0x80, 0x22)), 400, "Syntax"],
  ["a lone surrogate's bytes", bodies(bytes(0x22, 0xed, 0xa0, 0x80, 0x22)), 400, "Syntax"],
  ["deep nesting", bodies("[".repeat(100_000)), 400, "Syntax"],
  ["a number", bodies("5"), 422, "Validation"],
  ["null", bodies("null"), 422, "Validation"],
  ["a list", bodies("[]"), 422, "Validation"],
  ["a string", bodies('"a"'), 422, "Validation"],
  ["no content type", { body: "{}", headers: { "content-type": "" } }, 415, "UnsupportedMediaType"],
  ["text/plain", { body: "{}", headers: { "content-type": "text/plain" } }, 415, "UnsupportedMediaType"],
  [
    "a form",
    { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
    415,
    "UnsupportedMediaType",
  ],
  [
    "latin-1",
    { body: "{}", headers: { "content-type": "application/json; charset=iso-8859-1" } },
    415,
    "UnsupportedMediaType",
  ],
  ["gzip", { body: bytes(31, 139, 8), headers: { "content-encoding": "gzip" } }, 415, "UnsupportedMediaType"],
  ["br", { body: "{}", headers: { "content-encoding": "br" } }, 415, "UnsupportedMediaType"],
  ["two encodings", { body: "{}", headers: { "content-encoding": "identity, gzip" } }, 415, "UnsupportedMediaType"],
  ["too many bytes", bodies(`{"inputs":"${"a".repeat(300_000)}"}`), 413, "PayloadTooLarge"],
  ["a length that is too large", { body: "{}", headers: { "content-length": "99999999" } }, 413, "PayloadTooLarge"],
];

/** What `inputs` may not be, of routes that take a text or a list. */
const NO_TEXTS: [string, unknown, number, string][] = [
  ["nothing", undefined, 422, "Validation"],
  ["null", null, 422, "Validation"],
  ["a number", 5, 422, "Validation"],
  ["true", true, 422, "Validation"],
  ["an object", { text: "a" }, 422, "Validation"],
  ["a list with null", ["a", null], 422, "Validation"],
  ["a list with an object", [{}], 422, "Validation"],
  ["nested lists of texts", [[["a"]]], 422, "Validation"],
  ["an empty text", "", 400, "Empty"],
  ["an empty list", [], 400, "Empty"],
  ["a list with an empty text", ["a", ""], 400, "Empty"],
  ["too many texts", new Array(33).fill("a"), 422, "Validation"],
];

const TEXT_ROUTES: [path: string, model: string, more?: object][] = [
  ["/embed", "mlm"],
  ["/embed_all", "mlm"],
  ["/fill_mask", "mlm"],
  ["/score", "mlm"],
  ["/token_classification", "tag"],
  ["/zero_shot", "nli", { parameters: { candidate_labels: ["a"] } }],
  ["/tokenize", "mlm"],
];

const embed = (body: object) => ({ body: { model: "mlm", inputs: "king", ...body } });
const predict = (inputs: unknown, more = {}) => ({ body: { model: "topic", inputs, ...more } });
const rerank = (body: object) => ({ body: { model: "rank", query: "a", texts: ["b"], ...body } });
const openAi = (body: object) => ({ body: { model: "mlm", input: "king", ...body } });
const documents = (body: object) => ({ body: { model: "rank", query: "a", documents: ["b"], ...body } });
const choose = (inputs: unknown, parameters: unknown) => ({ body: { model: "choose", inputs, parameters } });
const sort = (parameters: unknown) => ({ body: { model: "nli", inputs: "king", parameters } });
const fill = (inputs: unknown, parameters?: unknown) => ({ body: { model: "mlm", inputs, parameters } });
const tag = (parameters: unknown) => ({ body: { model: "tag", inputs: "king", parameters } });
const alike = (inputs: unknown) => ({ body: { model: "mlm", inputs } });
const decode = (ids: unknown, more = {}) => ({ body: { model: "mlm", ids, ...more } });
const V = "Validation";

const OTHERS: Row[] = [
  [
    "a text that is too long",
    "/embed",
    embed({ inputs: long, truncate: false }),
    422,
    V,
    /^Input validation error: `inputs` must have less than 96 tokens\. Given: 202$/,
  ],
  [
    "a text that is much too long",
    "/embed",
    embed({ inputs: huge, truncate: false }),
    422,
    V,
    /must have less than 96 tokens/,
  ],
  ["truncate that is a string", "/embed", embed({ truncate: "yes" }), 422, V, /`truncate`/],
  ["an unknown direction", "/embed", embed({ truncation_direction: "up" }), 422, V, /Left or Right/],
  ["a direction that is a number", "/embed", embed({ truncation_direction: 1 }), 422, V],
  ["normalize that is a number", "/embed", embed({ normalize: 1 }), 422, V, /`normalize`/],
  ["no dimension", "/embed", embed({ dimensions: 0 }), 422, V, /`dimensions`: it must be at least 1/],
  ["negative dimensions", "/embed", embed({ dimensions: -1 }), 422, V],
  ["half a dimension", "/embed", embed({ dimensions: 1.5 }), 422, V, /whole number/],
  ["too many dimensions", "/embed", embed({ dimensions: 129 }), 422, V, /from 1 to 128, got 129/],
  ["very many dimensions", "/embed", embed({ dimensions: 1e300 }), 422, V],
  ["dimensions in a string", "/embed", embed({ dimensions: "8" }), 422, V],
  ["an unknown prompt", "/embed", embed({ prompt_name: "nothing_such" }), 422, V],
  ["a negative id", "/embed", embed({ inputs: [-1] }), 422, V],
  ["half an id", "/embed", embed({ inputs: [1.5] }), 422, V],
  ["an id past the vocabulary", "/embed", embed({ inputs: [8000] }), 422, V, /the model knows 8000 tokens/],
  ["an id past all numbers", "/embed", embed({ inputs: [1e21] }), 422, V],
  ["no ids in a list", "/embed", embed({ inputs: [[]] }), 400, "Empty"],
  ["ids and texts", "/embed", embed({ inputs: [1, "a"] }), 422, V],
  [
    "too many ids",
    "/embed",
    embed({ inputs: new Array(97).fill(5), truncate: false }),
    422,
    V,
    /less than 96 tokens. Given: 97/,
  ],
  ["a model that is a number", "/embed", { body: { model: 1, inputs: "a" } }, 422, V, /`model`/],
  ["a model that is a list", "/embed", { body: { model: ["mlm"], inputs: "a" } }, 422, V],
  ["a model that is a path", "/embed", { body: { model: "../mlm", inputs: "a" } }, 404, "NotFound"],
  ["a model that is a URL", "/embed", { body: { model: "http://127.0.0.1/", inputs: "a" } }, 404, "NotFound"],
  ["a model of a property's name", "/embed", { body: { model: "__proto__", inputs: "a" } }, 404, "NotFound"],
  ["no model of several", "/embed", { body: { inputs: "a" } }, 422, V, /`model` must be one of/],
  ["an id past the vocabulary", "/decode", decode([8000]), 422, V, /below the vocabulary's 8000, got 8000/],
  ["a negative id", "/decode", decode([-1]), 422, V],
  ["a text", "/decode", decode("king"), 422, V],
  ["texts", "/decode", decode(["king"]), 422, V],
  ["no ids", "/decode", decode(undefined), 422, V],
  ["a switch that is a text", "/decode", decode([5], { skip_special_tokens: "no" }), 422, V],
  [
    "too many lists",
    "/decode",
    decode(new Array(33).fill([5])),
    422,
    V,
    /batch size 33 > maximum allowed batch size 32/,
  ],
  [
    "a switch that is null's text",
    "/tokenize",
    { body: { model: "mlm", inputs: "a", add_special_tokens: "null" } },
    422,
    V,
  ],
  ["a text that is much too long", "/tokenize", { body: { model: "mlm", inputs: huge } }, 422, V],
  ["three texts", "/predict", predict(["a", "b", "c"]), 422, V, /a text or a pair of texts, got 3/],
  ["three texts in a batch", "/predict", predict([["a", "b", "c"]]), 422, V],
  ["no text in a batch", "/predict", predict([[]]), 400, "Empty"],
  ["an empty text", "/predict", predict(""), 400, "Empty"],
  ["no texts", "/predict", predict([]), 400, "Empty"],
  ["an empty text of a pair", "/predict", predict(["a", ""]), 400, "Empty"],
  ["a number", "/predict", predict(1), 422, V, /`inputs`: it must be a string, a pair/],
  ["ids", "/predict", predict([1, 2]), 422, V],
  ["texts and pairs", "/predict", predict(["a", ["b"]]), 422, V],
  ["nothing", "/predict", predict(undefined), 422, V],
  ["null", "/predict", predict(null), 422, V],
  ["too many texts", "/predict", predict(new Array(33).fill(["a"])), 422, V],
  ["too many texts with parameters", "/predict", predict(new Array(33).fill("a"), { parameters: {} }), 422, V],
  ["raw_scores that is a text", "/predict", predict("a", { raw_scores: "true" }), 422, V],
  ["parameters that are a list", "/predict", predict("a", { parameters: [] }), 422, V],
  ["an unknown function", "/predict", predict("a", { parameters: { function_to_apply: "tanh" } }), 422, V],
  ["no label", "/predict", predict("a", { parameters: { top_k: 0 } }), 422, V],
  ["half a label", "/predict", predict("a", { parameters: { top_k: 1.5 } }), 422, V],
  ["a text that is too long", "/predict", predict(long, { truncate: false }), 422, V, /less than 96 tokens/],
  ["a pair that is too long", "/predict", predict([long, long], { truncate: false }), 422, V],
  [
    "a model of another kind",
    "/predict",
    { body: { model: "mlm", inputs: "a" } },
    422,
    V,
    /cannot do text-classification/,
  ],
  ["no query", "/rerank", rerank({ query: undefined }), 422, V],
  ["an empty query", "/rerank", rerank({ query: "" }), 400, "Empty"],
  ["a query that is a list", "/rerank", rerank({ query: ["a"] }), 422, V],
  ["no texts", "/rerank", rerank({ texts: [] }), 400, "Empty"],
  ["an empty text", "/rerank", rerank({ texts: [""] }), 400, "Empty"],
  ["a blank text", "/rerank", rerank({ texts: [" "] }), 422, V],
  ["texts that are a string", "/rerank", rerank({ texts: "b" }), 422, V],
  ["texts with null", "/rerank", rerank({ texts: [null] }), 422, V],
  ["too many texts", "/rerank", rerank({ texts: new Array(33).fill("b") }), 422, V],
  ["a model of several labels", "/rerank", rerank({ model: "topic" }), 422, V, /cannot do text-ranking/],
  ["a query that leaves no room", "/rerank", rerank({ query: long, truncate: false }), 422, V],
  ["return_text that is a text", "/rerank", rerank({ return_text: "yes" }), 422, V],
  ["no documents", "/v2/rerank", documents({ documents: [] }), 400, "Empty"],
  ["documents without a text", "/v2/rerank", documents({ documents: [{ title: "a" }] }), 422, V],
  ["no top", "/v2/rerank", documents({ top_n: 0 }), 422, V],
  ["no documents", "/v1/rerank", documents({ documents: [] }), 400, "empty"],
  ["documents that are numbers", "/v1/rerank", documents({ documents: [1] }), 422, "validation"],
  ["a model of several labels", "/v1/rerank", documents({ model: "topic" }), 422, "validation"],
  ["a text without a mask", "/fill_mask", fill("king"), 422, V, /must contain "\[MASK\]"/],
  ["no word", "/fill_mask", fill("[MASK]", { top_k: 0 }), 422, V],
  ["too many words", "/fill_mask", fill("[MASK]", { top_k: 129 }), 422, V],
  ["words in a text", "/fill_mask", fill("[MASK]", { top_k: "5" }), 422, V],
  ["no targets", "/fill_mask", fill("[MASK]", { targets: [] }), 422, V],
  ["targets that are numbers", "/fill_mask", fill("[MASK]", { targets: [5] }), 422, V],
  ["a mask behind what is cut", "/fill_mask", fill(`${long}[MASK]`), 422, V, /cuts off its mask/],
  ["an unknown strategy", "/token_classification", tag({ aggregation_strategy: "best" }), 422, V],
  ["unknown labels", "/token_classification", tag({ ignore_labels: ["NOTHING"] }), 422, V],
  ["a negative stride", "/token_classification", tag({ stride: -1 }), 422, V],
  ["a stride as long as a text", "/token_classification", tag({ stride: 96 }), 422, V],
  ["parameters that are a text", "/token_classification", tag("simple"), 422, V],
  ["no parameters", "/multiple_choice", choose("a", undefined), 422, V, /`parameters`/],
  ["no choices", "/multiple_choice", choose("a", { choices: [] }), 400, "Empty"],
  ["an empty choice", "/multiple_choice", choose("a", { choices: ["b", ""] }), 400, "Empty"],
  ["a blank choice", "/multiple_choice", choose("a", { choices: ["b", " "] }), 422, V],
  ["choices that are a string", "/multiple_choice", choose("a", { choices: "b" }), 422, V],
  ["several prompts", "/multiple_choice", choose(["a", "b"], { choices: ["c"] }), 422, V],
  ["an empty prompt", "/multiple_choice", choose("", { choices: ["c"] }), 400, "Empty"],
  ["too many choices", "/multiple_choice", choose("a", { choices: new Array(33).fill("b") }), 422, V],
  ["no labels", "/zero_shot", sort({ candidate_labels: [] }), 400, "Empty"],
  ["no parameters", "/zero_shot", sort(undefined), 422, V],
  ["no candidates", "/zero_shot", sort({}), 422, V, /`parameters.candidate_labels`/],
  ["an empty label", "/zero_shot", sort({ candidate_labels: "a,," }), 400, "Empty"],
  [
    "a template without a place",
    "/zero_shot",
    sort({ candidate_labels: ["a"], hypothesis_template: "This is." }),
    422,
    V,
  ],
  ["a template with two places", "/zero_shot", sort({ candidate_labels: ["a"], hypothesis_template: "{} {}" }), 422, V],
  ["multi_label that is a text", "/zero_shot", sort({ candidate_labels: ["a"], multi_label: "yes" }), 422, V],
  [
    "a model of other labels",
    "/zero_shot",
    { body: { model: "topic", inputs: "a", parameters: { candidate_labels: ["a"] } } },
    422,
    V,
  ],
  ["a text", "/similarity", alike("king"), 422, V],
  ["no sentences", "/similarity", alike({ source_sentence: "a", sentences: [] }), 400, "Empty"],
  ["an empty sentence", "/similarity", alike({ source_sentence: "a", sentences: [""] }), 400, "Empty"],
  ["an empty source", "/similarity", alike({ source_sentence: "", sentences: ["a"] }), 400, "Empty"],
  ["no source", "/similarity", alike({ sentences: ["a"] }), 422, V],
  ["sentences that are numbers", "/similarity", alike({ source_sentence: "a", sentences: [1] }), 422, V],
  ["too many sentences", "/similarity", alike({ source_sentence: "a", sentences: new Array(32).fill("a") }), 422, V],
  ["no input", "/v1/embeddings", openAi({ input: undefined }), 422, "validation"],
  ["null", "/v1/embeddings", openAi({ input: null }), 422, "validation"],
  ["an empty text", "/v1/embeddings", openAi({ input: "" }), 400, "empty"],
  ["an empty list", "/v1/embeddings", openAi({ input: [] }), 400, "empty"],
  ["an unknown format", "/v1/embeddings", openAi({ encoding_format: "hex" }), 422, "validation"],
  ["no dimension", "/v1/embeddings", openAi({ dimensions: 0 }), 422, "validation"],
  ["too many dimensions", "/v1/embeddings", openAi({ dimensions: 9999 }), 422, "validation"],
  ["an id past the vocabulary", "/v1/embeddings", openAi({ input: [8000] }), 422, "validation"],
  ["an unknown model", "/v1/embeddings", openAi({ model: "text-embedding-3-small" }), 404, "not_found"],
  ["too many texts", "/v1/embeddings", openAi({ input: new Array(33).fill("a") }), 422, "validation"],
  ["an unknown model", "/v1/models/nobody", {}, 404, "not_found"],
  ["an unknown model", "/info/nobody", {}, 404, "NotFound"],
  ["an unknown route", "/nowhere", {}, 404, "NotFound"],
  ["an unknown route", "/v1/nowhere", {}, 404, "not_found"],
  ["a path upwards", "/../etc/passwd", {}, 404, "NotFound"],
  ["an encoded path upwards", "/%2e%2e/%2e%2e/etc/passwd", {}, 404, "NotFound"],
  ["a path with a bad escape", "/%ff", {}, 404, "NotFound"],
  ["a route behind another", "/embed/more", embed({}), 404, "NotFound"],
  ["a property's name", "/__proto__", {}, 404, "NotFound"],
  ["an unknown route", "/nowhere", embed({}), 404, "NotFound"],
  ["GET of a route with a body", "/embed", { method: "GET" }, 405, "MethodNotAllowed", /takes POST/],
  ["PUT", "/embed", { method: "PUT", body: "{}" }, 405, "MethodNotAllowed"],
  ["DELETE", "/", { method: "DELETE" }, 405, "MethodNotAllowed", /takes (POST, GET|GET, POST), HEAD/],
  ["POST of a route without a body", "/health", { body: "{}" }, 405, "MethodNotAllowed", /takes GET, HEAD/],
  ["POST of a route without a body", "/info", { body: "{}" }, 405, "MethodNotAllowed"],
  ["GET", "/v1/embeddings", { method: "GET" }, 405, "method_not_allowed"],
  ["PATCH", "/predict", { method: "PATCH", body: "{}" }, 405, "MethodNotAllowed"],
  ["an own task without inputs", "/", { body: { model: "mlm" } }, 422, V],
  ["an own task of another kind", "/", { body: { model: "topic", inputs: 5 } }, 422, V],
  ["an own task with null", "/invocations", { body: { model: "tag", inputs: null } }, 422, V],
];

const ROWS: Row[] = [
  ...["/embed", "/v1/embeddings", "/"].flatMap((path) =>
    NO_OBJECT.map(([what, sent, status, type]): Row => [what, path, sent, status, type])
  ),
  ...TEXT_ROUTES.flatMap(([path, model, more]) =>
    NO_TEXTS.map((
      [what, inputs, status, type],
    ): Row => [what, path, { body: { model, inputs, ...more } }, status, type])
  ),
  ...OTHERS,
];

/** The error of an answer: its message and its kind. */
function errorIn({ body }: Answer, path: string): { message: string; type: string } {
  if (!path.startsWith("/v1/")) {
    const { error, error_type, ...rest } = body as Record<string, string>;
    assert.deepEqual(rest, {});
    return { message: error!, type: error_type! };
  }
  const { error, ...rest } = body as { error: Record<string, string> };
  assert.deepEqual([Object.keys(error), rest], [["message", "type", "param", "code"], {}]);
  return { message: error.message!, type: error.code! };
}

async function check(app: App, [what, path, sent, status, type, message]: Row): Promise<void> {
  const about = `${path}, ${what}`;
  const answer = await ask(app, path, sent);
  assert.equal(answer.status, status, `${about}: ${JSON.stringify(answer.body).slice(0, 300)}`);
  const error = errorIn(answer, path);
  const expected = path.startsWith("/v1/") ? type.replace(/(?!^)[A-Z]/g, "_$&").toLowerCase() : type;
  assert.equal(error.type, expected, about);
  assert.match(error.message, message ?? /^[A-Z`].{9,}/s, about);
  const text = JSON.stringify(answer.body);
  assert(text.length < 1200, `${about}: ${text}`);
  assert.doesNotMatch(
    text,
    /file:|\.ts\b|\/work\/|\/tmp\/|\/root\/|\bat [\w.]+ \(|node_modules|undefined|\[object/,
    about,
  );
  assert(answer.headers.has("x-request-id"), about);
}

Deno.test("bad input meets one clear error, and the service goes on", async () => {
  assert(ROWS.length >= 150, `${ROWS.length} rows`);
  const logged: string[] = [];
  await using app = await served({
    models: await allKinds(),
    payloadLimit: 250_000,
    log: ({ level, error }) => level === "error" && logged.push(`${error}`),
  });
  const good = { inputs: "a large animal", model: "mlm" };
  const expected = await post(app, "/embed", good);
  const wrong: string[] = [];
  for (const [i, row] of ROWS.entries()) {
    await check(app, row).catch(({ message }) => wrong.push(message));
    if (i % 25 === 0) assert.deepEqual(await post(app, "/embed", good), expected, row.slice(0, 2).join());
  }
  assert.deepEqual(await post(app, "/embed", good), expected);
  assert.deepEqual(wrong, []);
  assert.deepEqual(logged, [], "nothing of it is an error of the service");
  console.log(`${ROWS.length} rows`);
});

Deno.test("texts that are odd, and no error", async () => {
  await using app = await served({ models: await allKinds() });
  const texts = [
    "\u0000",
    " ",
    "\ud800",
    "👩‍👩‍👧‍👦",
    "\u202eabc",
    "a".repeat(20_000),
    "é".normalize("NFD"),
    huge,
    "[CLS][SEP]",
    "\n\t",
  ];
  for (const text of texts) {
    const [vector] = await post(app, "/embed", { inputs: text, model: "mlm" }) as number[][];
    assert.equal(vector!.length, 128);
    const tokens = await post(app, "/tokenize", { inputs: text.slice(0, 1000), model: "mlm" }) as unknown[][];
    assert(tokens[0]!.length >= 2);
  }
  const more = { unknown: 1, parameters: undefined, __proto__: null };
  assert.equal((await post(app, "/embed", { inputs: "a", model: "mlm", ...more }) as unknown[]).length, 1);
});
