/** The pages of the site: Markdown files of the repository as HTML. */

import { gfmHeadingId, Marked } from "./deps.ts";

/** A page of the site. */
export interface Page {
  /** The Markdown file, from the root of the repository: `docs/training.md`. */
  readonly source: string;
  /** Its place in the site: `docs/training.html`. */
  readonly path: string;
  /** Its first heading. */
  readonly title: string;
  readonly html: string;
}

/** What pages may link to, by paths from the root of the repository. */
export interface Places {
  /** The Markdown files that are pages. */
  readonly sources: readonly string[];
  /** All files, and all folders with a slash at their end. */
  readonly repository: ReadonlySet<string>;
  /** Called with a file that a page shows or links to, and that the site needs. */
  readonly onFile: (path: string) => void;
}

/** Where a Markdown file is in the site; the README is its first page. */
function pathOf(source: string): string {
  return source === "README.md" ? "index.html" : source.replace(/\.md$/, ".html");
}

/**
 * Makes a page of a Markdown file. What it says of a folder stays without a link.
 *
 * @throws {Error} If a link leads to no page and no file.
 */
export function pageOf(
  markdown: string,
  { source, sources, repository, onFile }: Places & { source: string },
): Page {
  const problems: string[] = [];
  const marked = new Marked({ gfm: true }, gfmHeadingId());
  marked.use({
    walkTokens(token) {
      if (token.type !== "link" && token.type !== "image") return;
      const { href } = token as { href: string };
      if (/^[a-z]+:|^#/.test(href)) return;
      const [path = "", anchor] = href.split("#");
      const target = new URL(path, `file:///${source}`).pathname.slice(1);
      if (sources.includes(target)) {
        token.href = relative(source, pathOf(target)) + (anchor === undefined ? "" : `#${anchor}`);
      } else if (!repository.has(target)) {
        problems.push(repository.has(`${target}/`) ? `${href} (a folder: give it a slash at the end)` : href);
      } else if (target.endsWith("/")) {
        token.type = "text";
      } else {
        token.href = relative(source, target);
        onFile(target);
      }
    },
  });
  const html = marked.parse(markdown, { async: false });
  if (problems.length > 0) throw new Error(`Cannot make a page of ${source}: there is no ${problems.join(", ")}`);
  const [, title = source] = /^# (.*)$/m.exec(markdown) ?? [];
  return { source, path: pathOf(source), title: title.replaceAll("`", ""), html };
}

/** A place of the site as a page at `from` names it. */
export function relative(from: string, to: string): string {
  return "../".repeat(from.split("/").length - 1) + to;
}

/** @throws {Error} If a page links to a heading that is not there. */
export function checkAnchors(pages: readonly Page[]): void {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  for (const { source, path, html } of pages) {
    for (const [, where = "", anchor] of html.matchAll(/href="([^":]*)#([^"]*)"/g)) {
      const target = where === "" ? path : new URL(where, `file:///${path}`).pathname.slice(1);
      if (byPath.get(target)?.html.includes(`id="${anchor}"`)) continue;
      throw new Error(`Cannot make a page of ${source}: there is no heading #${anchor} in ${target}`);
    }
  }
}
