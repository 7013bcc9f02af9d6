import assert from "node:assert/strict";
import {
  aggregate,
  type AggregationStrategy,
  type EntityGroup,
  type ScoredPiece,
  type TokenEntity,
} from "../../src/pipelines/tasks/token_classification/entities.ts";
import { joinPieces } from "./join_pieces.ts";

const LABELS = { 0: "O", 1: "B-PER", 2: "I-PER", 3: "B-ORG", 4: "I-ORG" };
const IDS = new Map(Object.entries(LABELS).map(([id, label]) => [label, Number(id)]));

/** A piece `word:label:score`, the rest of its probability shared by the other labels; pieces are a space apart. */
function pieces(...specs: string[]): ScoredPiece[] {
  let at = 0;
  return specs.map((spec, i) => {
    const [word, label, score] = spec.split(":") as [string, string, string];
    const continues = word.startsWith("##");
    const start = continues ? at - 1 : at;
    const end = start + word.replace("##", "").length;
    at = end + 1;
    const rest = (1 - Number(score)) / 4;
    const scores = Object.keys(LABELS).map((id) => Number(id) === IDS.get(label) ? Number(score) : rest);
    return { word, start, end, index: i + 1, continues, scores };
  });
}

const found = (strategy: AggregationStrategy, ...specs: string[]) =>
  aggregate(pieces(...specs), strategy, { labels: LABELS, join: joinPieces });

/** Groups in short: `PER anna k 0-6`. */
const groups = (strategy: AggregationStrategy, ...specs: string[]) =>
  (found(strategy, ...specs) as EntityGroup[]).map(({ entity_group, word, start, end }) =>
    `${entity_group} ${word} ${start}-${end}`
  );

const close = (a: number, b: number) => Math.abs(a - b) < 1e-12;

Deno.test("none gives every piece with its likeliest label and its index", () => {
  assert.deepEqual(found("none", "ann:B-PER:0.9", "##a:O:0.5"), [
    { entity: "B-PER", score: 0.9, word: "ann", start: 0, end: 3, index: 1 },
    { entity: "O", score: 0.5, word: "##a", start: 3, end: 4, index: 2 },
  ]);
});

Deno.test("of equal scores the first label counts", () => {
  const [{ entity }] = found("none", "x:I-ORG:0.2") as [TokenEntity];
  assert.equal(entity, "O");
});

Deno.test("simple joins pieces: B- begins a group, I- goes on with one of its kind", () => {
  assert.deepEqual(groups("simple", "a:B-PER:0.9", "b:I-PER:0.9", "c:B-PER:0.9", "d:I-ORG:0.9", "e:I-ORG:0.9"), [
    "PER a b 0-3",
    "PER c 4-5",
    "ORG d e 6-9",
  ]);
  assert.deepEqual(groups("simple", "a:I-PER:0.9", "b:B-PER:0.9", "c:O:0.9", "d:O:0.9", "e:I-PER:0.9"), [
    "PER a 0-1",
    "PER b 2-3",
    "O c d 4-7",
    "PER e 8-9",
  ]);
});

Deno.test("the score of a group is the mean of its parts'", () => {
  const [{ score }] = found("simple", "a:B-PER:0.9", "b:I-PER:0.6") as [EntityGroup];
  assert(close(score, 0.75));
});

Deno.test("first labels a word by its first piece, which alone needs scores", () => {
  const [start, end] = pieces("ann:B-PER:0.6", "##a:I-ORG:0.99");
  const [group, ...more] = aggregate([start!, { ...end!, scores: [] }], "first", { labels: LABELS, join: joinPieces });
  assert.deepEqual(group, { entity_group: "PER", score: 0.6, word: "anna", start: 0, end: 4 });
  assert.deepEqual(more, []);
});

Deno.test("max labels a word by its most certain piece, the first of equals", () => {
  assert.deepEqual(groups("max", "ann:B-PER:0.6", "##a:I-ORG:0.99"), ["ORG anna 0-4"]);
  assert.deepEqual(groups("max", "ann:B-PER:0.6", "##a:I-ORG:0.6"), ["PER anna 0-4"]);
});

Deno.test("average labels a word by the mean of its pieces' probabilities", () => {
  const [group] = found("average", "ann:B-PER:0.6", "##a:I-ORG:0.8", "##b:B-PER:0.8") as [EntityGroup];
  assert.deepEqual([group.entity_group, group.word], ["PER", "annab"]);
  assert(close(group.score, (0.6 + 0.05 + 0.8) / 3));
});

Deno.test("a group is called by what follows the first hyphen of its label", () => {
  const named = (label: string) => {
    const piece = { word: "x", start: 0, end: 1, index: 1, continues: false, scores: [1] };
    return (aggregate([piece], "simple", { labels: { 0: label }, join: joinPieces }) as [EntityGroup])[0].entity_group;
  };
  assert.deepEqual(["B-PER", "I-event-time", "S-LOC", "noun.animal"].map(named), [
    "PER",
    "event-time",
    "LOC",
    "noun.animal",
  ]);
});

Deno.test("no pieces make no entities", () => {
  for (const strategy of ["none", "simple", "first", "average", "max"] as const) assert.deepEqual(found(strategy), []);
});

Deno.test("pieces are joined as by Hugging Face's decoder", () => {
  assert.equal(joinPieces(["##ov", "##ac", "k", "."]), "##ovac k.");
  assert.equal(joinPieces(["-", "entry", "gate", "!", ","]), "- entry gate!,");
  assert.equal(joinPieces(["it", "'s", "we", "'re", "is", "n't", "o", "'", "neill"]), "it's we're isn't o ' neill");
  assert.equal(joinPieces([]), "");
});
