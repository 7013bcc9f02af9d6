/** The site of guides: every link leads somewhere. */

import assert from "node:assert/strict";
import { framed } from "../../tools/site/frame.ts";
import { guides } from "../../tools/site/guides.ts";
import { checkAnchors, pageOf } from "../../tools/site/pages.ts";

Deno.test("every guide becomes a page, whose links lead to pages, headings and files", () => {
  const { pages, files } = guides();
  const sources = pages.map(({ source }) => source);
  for (const { name } of Deno.readDirSync(new URL("../../docs", import.meta.url))) {
    if (name.endsWith(".md")) assert(sources.includes(`docs/${name}`), name);
  }
  assert.equal(pages[0]!.path, "index.html");
  assert(files.has("docs/narrow.svg"));
  const training = pages.find(({ source }) => source === "docs/training.md")!;
  const html = framed(training, pages, "reference/index.html");
  assert.match(html, /<a href="\.\.\/docs\/training\.html" aria-current="page">/);
  assert.match(html, /<a href="\.\.\/reference\/index\.html">Reference<\/a>/);
});

const PLACES = { sources: ["README.md", "docs/a.md"], repository: new Set(["docs", "docs/a.png"]), onFile: () => {} };

Deno.test("links are those of the site, and one that leads nowhere is an error", () => {
  const page = (markdown: string, source: string) => pageOf(markdown, { ...PLACES, source });
  const readme = page("# One `two`\n[a](docs/a.md#b-c) [d](docs/) ![e](docs/a.png) [f](https://x.y/#z)", "README.md");
  assert.equal(readme.title, "One two");
  assert.match(readme.html, /<a href="docs\/a\.html#b-c">a<\/a> d <img src="docs\/a\.png" alt="e"> <a href="https/);
  const other = page("[up](../README.md)\n## B, c!\n[here](#b-c)", "docs/a.md");
  assert.match(other.html, /<a href="\.\.\/index\.html">up<\/a>/);
  checkAnchors([readme, other]);
  assert.throws(
    () => page("[a](none.md) ![b](docs/b.png)", "README.md"),
    /of README.md: there is no none.md, docs\/b.png/,
  );
  assert.throws(() => checkAnchors([page("[a](#none)", "README.md")]), /no heading #none in index.html/);
  assert.throws(() => checkAnchors([readme, page("", "docs/a.md")]), /no heading #b-c in docs\/a.html/);
});
