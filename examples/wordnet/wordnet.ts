/** Reads WordNet's database files: `data.noun` and its like, lists of words, and exceptions of inflection (wndb(5)). */

/** The parts of speech, as the files are named. */
export const PARTS = ["noun", "verb", "adj", "adv"] as const;

/** A part of speech. */
export type PartOfSpeech = typeof PARTS[number];

/** A set of words with one meaning. */
export interface Synset {
  /** Its place in the database: `n00001740`. */
  readonly id: string;
  readonly part: PartOfSpeech;
  /** Its lexicographer file, such as `noun.animal`. */
  readonly topic: string;
  /** Its words, `_` between those of a phrase, as they are written. */
  readonly words: readonly string[];
  readonly definition: string;
  /** Sentences and phrases in which one of its words is used. */
  readonly examples: readonly string[];
}

/** Names of the lexicographer files by number (lexnames(5)). */
const TOPICS = [
  "adj.all",
  "adj.pert",
  "adv.all",
  "noun.Tops",
  "noun.act",
  "noun.animal",
  "noun.artifact",
  "noun.attribute",
  "noun.body",
  "noun.cognition",
  "noun.communication",
  "noun.event",
  "noun.feeling",
  "noun.food",
  "noun.group",
  "noun.location",
  "noun.motive",
  "noun.object",
  "noun.person",
  "noun.phenomenon",
  "noun.plant",
  "noun.possession",
  "noun.process",
  "noun.quantity",
  "noun.relation",
  "noun.shape",
  "noun.state",
  "noun.substance",
  "noun.time",
  "verb.body",
  "verb.change",
  "verb.cognition",
  "verb.communication",
  "verb.competition",
  "verb.consumption",
  "verb.contact",
  "verb.creation",
  "verb.emotion",
  "verb.motion",
  "verb.perception",
  "verb.possession",
  "verb.social",
  "verb.stative",
  "verb.weather",
  "adj.ppl",
];

/** The synsets of a part of speech, in the order of the file. @throws {SyntaxError} If a line is none. */
export function readSynsets(folder: string, part: PartOfSpeech): Synset[] {
  return linesOf(`${folder}/data.${part}`).map((line, i) => {
    const bar = line.indexOf(" | ");
    const [offset, file, , count = "", ...rest] = line.slice(0, bar).split(" ");
    const words = Array.from({ length: parseInt(count, 16) }, (_, w) => rest[2 * w]?.replace(/\(\w+\)$/, ""));
    const topic = TOPICS[Number(file)];
    if (bar < 0 || topic === undefined || words.includes(undefined)) {
      throw new SyntaxError(`Cannot read data.${part}: line ${i + 1} after its licence is no synset`);
    }
    return { id: `${part[0]}${offset}`, part, topic, words: words as string[], ...partsOf(line.slice(bar + 3).trim()) };
  });
}

/** A gloss as its definition and its examples, which stand in quotes. */
function partsOf(gloss: string): Pick<Synset, "definition" | "examples"> {
  const examples = [...gloss.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text.trim()).filter((text) => text !== "");
  const quote = gloss.indexOf('; "');
  const definition = (quote < 0 ? gloss : gloss.slice(0, quote)).trimEnd();
  return { definition, examples };
}

/** Base forms of inflected words: the exceptions of WordNet's files, and its rules of detachment (morphy(7)). */
export class Morphology {
  readonly #words = new Map<PartOfSpeech, Set<string>>();
  readonly #exceptions = new Map<PartOfSpeech, Map<string, string[]>>();

  /** @param folder The folder of the database. */
  constructor(folder: string) {
    for (const part of PARTS) {
      this.#words.set(
        part,
        new Set(linesOf(`${folder}/index.${part}`).map((line) => line.slice(0, line.indexOf(" ")))),
      );
      const exceptions = linesOf(`${folder}/${part}.exc`).map((line) => line.trim().split(" "));
      this.#exceptions.set(part, new Map(exceptions.map(([form = "", ...bases]) => [form, bases])));
    }
  }

  /** The words of a part of speech of which a form in lower case may be one. */
  basesOf(form: string, part: PartOfSpeech): string[] {
    const words = this.#words.get(part) as Set<string>;
    const forms = [form, ...this.#exceptions.get(part)?.get(form) ?? []];
    for (const [suffix, ending] of RULES[part]) {
      if (form.length > suffix.length && form.endsWith(suffix)) forms.push(form.slice(0, -suffix.length) + ending);
    }
    return [...new Set(forms)].filter((base) => words.has(base));
  }

  /** Whether a form is one of any word. */
  knows(form: string): boolean {
    return PARTS.some((part) => this.basesOf(form, part).length > 0);
  }
}

/** Suffixes, and what replaces them. */
const RULES: Record<PartOfSpeech, readonly (readonly [suffix: string, ending: string])[]> = {
  noun: [["s", ""], ["ses", "s"], ["xes", "x"], ["zes", "z"], ["ches", "ch"], ["shes", "sh"], ["men", "man"], [
    "ies",
    "y",
  ]],
  verb: [["s", ""], ["ies", "y"], ["es", "e"], ["es", ""], ["ed", "e"], ["ed", ""], ["ing", "e"], ["ing", ""]],
  adj: [["er", ""], ["est", ""], ["er", "e"], ["est", "e"]],
  adv: [],
};

/** The lines of a file, those of its licence, which begin with two spaces, left out. */
function linesOf(path: string): string[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    throw new Error(`Cannot read ${path}: install WordNet (Debian's package is wordnet-base), or name its folder`, {
      cause,
    });
  }
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("  "));
}
