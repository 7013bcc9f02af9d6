/** HTML in which whatever is not markup itself is escaped. */

/** HTML that is right as it stands. */
export class Markup {
  readonly #text: string;

  /** Trusts a text; all others go through {@linkcode markup}. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The HTML. */
  toString(): string {
    return this.#text;
  }
}

/** What a template may have in it: markup as it stands, texts and numbers escaped, lists of these, null for nothing. */
export type Content = Markup | string | number | null | readonly Content[];

/** Markup of a template. Its values are escaped wherever they stand, in texts and in attributes with quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((part, i) => (i === 0 ? "" : textOf(values[i - 1] as Content)) + part).join(""));
}

function textOf(content: Content): string {
  if (content === null) return "";
  if (content instanceof Markup) return content.toString();
  return typeof content === "object" ? content.map(textOf).join("") : escape(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML has it. Characters that HTML does not allow are shown by their pictures, or as U+FFFD. */
function escape(text: string): string {
  return text.toWellFormed()
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/[\u007f-\u009f\p{Noncharacter_Code_Point}]/gu, "\ufffd");
}
