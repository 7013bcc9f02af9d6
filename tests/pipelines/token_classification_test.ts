import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { InputError } from "../../src/base/errors.ts";
import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { createTokenClassification } from "../../src/pipelines/tasks/token_classification/token_classification.ts";
import { AGGREGATION_STRATEGIES } from "../../src/pipelines/tasks/token_classification/entities.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { filesFolder } from "../text/folders.ts";
import type { AnsweringModel } from "../../src/pipelines/engine/task.ts";
import { trunkOver } from "./fake_trunk.ts";
import { type Call, shippedTokenizer } from "./fakes.ts";

const LABELS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG"];

/** A token classifier whose logits depend on a token's id alone; it records its calls. */
class FakeTagger implements AnsweringModel {
  readonly trunk = trunkOver(this);
  readonly config: NarrowBertConfig;
  readonly calls: Required<Call>[] = [];

  constructor(positions: number, labels = LABELS) {
    const id2label = Object.fromEntries(labels.entries());
    this.config = new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: positions, id2label });
  }

  forward(inputs: object) {
    const call = inputs as Required<Call>;
    this.calls.push(call);
    const rows = call.input_ids.map((ids, b) => ids.filter((_, l) => call.narrow_mask[b]![l] === 1).map(logitsOf));
    const longest = Math.max(...rows.map(({ length }) => length));
    const padded = rows.flatMap((row) => [...row.flat(), ...new Array((longest - row.length) * LABELS.length).fill(0)]);
    return Promise.resolve({ logits: new Tensor("float32", padded, [rows.length, longest, LABELS.length]) });
  }

  dispose() {}
}

const logitsOf = (id: number) => LABELS.map((_, label) => (id * (label + 3)) % 11 / 3);

const shipped = await shippedTokenizer();

/** Spells ASCII letters and some words as they are written, in capitals too. */
const cased = new BertTokenizer(
  await readTokenizerFiles(filesFolder({
    "vocab.txt": [
      ...[
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "Anna",
        "York",
        "New",
        "##na",
        "##ork",
        ".",
        ",",
        "!",
        "'",
        "-",
      ],
      ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".split("").flatMap((letter) => [letter, `##${letter}`]),
    ].join("\n"),
    "tokenizer_config.json": JSON.stringify({ do_lower_case: false }),
  })),
);

function tagger({ positions = 96, tokenizer = shipped }: { positions?: number; tokenizer?: BertTokenizer } = {}) {
  const model = new FakeTagger(positions);
  return { model, tag: createTokenClassification({ model, tokenizer }) };
}

/** Rows that a model was asked for. */
const rows = ({ calls }: FakeTagger) =>
  calls.reduce((sum, { narrow_mask }) => sum + narrow_mask.flat().filter(Boolean).length, 0);

Deno.test("a text gives a list of entities, a list or a stream of texts one after the other", async () => {
  const { tag } = tagger();
  const options = { ignore_labels: [] };
  const one = await tag("person horse", options);
  assert.deepEqual(one.map(({ word, start, end, index }) => [word, start, end, index]), [
    ["person", 0, 6, 1],
    ["horse", 7, 12, 2],
  ]);
  const [first, second] = await tag(["horse", "person horse"], options);
  assert.deepEqual(second, one);
  assert.deepEqual(first!.map(({ entity, score }) => [entity, score]), [[one[1]!.entity, one[1]!.score]]);
  assert.deepEqual(await Array.fromAsync(tag.stream(["horse", "person horse"], options)), [first, second]);
  assert.deepEqual(await tag([]), []);
});

Deno.test("only the tokens of the text are computed, under first only those that begin a word", async () => {
  for (const strategy of AGGREGATION_STRATEGIES) {
    const { tag, model } = tagger();
    await tag(["unbelievably person", "horse"], { aggregation_strategy: strategy });
    const [{ input_ids, narrow_mask }] = model.calls as [Required<Call>];
    const begins = input_ids[0]!.map((id) => !shipped.decode([id]).startsWith("##"));
    assert(begins.includes(false));
    assert.deepEqual(
      narrow_mask[0],
      input_ids[0]!.map((_, l, { length }) => Number(l > 0 && l < length - 1 && (strategy !== "first" || begins[l]!))),
    );
    assert.deepEqual(narrow_mask[1], input_ids[1]!.map((_, l) => Number(l === 1)));
  }
});

Deno.test("a word goes on with its pieces, whatever the normaliser takes away", async () => {
  const { tag } = tagger();
  for (const text of ["person hor\u00adse", "person ho\u0301rse", "person HORSE"]) {
    const found = await tag(text, { aggregation_strategy: "none", ignore_labels: [] });
    assert.deepEqual(found.map(({ word, start, end }) => [word, text.slice(start, end)]), [
      ["person", "person"],
      ["horse", text.slice(7)],
    ]);
    const groups = await tag(text, { aggregation_strategy: "first", ignore_labels: [] });
    const whole = await tag("person horse", { aggregation_strategy: "first", ignore_labels: [] });
    assert.deepEqual(
      groups.map(({ entity_group, score }) => [entity_group, score]),
      whole.map((group) => [
        group.entity_group,
        group.score,
      ]),
    );
  }
});

Deno.test("what the vocabulary cannot spell is given as it is written", async () => {
  const { tag } = tagger();
  const [piece] = await tag("ⴰⴱⴳ", { ignore_labels: [] });
  assert.deepEqual([piece!.word, piece!.start, piece!.end], ["ⴰⴱⴳ", 0, 3]);
});

Deno.test("ignore_labels leaves out labels, or groups by name", async () => {
  const { tag } = tagger();
  const text = "person horse tree wave stone";
  const all = await tag(text, { ignore_labels: [] });
  const [{ entity }] = all as [typeof all[0]];
  assert.deepEqual(await tag(text, { ignore_labels: [entity] }), all.filter((found) => found.entity !== entity));
  const groups = await tag(text, { aggregation_strategy: "simple", ignore_labels: [] });
  const [{ entity_group }] = groups as [typeof groups[0]];
  assert.deepEqual(
    await tag(text, { aggregation_strategy: "simple", ignore_labels: [entity_group] }),
    groups.filter((found) => found.entity_group !== entity_group),
  );
});

Deno.test("ignore_labels may name O where the model has no such label", async () => {
  const model = new FakeTagger(96, ["B-LOC", ...LABELS.slice(1)]);
  const tag = createTokenClassification({ model, tokenizer: shipped });
  const text = "person horse tree wave stone";
  assert.deepEqual(await tag(text, { ignore_labels: ["O"] }), await tag(text, { ignore_labels: [] }));
  assert.equal((await tag(text)).length, 5);
});

Deno.test("a text longer than the model is refused, cut on request, and taken whole with a stride", async () => {
  const { tag, model } = tagger({ positions: 12 });
  const text = "person horse tree ".repeat(9);
  await assert.rejects(() => tag(text), (error) => {
    assert(error instanceof InputError);
    assert.match(error.message, /Cannot tag the text: the model takes 12 tokens, got 29/);
    return true;
  });
  assert.deepEqual(model.calls, []);
  assert.equal((await tag(text, { truncation: true, ignore_labels: [] })).length, 10);
  assert.equal((await tag(text, { stride: 4, ignore_labels: [] })).length, 27);
});

Deno.test("options that cannot be are refused before the model runs", async () => {
  const { tag, model } = tagger({ positions: 12 });
  const refused = (options: object, message: RegExp) =>
    assert.rejects(() => tag("person", options), (error) => {
      assert(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  await refused({ aggregation_strategy: "last" }, /must be one of none, simple, first, average, max, got "last"/);
  for (const stride of [-1, 1.5, 10]) await refused({ stride }, /stride must be a whole number from 0 to 9, .* got/);
  await refused(
    { ignore_labels: ["B-LOC"] },
    /ignore_labels must be labels of the model \(O, B-PER, .*\), got "B-LOC"/,
  );
  await assert.rejects(() => tag("person", { ignore_labels: "O" } as object), TypeError);
  await assert.rejects(() => tag("person", { strategy: "first" } as object), /there is no option "strategy"/);
  await assert.rejects(() => tag({ text: "a", text_pair: "b" } as unknown as string), TypeError);
  await assert.rejects(() => tag(" "), InputError);
  assert.deepEqual(model.calls, []);
});

/** Texts of words, punctuation, emoji and spaces, at least one that is none. */
const texts = fc.array(
  fc.oneof(
    fc.constantFrom("Anna", "New", "York", " ", "  ", ".", ",", "'", "-", "!", "😀", "北京", "\n"),
    fc.stringMatching(/^[a-zA-Z]{1,7}$/),
  ),
  { minLength: 1, maxLength: 40 },
).map((parts) => parts.join("")).filter((text) => text.trim() !== "");

const strategies = fc.constantFrom(...AGGREGATION_STRATEGIES);
const withoutSpaces = (text: string) => text.replaceAll(/\s/g, "");

Deno.test("spans tile the text, and a slice is the word where the vocabulary writes as the text does", async () => {
  const { tag } = tagger({ positions: 512, tokenizer: cased });
  await fc.assert(fc.asyncProperty(texts, strategies, async (text, aggregation_strategy) => {
    const found = await tag(text, { aggregation_strategy, ignore_labels: [] });
    let end = 0;
    for (const entity of found) {
      assert.equal(text.slice(end, entity.start).trim(), "");
      assert(entity.start < entity.end);
      end = entity.end;
      const slice = text.slice(entity.start, entity.end);
      assert.equal(withoutSpaces(entity.word.replace(/^##/, "")), withoutSpaces(slice));
    }
    assert.equal(text.slice(end).trim(), "");
  }));
});

Deno.test("with a stride every token is computed once, and entities are those of a model that takes it all", async () => {
  const whole = tagger({ positions: 512, tokenizer: cased });
  const cases = fc.record({
    text: texts,
    strategy: strategies,
    positions: fc.integer({ min: 3, max: 24 }),
    stride: fc.nat(21),
  }).filter(({ positions, stride }) => stride < positions - 2);
  await fc.assert(fc.asyncProperty(cases, async ({ text, strategy, positions, stride }) => {
    const options = { aggregation_strategy: strategy, ignore_labels: [] };
    const { tag, model } = tagger({ positions, tokenizer: cased });
    whole.model.calls.length = 0;
    assert.deepEqual(await tag(text, { ...options, stride }), await whole.tag(text, options));
    assert.equal(rows(model), rows(whole.model));
  }));
});
