/**
 * The library as one file for a browser. It is run here by a process that has lost its `Deno`, and must then do all but
 * read and write files. `deno bundle` gets its esbuild from npm, in the version that this Deno pins.
 */

import assert from "node:assert/strict";
import * as library from "../../mod.ts";
import { bundleTo } from "../../tools/bundle.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { serveFiles } from "../io/servers.ts";
import { type Finished, runDeno } from "../cli/processes.ts";

const ROOT = new URL("../../", import.meta.url);
const MODEL = new URL("examples/models/wordnet/mlm/", ROOT);
const TEXT = "a large [MASK] with a long trunk";

/** Runs code after the bundle was imported as `library` by a process without `Deno` and Node's globals. */
async function runWithoutDeno(folder: string, code: string, permissions: string[]): Promise<Finished> {
  await Deno.writeTextFile(
    `${folder}/page.js`,
    `for (const name of ["Deno", "process", "Buffer", "global"]) delete globalThis[name];
    const library = await import("./library.js");
    const messageOf = (call) => call().then(() => "no error", ({ name, message }) => name + ": " + message);
    ${code}`,
  );
  return await runDeno(["--no-config", "--no-lock", ...permissions, `${folder}/page.js`]);
}

Deno.test("a bundle for browsers needs no other module, and has all names; without Deno it answers as with it", () =>
  inTemporaryFolder(async (folder) => {
    const text = await bundleTo(`${folder}/library.js`);
    assert.deepEqual(text.split("\n").filter((line) => /["'`]node:|\bimport\(|^import\b|\brequire\(/.test(line)), []);

    const names = [...Deno.readDirSync(MODEL)].map(({ name }) => name);
    const files = new Map(names.map((name) => [name, Deno.readFileSync(new URL(name, MODEL))]));
    using fill = await library.pipeline("fill-mask", MODEL);
    const expected = await fill(TEXT);

    await serveFiles(files, async ({ url, requests }) => {
      const code = `
        const fill = await library.pipeline("fill-mask", ${JSON.stringify(url)});
        const answer = await fill(${JSON.stringify(TEXT)});
        const names = ${JSON.stringify(names)};
        const bytesOf = async (name) => (await fetch(${JSON.stringify(url)} + "/" + name)).bytes();
        const files = new Map(await Promise.all(names.map(async (name) => [name, await bytesOf(name)])));
        const filled = await library.pipeline("fill-mask", files);
        console.log(JSON.stringify({ names: Object.keys(library), answer, same: await filled(${
        JSON.stringify(TEXT)
      }) }));`;
      const { code: status, stdout, stderr } = await runWithoutDeno(folder, code, ["--allow-net=127.0.0.1"]);
      assert.equal(status, 0, stderr);
      const found = JSON.parse(stdout);
      assert.deepEqual(found.names, Object.keys(library));
      assert.deepEqual(found.answer, JSON.parse(JSON.stringify(expected)));
      assert.deepEqual(found.same, found.answer);
      assert.equal(requests.length, 7 + names.length); // modules and two of a tokenizer's older files are asked for in vain
    });
  }));

Deno.test("without Deno, each use of a path says that it needs Deno, and what else there is", () =>
  inTemporaryFolder(async (folder) => {
    await bundleTo(`${folder}/library.js`);
    const hub = "give a URL, of the Hub https://huggingface.co/m/resolve/main/";
    const calls: [call: string, message: string][] = [
      [
        'pipeline("fill-mask", "models/mlm")',
        'Cannot open "models/mlm": a path needs Deno; give a URL, of the Hub ' +
        "https://huggingface.co/models/mlm/resolve/main/",
      ],
      [
        'NarrowBertModel.from_pretrained(new URL("file:///models/mlm"))',
        'Cannot open "file:///models/mlm": a path needs Deno; give a URL',
      ],
      ['Trunk.load("m", { readouts: [library.states] })', `Cannot open "m": a path needs Deno; ${hub}`],
      ['AutoTokenizer.from_pretrained("m")', `Cannot open "m": a path needs Deno; ${hub}`],
      ['NarrowBertConfig.from_pretrained("m")', `Cannot open "m": a path needs Deno; ${hub}`],
      ['readSafetensors("m")', 'Cannot read "m": a path needs Deno; give a URL'],
      ['writeSafetensors([], { path: "m" })', 'Cannot write "m": a path needs Deno; leave it out for the bytes'],
      ['TrainingFolder.open("m")', 'Cannot train in "m": a path needs Deno'],
    ];
    const code = `console.log(JSON.stringify([
      ${calls.map(([call]) => `await messageOf(() => library.${call}),`).join("\n")}
      await messageOf(() => new library.NarrowBertConfig().save_pretrained("m")),
    ]));`;
    const { stdout, stderr } = await runWithoutDeno(folder, code, []);
    assert.equal(stderr, "");
    const saving = 'Cannot save to "m": a path needs Deno; a model\'s weights are in state_dict()';
    const expected = [...calls.map(([, message]) => message), saving];
    assert.deepEqual(JSON.parse(stdout), expected.map((message) => `CheckpointError: ${message}`));
  }));

Deno.test("without Deno, a server that cannot be reached is an error that says what a page needs of it", () =>
  inTemporaryFolder(async (folder) => {
    await bundleTo(`${folder}/library.js`);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(""));
    const where = `http://127.0.0.1:${server.addr.port}/model/`;
    await server.shutdown();
    const code = `console.log(await messageOf(() => library.pipeline("score", ${JSON.stringify(where)})));`;
    const { stdout, stderr } = await runWithoutDeno(folder, code, ["--allow-net=127.0.0.1"]);
    assert.equal(stderr, "");
    assert.match(
      stdout,
      /^CheckpointError: Cannot read "http:.*\/modules\.json": .+; the server must run, and .*\(CORS\)\n$/,
    );
  }));

Deno.test("a bundle says that it has no shipped models", () =>
  inTemporaryFolder(async (folder) => {
    await bundleTo(`${folder}/library.js`);
    await Deno.writeTextFile(
      `${folder}/script.js`,
      `import { pipeline } from "./library.js";
      await pipeline("fill-mask").catch(({ name, message }) => console.log(name + ": " + message));`,
    );
    const { stdout } = await runDeno(["--no-config", "--no-lock", "--allow-read", `${folder}/script.js`]);
    assert.match(
      stdout,
      /^CheckpointError: Cannot open ".*mlm\/": there is no such folder; the shipped models are files of this library, which a bundle leaves out: name the folder of a NarrowBertForMaskedLM\n$/,
    );
  }));
