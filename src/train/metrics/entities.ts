/** Entities of tagged sequences, such as `B-PER I-PER O`, by the rules of PyPI's `seqeval`. */

import { shown } from "../../base/messages.ts";

/**
 * How tags mark entities: by a begin (`B-`) and insides (`I-`) in `IOB2`; with the ends (`E-`) and single words (`S-`)
 * marked too in `IOBES`; the same with the letters `L-` and `U-` in `BILOU`.
 */
export type TagScheme = "IOB2" | "IOBES" | "BILOU";

/** An entity: its type, and its words from `begin` to before `end`. */
export interface Entity {
  readonly type: string;
  readonly begin: number;
  readonly end: number;
}

/** A tag apart. `O` has no type; one without a type, such as `B`, has the type `_`. */
interface Tag {
  readonly prefix: string;
  readonly type: string;
}

const OUTSIDE: Tag = { prefix: "O", type: "_" };

/** What a prefix of each scheme says: that of IOBES. */
const LETTERS: Readonly<Record<TagScheme | "lenient", Readonly<Record<string, string>>>> = {
  lenient: { B: "B", I: "I", E: "E", S: "S" },
  IOB2: { B: "B", I: "I" },
  IOBES: { B: "B", I: "I", E: "E", S: "S" },
  BILOU: { B: "B", I: "I", L: "E", U: "S" },
};

/** The schemes of which all entities must be. */
export const TAG_SCHEMES = ["IOB2", "IOBES", "BILOU"] as const;

/**
 * The entities of a sequence of tags.
 *
 * @param scheme If there is none, an entity also begins with an inside, and ends without an end, as CoNLL's script and
 *   seqeval by default have it. If there is one, what does not follow it to the letter is no entity.
 * @throws {RangeError} If a tag is neither `O` nor one of the scheme.
 */
export function entitiesOf(tags: readonly string[], scheme?: TagScheme): Entity[] {
  const read = tags.map((tag) => readTag(tag, scheme));
  return scheme === undefined ? lenientEntities(read) : strictEntities(read, scheme === "IOB2");
}

/** @throws {RangeError} If it is no tag of the scheme. */
function readTag(tag: string, scheme: TagScheme | undefined): Tag {
  if (tag === "O") return OUTSIDE;
  const letters = LETTERS[scheme ?? "lenient"];
  const [prefix = "", dash = "-"] = tag;
  if (!Object.hasOwn(letters, prefix) || dash !== "-") {
    const allowed = Object.keys(letters).map((letter) => `${letter}-`).join(", ");
    throw new RangeError(
      `Cannot find entities: a tag${scheme === undefined ? "" : ` of ${scheme}`} must be O or begin with one of ` +
        `${allowed}, got ${shown(tag)}`,
    );
  }
  return { prefix: letters[prefix] as string, type: tag.slice(2) || "_" };
}

/** An entity begins and ends wherever two neighbours do not belong together. */
function lenientEntities(tags: readonly Tag[]): Entity[] {
  const entities: Entity[] = [];
  let [before, begin] = [OUTSIDE, 0];
  [...tags, OUTSIDE].forEach((tag, i) => {
    const differs = before.prefix === "O" || tag.prefix === "O" || before.type !== tag.type;
    const breaks = differs || "ES".includes(before.prefix) || "BS".includes(tag.prefix);
    if (breaks && before.prefix !== "O") entities.push({ type: before.type, begin, end: i });
    if (breaks) begin = i;
    before = tag;
  });
  return entities;
}

/** An entity is a begin, insides of its type and, unless `open`, an end of its type; or a single one. */
function strictEntities(tags: readonly Tag[], open: boolean): Entity[] {
  const entities: Entity[] = [];
  for (let begin = 0; begin < tags.length;) {
    const { prefix, type } = tags[begin] as Tag;
    const follows = (i: number, prefix: string) => tags[i]?.prefix === prefix && tags[i]?.type === type;
    let end = begin + 1;
    if (prefix === "B") { while (follows(end, "I")) end++; }
    const closed = prefix === "B" && follows(end, "E");
    if (closed) end++;
    if (prefix === "S" || closed || (open && prefix === "B")) entities.push({ type, begin, end });
    begin = end;
  }
  return entities;
}
