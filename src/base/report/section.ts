/** The page of a report, its sections, and parts of a section. */

import { Markup, markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** What a page may load: nothing; its style is in it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A page of HTML in one file, which loads nothing and has no script. @param header What is under its title. */
export function page(
  title: string,
  { header, sections }: { header: Markup; sections: readonly (Markup | null)[] },
): string {
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${header}</header>
<main>
${sections}</main>
</body>
</html>
`.toString();
}

/** The numbers that most people want first, with their names. */
export function facts(facts: readonly (readonly [name: string, value: string])[]): Markup {
  const items = facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return markup`<dl class="facts">${items}</dl>
`;
}

/** A number over a bar. */
export function bar(share: number, text: string): Markup {
  return markup`<span class="bar" style="--share: ${Math.round(100 * share)}%">${text}</span>`;
}

/** A section with a heading. */
export function section(heading: string, content: Markup): Markup {
  return markup`<section>
<h2>${heading}</h2>
${content}
</section>
`;
}

/** A part of a section, with a heading. */
export function part(heading: string, content: Markup): Markup {
  return markup`<section>
<h3>${heading}</h3>
${content}
</section>
`;
}
