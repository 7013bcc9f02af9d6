/** All guides of the repository, as pages, and the files that they show. */

import { checkAnchors, type Page, pageOf } from "./pages.ts";

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** Folders that no page is about. */
const OTHERS = new Set([".git", ".deno", "node_modules", "tests"]);

/** Makes the pages, in the order in which the site lists them. @throws {Error} If a link of one leads nowhere. */
export function guides(): { pages: Page[]; files: ReadonlySet<string> } {
  const names = [...namesIn("")];
  const docs = names.filter((name) => /^docs\/[^/]+\.md$/.test(name)).sort();
  const sources = [
    "README.md",
    ...docs,
    "examples/jobs/README.md",
    "examples/models/wordnet/README.md",
    "examples/wordnet/README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
  ];
  const files = new Set<string>();
  const places = { sources, repository: new Set(names), onFile: (path: string) => files.add(path) };
  const pages = sources.map((source) => {
    return pageOf(Deno.readTextFileSync(new URL(source, ROOT)), { ...places, source });
  });
  checkAnchors(pages);
  return { pages, files };
}

function* namesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    yield `${folder}${name}${isDirectory ? "/" : ""}`;
    if (isDirectory && !OTHERS.has(name)) yield* namesIn(`${folder}${name}/`);
  }
}
