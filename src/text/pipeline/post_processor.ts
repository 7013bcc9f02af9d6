/** The post-processors of `tokenizer.json`: which special tokens stand round texts, and what of offsets is trimmed. */

import { isObject } from "../../base/json.ts";
import type { Frame, FramePart } from "../encoding/frame.ts";
import type { Part } from "./fields.ts";
import { isId } from "./models/vocabulary.ts";

/** What is done with the tokens of texts. */
export interface PostProcessing {
  frame: Frame;
  /** For each byte-level step, whether one space at the start of a text stays, as it was added. */
  trims: readonly boolean[];
}

/** No special tokens. */
const BARE: Frame = {
  single: [{ text: 0, type: 0 }],
  pair: [{ text: 0, type: 0 }, { text: 1, type: 1 }],
};

const KINDS = ["BertProcessing", "RobertaProcessing", "TemplateProcessing", "ByteLevel", "Sequence"];

/** BERT's frame. */
export function bertFrame(cls: number, sep: number): Frame {
  const single: FramePart[] = [{ ids: [cls], type: 0 }, { text: 0, type: 0 }, { ids: [sep], type: 0 }];
  return { single, pair: [...single, { text: 1, type: 1 }, { ids: [sep], type: 1 }] };
}

/** RoBERTa's frame: two tokens between texts, and no types. */
export function robertaFrame(cls: number, sep: number): Frame {
  const single: FramePart[] = [{ ids: [cls], type: 0 }, { text: 0, type: 0 }, { ids: [sep], type: 0 }];
  return { single, pair: [...single, { ids: [sep], type: 0 }, { text: 1, type: 0 }, { ids: [sep], type: 0 }] };
}

/**
 * Reads a `post_processor`; `null` adds nothing.
 *
 * @throws {TokenizerError} If its kind is not known, or a field is wrong.
 */
export function readPostProcessor(part: Part | null): PostProcessing {
  const read = part === null ? {} : readOne(part);
  return { frame: read.frame ?? BARE, trims: read.trims ?? [] };
}

function readOne(part: Part): Partial<PostProcessing> {
  switch (part.type) {
    case "BertProcessing":
      return { frame: bertFrame(tokenId(part, "cls"), tokenId(part, "sep")) };
    case "RobertaProcessing": {
      const prefix = part.flag("add_prefix_space", true);
      return {
        frame: robertaFrame(tokenId(part, "cls"), tokenId(part, "sep")),
        trims: part.flag("trim_offsets", true) ? [prefix] : [],
      };
    }
    case "TemplateProcessing":
      return { frame: { single: template(part, "single"), pair: template(part, "pair") } };
    case "ByteLevel": {
      const prefix = part.flag("add_prefix_space", true);
      return { trims: part.flag("trim_offsets", true) ? [prefix] : [] };
    }
    case "Sequence": {
      const all = part.parts("processors").map(readOne);
      const frames = all.filter(({ frame }) => frame !== undefined);
      if (frames.length > 1) part.wrong("processors", "a list with one processor that adds special tokens");
      return { frame: frames[0]?.frame, trims: all.flatMap(({ trims = [] }) => trims) };
    }
    default:
      return part.unknown(KINDS);
  }
}

function tokenId(part: Part, name: string): number {
  const pair = part.raw(name);
  return Array.isArray(pair) && pair.length === 2 && isId(pair[1]) ? pair[1] : part.wrong(name, "a token and its id");
}

function template(part: Part, name: "single" | "pair"): FramePart[] {
  const pieces = part.raw(name);
  const special = part.raw("special_tokens") ?? {};
  if (!Array.isArray(pieces)) return part.wrong(name, "a list");
  if (!isObject(special)) return part.wrong("special_tokens", "an object");
  const last = name === "pair" ? 1 : 0;
  const parts = pieces.map((piece: unknown, index): FramePart => {
    const wrong = (expected: string) => part.fail(`${part.path}.${name}[${index}]`, expected, piece ?? null);
    const [[kind, value] = ["", null]] = isObject(piece) ? Object.entries(piece) : [];
    if (!isObject(value) || !isId(value.type_id)) return wrong("{ Sequence } or { SpecialToken } with id and type_id");
    const { id, type_id: type } = value;
    if (kind === "Sequence") {
      if (id === "A") return { text: 0, type };
      return id === "B" && last === 1 ? { text: 1, type } : wrong(last === 1 ? 'of id "A" or "B"' : 'of id "A"');
    }
    const token = kind === "SpecialToken" && typeof id === "string" && Object.hasOwn(special, id) ? special[id] : null;
    if (!isObject(token) || !Array.isArray(token.ids) || !token.ids.every(isId)) {
      return wrong("a text, or one of special_tokens with its ids");
    }
    return { ids: token.ids, type };
  });
  for (let text = 0; text <= last; text++) {
    if (parts.filter((each) => "text" in each && each.text === text).length !== 1) {
      part.wrong(name, `a list with the ${text === 0 ? "first" : "second"} text in it once`);
    }
  }
  return parts;
}
