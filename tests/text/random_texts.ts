/**
 * Random texts of everything Unicode has, from a seed: the same on every machine and in every engine, as nothing here
 * asks the engine what a character is.
 */

/** The seed of the texts in tests/golden/text/random.json.gz. */
export const RANDOM_SEED = 20230104;
/** How many texts there are in it. */
export const RANDOM_TEXTS = 5000;

/** Numbers below 1 that look random (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ranges of code points, each as likely as any other. */
type Ranges = readonly (readonly [first: number, last: number])[];

const LETTERS: Ranges = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xc0, 0x24f], // Latin
  [0x370, 0x3ff], // Greek
  [0x400, 0x52f], // Cyrillic
  [0x531, 0x587], // Armenian
  [0x5d0, 0x5f4], // Hebrew
  [0x620, 0x6ff], // Arabic
  [0x900, 0xdff], // Devanagari to Sinhala
  [0xe01, 0xfff], // Thai, Lao, Tibetan
  [0x10a0, 0x10ff], // Georgian
  [0x1100, 0x11ff], // Hangul, in parts
  [0x1200, 0x18ff], // Ethiopic to Mongolian
  [0x1b00, 0x1cff], // Balinese to Vedic
  [0x1e00, 0x1fff], // Latin and Greek, with many accents
  [0x3041, 0x30ff], // Japanese
  [0xa640, 0xabff], // Cyrillic, Bamum to Meetei Mayek
  [0xac00, 0xd7a3], // Hangul
  [0xfb00, 0xfdff], // ligatures
  [0xff01, 0xffef], // wide
  [0x10400, 0x10fff],
  [0x11000, 0x11fff], // Brahmi and its relatives
  [0x16800, 0x16fff],
  [0x1d400, 0x1d7ff], // mathematical letters
  [0x1e000, 0x1e94f],
];
const CHINESE: Ranges = [[0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xf900, 0xfaff], [0x20000, 0x323af]];
const MARKS: Ranges = [
  [0x300, 0x36f],
  [0x591, 0x5c7],
  [0x610, 0x65f],
  [0x8ca, 0x8ff],
  [0xf71, 0xf84],
  [0x1ab0, 0x1ace],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20f0],
  [0x302a, 0x302f],
  [0xfe00, 0xfe2f],
  [0x1d165, 0x1d182],
  [0x1e000, 0x1e02a],
  [0x1e944, 0x1e94a],
];
const CONTROLS: Ranges = [[0, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x200b, 0x200f], [0x2028, 0x202e], [0x2060, 0x206f], [
  0xfff9,
  0xfffd,
], [0xe0000, 0xe007f]];
const PUNCTUATION: Ranges = [
  [0x21, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0x7e],
  [0xa1, 0xbf],
  [0x2010, 0x205e],
  [
    0x2190,
    0x2bff,
  ],
  [0x2e00, 0x2e5d],
  [0x3001, 0x3020],
  [0xfe30, 0xfe6b],
];
const EMOJI: Ranges = [[0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1faff], [0x2600, 0x27bf]];
const ANY: Ranges = [
  [0, 0xd7ff],
  [0xe000, 0xffff],
  [0x10000, 0x1ffff],
  [0x20000, 0x3ffff],
  [0xe0000, 0xe0fff],
  [0xf0000, 0x10ffff],
];

const WORDS =
  ("the of and running walked Unaffable transformers tokenization embeddings Word-piece don't it's U.S.A. " +
    "naïve café Zürich Ångström façade São İstanbul ısı STRASSE straße ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ ﬁnd ǆ ǅ Å K Ω 東京都 한국어 " +
    "हिन्दी ไทย שָׁלוֹם مَرْحَبًا Việt_Nam x=1,024.50 3/4 ½ ² ™ C++ a.b@c.de https://example.org/a?b=c#d 12:30 №5 $9.99").split(
      " ",
    );
const SPECIAL = ["[MASK]", "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[mask]", "[MASK", "MASK]", "[[MASK]]", "[MA\0SK]"];
const SPACES = [" ", " ", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u2028", "\u3000", "  ", "\u0085", "\u1680"];

/** `count` texts from a seed; none holds a lone surrogate, which Python could not read. */
export function randomTexts(count: number, seed: number): string[] {
  const random = randomNumbers(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]) => list[below(list.length)]!;
  const character = (ranges: Ranges) => {
    const [first, last] = pick(ranges);
    return String.fromCodePoint(first + below(last - first + 1));
  };
  const several = (most: number, make: () => string) => Array.from({ length: 1 + below(most) }, make).join("");
  const word = () => {
    const script = [pick(LETTERS)];
    return several(8, () => character(script));
  };
  const marked = () => character(pick([LETTERS, LETTERS, CHINESE])) + several(4, () => character(MARKS));
  const emoji = () =>
    pick([
      () => character(EMOJI),
      () => character(EMOJI) + String.fromCodePoint(0x1f3fb + below(5)), // skin
      () => character(EMOJI) + "\ufe0f",
      () => several(3, () => character(EMOJI) + "\u200d") + character(EMOJI), // joined
      () => String.fromCodePoint(0x1f1e6 + below(26), 0x1f1e6 + below(26)), // flag
      () => "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}",
      () => "1\ufe0f\u20e3",
    ])();
  const long = () => character([pick(LETTERS)]).repeat(90 + below(25));
  const atoms: readonly [weight: number, make: () => string][] = [
    [30, () => pick(WORDS)],
    [18, word],
    [10, marked],
    [10, () => character(ANY)],
    [6, () => several(4, () => character(CHINESE))],
    [6, () => several(3, () => character(PUNCTUATION))],
    [6, emoji],
    [5, () => character(CONTROLS)],
    [3, () => several(3, () => character(MARKS))],
    [3, () => pick(SPECIAL)],
    [1, long],
  ];
  const bag = atoms.flatMap(([weight, make]) => new Array<() => string>(weight).fill(make));
  return Array.from({ length: count }, () => several(12, () => pick(bag)() + (random() < 0.5 ? pick(SPACES) : "")));
}
