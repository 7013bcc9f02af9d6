/** Model folders on disk and in memory; those on a server are in `http_folder_test.ts`. */

import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { openFolder, type ProgressInfo } from "../../src/io/folder/folder.ts";
import { type ModelFolder, readFile } from "../../src/io/folder/model_folder.ts";
import { warningsOf } from "../model/warnings.ts";
import { inTemporaryFolder } from "./temporary.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const has = async (folder: ModelFolder, file: string) => await folder.find(file) !== null;
const bytes = (text: string) => new TextEncoder().encode(text);
const isError = (message: string) => ({ name: "CheckpointError", message });

const NOT_PLAIN = [
  "",
  ".",
  "..",
  "../a",
  "a/b",
  "/a",
  "a\\b",
  "..\\a",
  "C:a",
  "C:\\a",
  "a\0b",
  "a\n",
  ".. ",
  "a.",
  "a/",
];

/** A folder with a file, a subfolder with another, and links to both inside and outside. */
async function fill(folder: string): Promise<string> {
  const model = join(folder, "model");
  await Deno.mkdir(join(model, "sub", "deep"), { recursive: true });
  await Deno.writeTextFile(join(folder, "outside.txt"), "outside");
  await Deno.writeTextFile(join(model, "config.json"), "{}");
  await Deno.writeTextFile(join(model, "sub", "deep", "a.txt"), "deep");
  await Deno.symlink(join(folder, "outside.txt"), join(model, "out.txt"));
  await Deno.symlink("config.json", join(model, "in.json"));
  await Deno.symlink("nowhere", join(model, "broken.json"));
  return model;
}

Deno.test("local: by path, relative path, URL object and URL text", () =>
  inTemporaryFolder(async (folder) => {
    const model = await fill(folder);
    const wheres = [model, model + "/", relative(Deno.cwd(), model), pathToFileURL(model), pathToFileURL(model).href];
    for (const where of wheres) {
      const opened = await openFolder(where);
      assert.equal(text(await readFile(opened, "config.json")), "{}");
      assert.equal(await has(opened, "config.json"), true);
      assert.equal(await has(opened, "sub"), false);
      assert.equal(await has(opened, "none.json"), false);
      await assert.rejects(
        readFile(opened, "none.json"),
        isError(`Cannot read "none.json" in "${opened.location}": there is no such file`),
      );
    }
  }));

Deno.test("local: a subfolder", () =>
  inTemporaryFolder(async (folder) => {
    const model = await fill(folder);
    assert.equal(text(await readFile(await openFolder(model, { subfolder: "sub/deep" }), "a.txt")), "deep");
    await assert.rejects(
      openFolder(model, { subfolder: "none" }),
      isError(`Cannot open "${join(model, "none")}": there is no such folder`),
    );
    for (const subfolder of ["..", "sub/../..", "/sub", "sub/", "C:"]) {
      await assert.rejects(
        openFolder(model, { subfolder }),
        isError(`Cannot open subfolder "${subfolder}": it must be plain names with "/" between them`),
      );
    }
  }));

Deno.test("local: links may lead out of the folder, but not of one that is confined", () =>
  inTemporaryFolder(async (folder) => {
    const model = await fill(folder);
    const opened = await openFolder(model);
    const confined = opened.confined();
    for (const one of [opened, confined]) assert.equal(text(await readFile(one, "in.json")), "{}");
    assert.equal(text(await readFile(opened, "out.txt")), "outside");
    await Deno.symlink("../out.txt", join(model, "sub/up.txt"));
    await Deno.symlink("../config.json", join(model, "sub/a.json"));
    await Deno.symlink(folder, join(model, "elsewhere"));
    assert.equal(text(await readFile(opened.inside("sub"), "a.json")), "{}");
    for (const [inside, file] of [["sub", "up.txt"], ["elsewhere", "outside.txt"]] as const) {
      await assert.rejects(readFile(opened.inside(inside), file), /it must be inside the folder, and is a link to/);
    }
    await assert.rejects(
      readFile(confined, "out.txt"),
      isError(
        `Cannot read "out.txt" in "${model}": it must be inside the folder, and is a link to ` +
          `"${join(folder, "outside.txt")}"; copy the file into the folder`,
      ),
    );
    assert.equal(await has(opened, "broken.json"), false);
    await assert.rejects(readFile(opened, "broken.json"), { name: "CheckpointError" });
    // The folder itself may be a link.
    await Deno.symlink(model, join(folder, "link"));
    assert.equal(text(await readFile(await openFolder(join(folder, "link")), "config.json")), "{}");
  }));

Deno.test("local: files of a commit are links to the blobs beside snapshots, and to no other place", () =>
  inTemporaryFolder(async (folder) => {
    const name = "a".repeat(64);
    for (const repository of ["models--org--name", "copied", "datasets--a--b"]) {
      const commit = join(folder, repository, "snapshots/0123abc");
      await Deno.mkdir(join(commit, "sub"), { recursive: true });
      await Deno.mkdir(join(folder, repository, "blobs"));
      await Deno.writeTextFile(join(folder, repository, "blobs", name), "{}");
      await Deno.symlink(`../../blobs/${name}`, join(commit, "config.json"));
      await Deno.symlink(`../../../blobs/${name}`, join(commit, "sub/a.json"));
      const opened = await openFolder(commit);
      assert.equal(text(await readFile(opened, "config.json")), "{}");
      assert.equal(text(await readFile(opened.inside("sub"), "a.json")), "{}");
      await Deno.writeTextFile(join(folder, repository, "secret"), "x");
      for (const [file, target] of [["b.json", "../../secret"], ["c.json", "../../../outside"]]) {
        await Deno.symlink(target!, join(commit, file!));
      }
      await Deno.writeTextFile(join(folder, "outside"), "x");
      for (const file of ["b.json", "c.json"]) {
        await assert.rejects(readFile(opened.confined(), file), /it must be inside the folder, and is a link to/);
      }
    }
    // Blobs that repositories of a cache share are in the cache alone.
    await Deno.mkdir(join(folder, "blobs/ab"), { recursive: true });
    await Deno.writeTextFile(join(folder, "blobs/ab/x"), "shared");
    for (const [repository, reads] of [["models--org--name", true], ["copied", false]] as const) {
      const commit = join(folder, repository, "snapshots/0123abc");
      await Deno.symlink("../../../blobs/ab/x", join(commit, "d.json"));
      const read = readFile((await openFolder(commit)).confined(), "d.json");
      if (reads) assert.equal(text(await read), "shared");
      else await assert.rejects(read, { name: "CheckpointError" });
    }
  }));

Deno.test("local: a folder wins over a Hub id of its name, and ignores a revision with a warning", async () => {
  const open = (revision?: string) =>
    warningsOf(() => openFolder("examples/models", { ...(revision && { revision }) }));
  assert.deepEqual(await open(), []);
  assert.deepEqual(await open("v2"), [
    'narrowbert: "examples/models" is a folder here, which wins over the Hub\'s model; so revision "v2" is ignored',
  ]);
});

Deno.test("local: no such folder, a file, a wrong Hub id, and a Hub id", () =>
  inTemporaryFolder(async (folder) => {
    const none = join(folder, "none");
    await assert.rejects(openFolder(none), isError(`Cannot open "${none}": there is no such folder`));
    for (const host of ["localhost:8000/a", "127.0.0.1:80", "https:/host.example/a"]) {
      const cure = "; a URL begins with http:// or https://";
      await assert.rejects(openFolder(host), isError(`Cannot open "${host}": there is no such folder${cure}`));
    }
    const file = join(await fill(folder), "config.json");
    await assert.rejects(
      openFolder(file),
      isError(`Cannot open "${file}": it must be a folder with a model's files, and is a file`),
    );
    await assert.rejects(
      openFolder(join(file, "sub")),
      isError(`Cannot open "${join(file, "sub")}": there is no such folder`),
    );
    const characters = 'its names are of letters, digits, "-", "_" and ".", and begin and end with none of "-" and "."';
    const wrong: [id: string, problem: string][] = [
      ["org/na me", characters],
      ["org/größe", characters],
      ["-org/name", characters],
      ["org/", characters],
      ["a/b/c", 'it has more than one "/"'],
      ["org/a--b", "it has no --"],
      ["org/a..b", "it has no .."],
      ["org/name.git", "it has no .git at its end"],
      ["a".repeat(97), "it has at most 96 characters"],
    ];
    for (const [id, problem] of wrong) {
      const message = `there is no such folder; as an id of the Hugging Face Hub it is wrong: ${problem}`;
      await assert.rejects(openFolder(id), isError(`Cannot open "${id}": ${message}`));
    }
    // A path that exists wins over a Hub id, and so does its missing subfolder.
    await assert.rejects(
      openFolder("examples/models", { subfolder: "none" }),
      isError('Cannot open "examples/models/none": there is no such folder'),
    );
    for (const id of ["org/some-model.v2", "bert-base-uncased"]) {
      const cached = await openFolder(id, { cache_dir: folder, local_files_only: true });
      await assert.rejects(
        cached.find("config.json"),
        isError(
          `Cannot find "config.json" of "${id}" in the cache "${folder}", and ` +
            "local_files_only is set; nor is there such a folder here",
        ),
      );
    }
  }));

Deno.test("every kind of folder takes plain file names only", () =>
  inTemporaryFolder(async (folder) => {
    const folders = [
      await openFolder(await fill(folder)),
      await openFolder(new Map()),
      await openFolder("http://host/a"),
    ];
    for (const opened of folders) {
      for (const name of NOT_PLAIN) {
        const expected = isError(`Cannot read ${JSON.stringify(name)}: it must be a plain file name, without a path`);
        await assert.rejects(readFile(opened, name), expected);
        await assert.rejects(has(opened, name), expected);
      }
    }
    assert.equal(await has(folders[1]!, "..a"), false);
  }));

Deno.test("memory: files by name, in subfolders by path", async () => {
  const files = new Map([["a.txt", bytes("one")], ["sub/a.txt", bytes("two")]]);
  const opened = await openFolder(files);
  assert.equal(text(await readFile(opened, "a.txt")), "one");
  assert.equal(await has(opened, "b.txt"), false);
  await assert.rejects(readFile(opened, "b.txt"), isError('Cannot read "b.txt" in "memory/": there is no such file'));
  const inside = await openFolder(files, { subfolder: "sub" });
  assert.equal(text(await readFile(inside, "a.txt")), "two");
  await assert.rejects(
    readFile(inside, "b.txt"),
    isError('Cannot read "b.txt" in "memory/sub/": there is no such file'),
  );
});

Deno.test("local: progress, with the name that the caller gave", () =>
  inTemporaryFolder(async (folder) => {
    const events: ProgressInfo[] = [];
    const name = await fill(folder);
    const file = "config.json";
    await readFile(await openFolder(name, { progress_callback: (event) => events.push(event) }), file);
    assert.deepEqual(events, [
      { status: "initiate", name, file },
      { status: "download", name, file },
      { status: "progress", name, file, progress: 100, loaded: 2, total: 2 },
      { status: "progress_total", name, progress: 100, loaded: 2, total: 2 },
      { status: "done", name, file },
    ]);
  }));

Deno.test("local: a signal ends the reading", () =>
  inTemporaryFolder(async (folder) => {
    const model = await fill(folder);
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(readFile(await openFolder(model, { signal }), "config.json"), { message: "enough" });
  }));
