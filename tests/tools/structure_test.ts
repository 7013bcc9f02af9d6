/** The shape of `src/`: no import circle, no crowded folder, no long file. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path/posix";
import { resolveImport } from "../../tools/lint/paths.ts";
import { visitSpecifiers } from "../../tools/lint/specifiers.ts";

const ROOT = new URL("../../", import.meta.url);

/** Most files of a folder, its subfolders not counted. */
const MOST_FILES = 15;
/** Most lines of a file. */
const MOST_LINES = 300;
/** What the median of all lengths must stay below, in lines. */
const MEDIAN = 100;

/** A file of `src/` by its path in the repository. */
type Sources = ReadonlyMap<string, string>;

/** What each file imports, by paths; types count. */
type Imports = ReadonlyMap<string, readonly string[]>;

const SOURCES = await readSources();

async function readSources(): Promise<Sources> {
  const names = await readdir(new URL("src/", ROOT), { recursive: true });
  const paths = names.filter((name) => name.endsWith(".ts")).map((name) => `src/${name}`).sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(new URL(path, ROOT), "utf8")] as const)),
  );
}

/** The imports among some files, as the syntax trees have them. */
function importsOf(sources: Sources): Imports {
  return new Map([...sources].map(([path, source]) => {
    const found: string[] = [];
    const create = () =>
      visitSpecifiers((_, specifier) => {
        const target = specifier === null ? null : resolveImport(path, specifier);
        if (target !== null && sources.has(target)) found.push(target);
      });
    Deno.lint.runPlugin({ name: "imports", rules: { collect: { create } } }, path, source);
    return [path, found];
  }));
}

/** Circles of imports, as `a -> b -> a`: for each file in one the shortest, without those through the same files. */
function circlesOf(imports: Imports): string[] {
  const circles = new Map<string, string>();
  for (const start of imports.keys()) {
    const way = wayBack(imports, start);
    if (way === null) continue;
    const key = way.toSorted().join();
    if (!circles.has(key)) circles.set(key, [...way, start].join(" -> "));
  }
  return [...circles.values()];
}

/** The files of the shortest circle that begins at one; null if there is none. */
function wayBack(imports: Imports, start: string): string[] | null {
  const seen = new Set<string>();
  for (let ways = [[start]]; ways.length > 0;) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const target of imports.get(way.at(-1)!) ?? []) {
        if (target === start) return way;
        if (seen.has(target)) continue;
        seen.add(target);
        longer.push([...way, target]);
      }
    }
    ways = longer;
  }
  return null;
}

/** Folders with too many files, as `folder: count`. */
function crowdedFolders(paths: Iterable<string>): string[] {
  return [...Map.groupBy(paths, dirname)]
    .filter(([, files]) => files.length > MOST_FILES)
    .map(([folder, files]) => `${folder}: ${files.length} files`);
}

const linesOf = (source: string) => source.trimEnd().split("\n").length;

Deno.test("no files of src/ import each other in a circle, types included", () => {
  assert.deepEqual(circlesOf(importsOf(SOURCES)), []);
});

Deno.test(`no folder of src/ holds more than ${MOST_FILES} files`, () => {
  assert.deepEqual(crowdedFolders(SOURCES.keys()), []);
});

Deno.test(`no file of src/ has more than ${MOST_LINES} lines, and half of them have less than ${MEDIAN}`, () => {
  const lengths = [...SOURCES].map(([path, source]) => [path, linesOf(source)] as const);
  assert.deepEqual(lengths.filter(([, lines]) => lines > MOST_LINES), []);
  const sorted = lengths.map(([, lines]) => lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  console.log(`${sorted.length} files in src/, median length ${median} lines, longest ${sorted.at(-1)}`);
  assert.ok(median < MEDIAN, `the median is ${median} lines`);
});

Deno.test("a circle is found, through types and import() too, and named once", () => {
  const sources = new Map([
    ["src/a.ts", 'import type { B } from "./b/b.ts";'],
    ["src/b/b.ts", 'export * from "./c.ts";\nimport "node:path";'],
    ["src/b/c.ts", 'const a = await import("../a.ts");'],
    ["src/d.ts", 'import { a } from "./a.ts";\nlet e: import("./e.ts").E;'],
    ["src/e.ts", 'import "./e.ts";'],
  ]);
  assert.deepEqual(circlesOf(importsOf(sources)), [
    "src/a.ts -> src/b/b.ts -> src/b/c.ts -> src/a.ts",
    "src/e.ts -> src/e.ts",
  ]);
});

Deno.test("a crowded folder is found, whatever is in its subfolders", () => {
  const files = (folder: string, count: number) => Array.from({ length: count }, (_, i) => `${folder}/${i}.ts`);
  assert.deepEqual(crowdedFolders([...files("src/a", 15), ...files("src/a/b", 16), ...files("src", 1)]), [
    "src/a/b: 16 files",
  ]);
});
