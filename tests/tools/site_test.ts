/** The site of guides: every link leads somewhere. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freshFolder } from "../../tools/site/folder.ts";
import { framed } from "../../tools/site/frame.ts";
import { guides } from "../../tools/site/guides.ts";
import { checkAnchors, pageOf } from "../../tools/site/pages.ts";
import { runDeno } from "../cli/processes.ts";
import { inTemporaryFolder } from "../io/temporary.ts";

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

const PLACES = { sources: ["README.md", "docs/a.md"], repository: new Set(["docs/", "docs/a.png"]), onFile: () => {} };

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
  assert.throws(
    () => page("[a](docs) [b](docs/a.png/)", "README.md"),
    /of README.md: there is no docs \(a folder: give it a slash at the end\), docs\/a.png\/$/,
  );
  assert.throws(() => checkAnchors([page("[a](#none)", "README.md")]), /no heading #none in index.html/);
  assert.throws(() => checkAnchors([readme, page("", "docs/a.md")]), /no heading #b-c in docs\/a.html/);
});

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a site goes to a new folder, an empty one, or that of an earlier site, which it replaces", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const out of [`${folder}/new/deep 🦉`, folder]) {
      if (out === folder) await Deno.remove(`${folder}/new`, { recursive: true });
      await freshFolder(out);
      const [marker = "", ...others] = namesIn(out);
      assert.deepEqual([marker, others], [".site", []]);
      await Deno.mkdir(`${out}/docs`);
      await Deno.writeTextFile(`${out}/docs/old.html`, "old");
      await freshFolder(out);
      assert.deepEqual(namesIn(out), [marker]);
    }
  });
});

Deno.test("a site does not go to a folder with anything else in it, nor to a file, and nothing is lost", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.mkdir(`${folder}/work/.git`, { recursive: true });
    await Deno.writeTextFile(`${folder}/work/a.txt`, "dear");
    await assert.rejects(freshFolder(`${folder}/work`), (error: Error) => {
      assert.equal(
        error.message,
        `Cannot make the site in ${folder}/work: the folder must be new, empty or an earlier site's, got one with .git ` +
          "and 1 more; name another folder, or delete this one",
      );
      return true;
    });
    await assert.rejects(freshFolder(`${folder}/work/a.txt`), /a\.txt: it must be a folder, got a file; name another/);
    await assert.rejects(freshFolder(`${folder}/work/a.txt/b`));
    const main = fileURLToPath(new URL("../../tools/site/main.ts", import.meta.url));
    const run = await runDeno(["--allow-read", "--allow-write", main, "."], { cwd: `${folder}/work` });
    assert.equal(run.code, 1);
    assert.match(run.stderr, /Cannot make the site in \S+\/work: the folder must be new, empty or an earlier site's/);
    assert.deepEqual(namesIn(`${folder}/work`), [".git", "a.txt"]);
    assert.equal(await Deno.readTextFile(`${folder}/work/a.txt`), "dear");
  });
});
