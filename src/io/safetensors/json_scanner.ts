/** Strict JSON, read step by step by a caller that knows what must come next. */

const MAX_DEPTH = 127;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const TOKEN = /[-+.\w]{1,30}|./suy;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * Reads one JSON text from left to right, without building a tree. `JSON.parse` would accept what an untrusted file must
 * not contain: the same key twice, `1.0` or `1e0` for 1, whole numbers that a double cannot hold, and lone
 * surrogates in strings.
 *
 * Every method skips white space, reads one value of its kind, or throws a `SyntaxError` that says what was expected,
 * what was found and at which character (counted from 0, in UTF-16 units).
 */
export class JsonScanner {
  readonly #text: string;
  /** Lists of numbers are collected here, then copied: a list that grows holds on to several times its size. */
  readonly #numbers: number[] = [];
  #at = 0;

  /** @param text The whole JSON text. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Reads an object. `onKey` is called after each key, and must read that key's value. */
  object(onKey: (key: string) => void): void {
    this.#expect(BRACE_OPEN, "an object");
    if (this.#accept(BRACE_CLOSE)) return;
    do {
      const key = this.string();
      this.#expect(COLON, '":"');
      onKey(key);
    } while (this.#accept(COMMA));
    this.#expect(BRACE_CLOSE, '"," or "}"');
  }

  /** Reads an array. `onElement` is called before each element, and must read it. */
  array(onElement: () => void): void {
    this.#expect(BRACKET_OPEN, "an array");
    if (this.#accept(BRACKET_CLOSE)) return;
    do onElement(); while (this.#accept(COMMA));
    this.#expect(BRACKET_CLOSE, '"," or "]"');
  }

  /** Reads a string; one that is not well-formed Unicode is refused. */
  string(): string {
    this.#expect(QUOTE, "a string");
    const text = this.#text;
    const start = this.#at;
    let isEscaped = false;
    for (let at = start;; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return isEscaped ? this.#unescape(start, at) : text.slice(start, at);
      }
      if (code === BACKSLASH) {
        isEscaped = true;
        at++;
      } else if (!(code >= 0x20)) { // a control character, or NaN: the end
        this.#at = Math.min(at, text.length);
        this.fail("a closing quote, and control characters only as escapes,");
      }
    }
  }

  /** Reads a whole number from 0 to 2^53 - 1, written in plain digits. */
  unsigned(): number {
    this.#space();
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let value = 0;
    let code = text.charCodeAt(at);
    for (; code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at)) value = value * 10 + (code - 0x30);
    const hasLeadingZero = at - start > 1 && text.charCodeAt(start) === 0x30;
    const isFractional = code === 0x2e || code === 0x65 || code === 0x45; // . e E
    // A safe integer was not rounded.
    if (at === start || hasLeadingZero || isFractional || !Number.isSafeInteger(value)) {
      this.fail("a whole number from 0 to 2^53 - 1");
    }
    this.#at = at;
    return value;
  }

  /** Reads an array of at most `most` whole numbers, each as {@linkcode unsigned} does. */
  unsignedArray(most: number): number[] {
    this.#expect(BRACKET_OPEN, "an array");
    if (this.#accept(BRACKET_CLOSE)) return [];
    const numbers = this.#numbers;
    let count = 0;
    do {
      if (count === most) this.fail(`at most ${most} numbers`);
      numbers[count++] = this.unsigned();
    } while (this.#accept(COMMA));
    this.#expect(BRACKET_CLOSE, '"," or "]"');
    return numbers.slice(0, count);
  }

  /** Reads any value and forgets it. Nesting is bounded, so that no text can exhaust the stack. */
  skip(depth = 1): void {
    if (depth > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} nested values`);
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.object(() => this.skip(depth + 1));
      case "[":
        return this.array(() => this.skip(depth + 1));
      case '"':
        this.string();
        return;
      default:
        if (!this.#match(NUMBER) && !this.#match(LITERAL)) this.fail("a value");
    }
  }

  /** Checks that only white space is left. */
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.fail("nothing more");
  }

  /** Throws a `SyntaxError` that `expected` was expected at the current position. */
  fail(expected: string): never {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    throw new SyntaxError(
      `expected ${expected} at character ${this.#at}, got ${found === null ? "the end" : JSON.stringify(found[0])}`,
    );
  }

  #space(): void {
    const text = this.#text;
    let at = this.#at;
    let code = text.charCodeAt(at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at);
    this.#at = at;
  }

  #accept(character: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== character) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== character) return false;
    }
    this.#at++;
    return true;
  }

  #expect(character: number, expected: string): void {
    if (!this.#accept(character)) this.fail(expected);
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  /** The built-in parser decodes escapes exactly, but accepts lone surrogates. */
  #unescape(start: number, end: number): string {
    let value: string | undefined;
    try {
      value = JSON.parse(this.#text.slice(start - 1, end + 1)) as string;
    } catch {
      // Not an escape that JSON has: reported below, in the scanner's own words.
    }
    if (value === undefined || !value.isWellFormed()) {
      this.#at = start - 1;
      this.fail("a string with valid escapes");
    }
    return value;
  }
}
