/** A text that parts of a pipeline change, with the place in the original of each of its units. */

/** The next characters of a text, and what each does to the place that it takes. */
export interface Changes {
  /** Characters (code points), in order. */
  characters: string[];
  /**
   * 0: it replaces the next character; less: it also removes so many characters after that one; more: it is new, and
   * takes the place of the character before.
   */
  changes: number[];
}

/**
 * A normalised text or a slice of one: `NormalizedString` of Hugging Face's `tokenizers`, with UTF-16 units in place of
 * bytes. Places are counted in the whole original text.
 */
export class AlignedText {
  /** The text as it is now. */
  text: string;
  /** Start, in the original, of what each unit was made from. */
  starts: number[];
  /** End of it. */
  ends: number[];
  /** Where the original of this slice begins. */
  readonly shift: number;

  /** A slice of a text; {@linkcode AlignedText.of} makes one of an original. */
  constructor(text: string, places: { starts: number[]; ends: number[]; shift: number }) {
    this.text = text;
    ({ starts: this.starts, ends: this.ends, shift: this.shift } = places);
  }

  /** An original text without lone surrogates; `shift` is where it begins in a longer one. */
  static of(text: string, shift = 0): AlignedText {
    const starts = new Array<number>(text.length);
    const ends = new Array<number>(text.length);
    for (let unit = 0; unit < text.length; unit++) {
      const code = text.charCodeAt(unit);
      starts[unit] = shift + unit;
      ends[unit] = shift + unit + 1;
      if (code >= 0xd800 && code < 0xdc00) ends[unit]!++;
      else if (code >= 0xdc00 && code < 0xe000) starts[unit]!--;
    }
    return new AlignedText(text, { starts, ends, shift });
  }

  /** The units from `from` to before `to`; both are ends of characters. */
  slice(from: number, to: number): AlignedText {
    const isWhole = from === 0 && to === this.text.length;
    if (isWhole && (to === 0 || this.starts[0] === this.shift)) return this;
    return new AlignedText(this.text.slice(from, to), {
      starts: this.starts.slice(from, to),
      ends: this.ends.slice(from, to),
      shift: from < to ? this.starts[from]! : this.shift,
    });
  }

  /**
   * Replaces the whole text, after `removed` characters at its start that have no successor. Like the model it follows,
   * it leaves units at the start that stand for nothing in the original.
   */
  transform(next: Changes, removed = 0): void {
    const { text, starts, ends } = this;
    if (text === "") return;
    let from = 0;
    while (from < text.length && starts[from] === ends[from]) from++;
    this.#splice(from, text.length, next, removed);
  }

  /** Puts a text before this one, unless this one is empty. */
  prepend(prefix: string): void {
    if (this.text === "") return;
    const first = String.fromCodePoint(this.text.codePointAt(0)!);
    const characters = [...prefix, first];
    const changes = characters.map((_, index) => (index === 0 && prefix !== "") ? 0 : 1);
    this.#splice(0, first.length, { characters, changes }, 0);
  }

  /** Puts `content` in place of each of these ranges, which are in order and do not overlap. */
  replace(ranges: readonly (readonly [from: number, to: number])[], content: string): void {
    if (ranges.length === 0) return;
    let text = "";
    const starts: number[] = [];
    const ends: number[] = [];
    const copy = (from: number, to: number) => {
      text += this.text.slice(from, to);
      for (let unit = from; unit < to; unit++) {
        starts.push(this.starts[unit]!);
        ends.push(this.ends[unit]!);
      }
    };
    let done = 0;
    for (const [from, to] of ranges) {
      copy(done, from);
      text += content;
      for (let unit = 0; unit < content.length; unit++) {
        starts.push(to === 0 ? this.shift : this.starts[to - 1]!);
        ends.push(to === 0 ? this.shift : this.ends[to - 1]!);
      }
      done = to;
    }
    copy(done, this.text.length);
    Object.assign(this, { text, starts, ends });
  }

  /** Keeps the characters for which `keep` is true. */
  filter(keep: (character: string) => boolean): void {
    const characters: string[] = [];
    const changes: number[] = [];
    let removed = 0;
    let first = 0;
    for (const character of this.text) {
      if (!keep(character)) {
        removed++;
        continue;
      }
      if (characters.length === 0) first = removed;
      else changes.push(0 - removed);
      characters.push(character);
      removed = 0;
    }
    if (characters.length > 0) changes.push(0 - removed);
    this.transform({ characters, changes }, first);
  }

  /** Puts other characters, one or several, in place of each character. */
  map(of: (character: string) => string): void {
    const characters: string[] = [];
    const changes: number[] = [];
    for (const character of this.text) {
      let change = 0;
      for (const next of of(character)) {
        characters.push(next);
        changes.push(change);
        change = 1;
      }
    }
    this.transform({ characters, changes });
  }

  #splice(from: number, to: number, { characters, changes }: Changes, removed: number): void {
    const { text } = this;
    let at = from; // the next character that is replaced
    const skip = () => {
      if (at < to) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    };
    for (let index = 0; index < removed; index++) skip();
    const starts: number[] = this.starts.slice(0, from);
    const ends: number[] = this.ends.slice(0, from);
    for (let index = 0; index < characters.length; index++) {
      const change = changes[index]!;
      const place = change > 0 ? at - 1 : at;
      const start = this.starts[place] ?? this.shift;
      const end = this.ends[place] ?? this.shift;
      for (let unit = 0; unit < characters[index]!.length; unit++) {
        starts.push(start);
        ends.push(end);
      }
      if (change <= 0) { for (let skipped = change; skipped <= 0; skipped++) skip(); }
    }
    for (let unit = to; unit < text.length; unit++) {
      starts.push(this.starts[unit]!);
      ends.push(this.ends[unit]!);
    }
    this.text = text.slice(0, from) + characters.join("") + text.slice(to);
    this.starts = starts;
    this.ends = ends;
  }
}
