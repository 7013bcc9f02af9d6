/** Sections of a report, and parts of a section. */

import { type Markup, markup } from "./markup.ts";

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
