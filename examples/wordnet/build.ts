/**
 * Makes the data of the shipped models, and of those of the tasks that none is shipped for, from WordNet:
 * `deno run --allow-read --allow-write examples/wordnet/build.ts OUT`
 *
 * What is about the synsets of `held_out.txt` goes into the files for evaluation, everything else into those for
 * training. OUT gets, each as `…_train` and `…_held_out`:
 *
 * - `mlm.txt`: definitions and usage examples of nouns and verbs, a text a line;
 * - `topic.jsonl`: definitions of nouns and verbs, labelled by their lexicographer file, one of 41;
 * - `choose.jsonl`: a word, its definition among those of three other words of the same topic, and which one it is;
 * - `tag.jsonl`: usage examples as words, each with a supersense: the topic of the word that the example is for, `O` for
 *   words that WordNet does not have, null (not known) for all others.
 *
 * WordNet is Debian's package `wordnet-base`, or any folder with its database, given as a second argument.
 */

import { Morphology, PARTS, readSynsets, type Synset } from "./wordnet.ts";

const [out, folder = "/usr/share/wordnet"] = Deno.args;
if (out === undefined) {
  console.error("usage: deno run --allow-read --allow-write examples/wordnet/build.ts OUT [WORDNET]");
  Deno.exit(2);
}

/** Numbers from 0 up to below 1 that are the same on every machine (mulberry32). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Synsets by whether they are held out. @throws {Error} If WordNet lacks one of them: it is another version. */
function split(synsets: readonly Synset[], heldOut: ReadonlySet<string>): { train: Synset[]; heldOut: Synset[] } {
  const { train = [], held = [] } = Object.groupBy(synsets, ({ id }) => heldOut.has(id) ? "held" : "train");
  if (held.length === heldOut.size) return { train, heldOut: held };
  throw new Error(
    `Cannot hold out ${heldOut.size} synsets: WordNet in ${folder} has ${held.length} of them, and must be version 3.0`,
  );
}

const word = (written: string) => written.replaceAll("_", " ");

/** A question for each word: its definition, and those of three other synsets of its topic. */
function* choices(synsets: readonly Synset[], random: () => number): Generator<object> {
  const byTopic = Map.groupBy(synsets, ({ topic }) => topic);
  for (const { topic, words, definition } of synsets) {
    const others = byTopic.get(topic) as Synset[];
    const wrong = new Set<string>();
    for (let tries = 0; wrong.size < 3 && tries < 100; tries++) {
      const other = others[Math.floor(random() * others.length)] as Synset;
      if (other.definition !== definition && !other.words.some((w) => words.includes(w))) wrong.add(other.definition);
    }
    if (wrong.size < 3) continue;
    const label = Math.floor(random() * 4);
    yield { text: word(words[0] as string), choices: [...wrong].toSpliced(label, 0, definition), label };
  }
}

/** Usage examples as words with their supersenses; those without a form of one of the synset's words are left out. */
function* tagged(synsets: readonly Synset[], morphology: Morphology): Generator<object> {
  for (const { part, topic, words, examples } of synsets) {
    const bases = new Set(words.map((w) => w.toLowerCase()));
    for (const example of examples) {
      const tokens = example.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu) ?? [];
      let found = false;
      const tags = tokens.map((token) => {
        const form = token.toLowerCase();
        if (morphology.basesOf(form, part).some((base) => bases.has(base))) {
          found = true;
          return part === "adj" || part === "adv" ? part : topic;
        }
        return morphology.knows(form) ? null : "O";
      });
      if (found) yield { tokens, tags };
    }
  }
}

function write(name: string, lines: Iterable<string>): void {
  const all = [...lines];
  Deno.writeTextFileSync(`${out}/${name}`, all.map((line) => `${line}\n`).join(""));
  console.log(`${name}: ${all.length} lines`);
}

Deno.mkdirSync(out, { recursive: true });
const ids = Deno.readTextFileSync(new URL("held_out.txt", import.meta.url)).trim().split("\n");
const named = [...readSynsets(folder, "noun"), ...readSynsets(folder, "verb")];
const parts = split(named, new Set(ids));
const others = PARTS.slice(2).flatMap((part) => readSynsets(folder, part));
const morphology = new Morphology(folder);
const isHeldOut = randomOf(3);
const otherHeldOut = new Set(others.filter(() => isHeldOut() < 0.1));
for (const [name, synsets] of [["train", parts.train], ["held_out", parts.heldOut]] as const) {
  const isTrain = name === "train";
  const more = others.filter((synset) => otherHeldOut.has(synset) !== isTrain);
  write(`mlm_${name}.txt`, synsets.flatMap(({ definition, examples }) => [definition, ...examples]));
  write(
    `topic_${name}.jsonl`,
    synsets.map(({ topic, definition }) => JSON.stringify({ text: definition, label: topic })),
  );
  write(`choose_${name}.jsonl`, [...choices(synsets, randomOf(1))].map((line) => JSON.stringify(line)));
  write(`tag_${name}.jsonl`, [...tagged([...synsets, ...more], morphology)].map((line) => JSON.stringify(line)));
}
