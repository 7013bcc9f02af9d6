/** Paths of `file:` URLs, compared with Node's, and paths that stay as they are when the working folder changes. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pathIn } from "../../src/io/folder/path.ts";
import { absolute, folderOf, pathOf, pathOfUrl } from "../../src/io/local/paths.ts";

/** URLs with their paths on Windows, as Node documents them; null if there is none. */
const URLS: [url: string, windows: string | null][] = [
  ["file:///", null],
  ["file:///models/mlm/", null],
  ["file:///models/a%20b/%C3%A9.json", null],
  ["file://localhost/models/mlm", null],
  ["file:///C:/models/a%20b", "C:\\models\\a b"],
  ["file:///c:/", "c:\\"],
  ["file:///C:/%C3%A9/%23%3F", "C:\\é\\#?"],
  ["file://server/share/models", "\\\\server\\share\\models"],
  ["file:///models/a%2Fb", null],
  ["file:///C:/a%5Cb", null],
  ["file:///C:/%E9", null],
];

/** What a function gives; null if it throws. */
function outcome(run: () => string): string | null {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof TypeError || error instanceof URIError, `${error}`);
    return null;
  }
}

Deno.test("the path of a file: URL is Node's, on Windows and elsewhere", () => {
  for (const [text, windows] of URLS) {
    const url = new URL(text);
    assert.equal(outcome(() => pathOfUrl(url, false)), outcome(() => fileURLToPath(url)), text);
    assert.equal(outcome(() => pathOfUrl(url, true)), windows, `${text} on Windows`);
  }
});

Deno.test("a URL that is no path says which, and why", () => {
  const refuses = (url: string, windows: boolean, message: string) =>
    assert.throws(() => pathOfUrl(new URL(url), windows), { name: "TypeError", message });
  refuses("file:///a%2Fb", false, 'Cannot open "file:///a%2Fb": a name in its path has a separator');
  refuses("file:///C:/a%5cb", true, 'Cannot open "file:///C:/a%5cb": a name in its path has a separator');
  refuses("file:///%E9", false, 'Cannot open "file:///%E9": its path is no UTF-8');
  refuses("file:///a%00b", false, 'Cannot open "file:///a%00b": a path has no null character');
  refuses("file://host/a", false, 'Cannot open "file://host/a": a file: URL must name no host, got "host"');
  refuses("file:///a", true, 'Cannot open "file:///a": on Windows its path must begin with a drive');
});

Deno.test("a path is taken as it is, a name is put in a folder, and a relative path is made absolute", () => {
  assert.equal(pathOf("models/a%20b"), "models/a%20b");
  assert.deepEqual(["a", "a/", "/"].map((folder) => pathIn(folder, "$&.json")), ["a/$&.json", "a/$&.json", "/$&.json"]);
  assert.deepEqual(["m/a", "m/b/a", "/a", "a"].map(folderOf), ["m", "m/b", "/", "."]);
  assert.equal(absolute("/models"), "/models");
  assert.equal(absolute("models"), `${Deno.cwd()}/models`);
});
