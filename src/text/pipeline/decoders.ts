/** The decoders of `tokenizer.json`, by their names there: from tokens to text. */

import { bytesOf } from "./bytes.ts";
import type { Part } from "./fields.ts";
import { patternOf } from "./patterns.ts";
import { prependScheme } from "./pre_tokenizers.ts";

/** Makes other texts of the texts of tokens; joined, they are the decoded text. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const DECODERS: Readonly<Record<string, (part: Part) => Decoder>> = {
  Sequence: (part) => {
    const all = part.parts("decoders").map(readDecoder);
    return (tokens) => all.reduce((tokens, decode) => decode(tokens), tokens);
  },
  WordPiece: (part) => {
    const prefix = part.text("prefix", "##");
    const isCleaned = part.flag("cleanup", true);
    return (tokens) =>
      tokens.map((token, index) => {
        const text = index === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
        return isCleaned ? clean(text) : text;
      });
  },
  BPEDecoder: (part) => {
    const suffix = part.text("suffix");
    return (tokens) => tokens.map((token, index) => token.replaceAll(suffix, index === tokens.length - 1 ? "" : " "));
  },
  ByteLevel: () => (tokens) => [lossy.decode(Uint8Array.from(tokens.flatMap((token) => [...bytesOf(token)])))],
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: (part) => {
    const replacement = part.character("replacement");
    const isStripped = prependScheme(part) !== "never";
    return (tokens) =>
      tokens.map((token, index) => token.replaceAll(replacement, index === 0 && isStripped ? "" : " "));
  },
  Replace: (part) => {
    const find = patternOf(part);
    const content = part.text("content");
    return (tokens) =>
      tokens.map((token) => {
        let text = "";
        let done = 0;
        for (const [from, to] of token === "" ? [] : find(token)) {
          text += token.slice(done, from) + content;
          done = to;
        }
        return text + token.slice(done);
      });
  },
  Strip: (part) => {
    const content = part.character("content");
    const [start, stop] = [part.count("start", 0), part.count("stop", 0)];
    return (tokens) =>
      tokens.map((token) => {
        const characters = [...token];
        let from = 0;
        while (from < start && characters[from] === content) from++;
        let to = characters.length;
        while (characters.length - to < stop && to > 0 && characters[to - 1] === content) to--;
        return characters.slice(from, Math.max(from, to)).join("");
      });
  },
  CTC: (part) => {
    const pad = part.text("pad_token");
    const delimiter = part.text("word_delimiter_token");
    const isCleaned = part.flag("cleanup");
    return (tokens) =>
      tokens.filter((token, index) => token !== tokens[index - 1]).map((token) => {
        const text = token.replaceAll(pad, "");
        return isCleaned ? clean(text).replaceAll(delimiter, " ") : text;
      }).filter((text) => text !== "");
  },
};

/**
 * Makes a decoder.
 *
 * @throws {TokenizerError} If its kind is not known, or a field is wrong.
 */
export function readDecoder(part: Part): Decoder {
  const make = Object.hasOwn(DECODERS, part.type) ? DECODERS[part.type]! : part.unknown(Object.keys(DECODERS));
  return make(part);
}

const BEFORE_PUNCTUATION = [[" .", "."], [" ?", "?"], [" !", "!"], [" ,", ","], [" ' ", "'"]] as const;
const CONTRACTIONS = [[" 's", "'s"], [" 've", "'ve"], [" 're", "'re"]] as const;
const OF_TEXTS = [...BEFORE_PUNCTUATION, [" n't", "n't"], [" 'm", "'m"], ...CONTRACTIONS] as const;
const OF_TOKENS = [
  ...[...BEFORE_PUNCTUATION, [" n't", "n't"], [" 'm", "'m"], [" do not", " don't"]] as const,
  ...CONTRACTIONS,
] as const;

/** Removes spaces that writing leaves out, in the text of a token. */
function clean(text: string): string {
  return OF_TOKENS.reduce((text, [from, to]) => text.replaceAll(from, to), text);
}

/**
 * Removes spaces before punctuation and in English contractions, as `clean_up_tokenization_spaces` of Python's
 * tokenizers does with a whole text.
 */
export function cleanText(text: string): string {
  return OF_TEXTS.reduce((text, [from, to]) => text.replaceAll(from, to), text);
}

/** Tokens such as `<0x0A>` in a row are the bytes of a text; each that is no part of one becomes U+FFFD. */
function byteFallback(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      texts.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      texts.push(...bytes.map(() => "\ufffd"));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = token.match(/^<0x([0-9a-fA-F]{2}|\+[0-9a-fA-F])>$/)?.[1];
    if (byte !== undefined) bytes.push(parseInt(byte, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}
