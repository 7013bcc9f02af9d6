/** Every command of the guides runs, or is named here with the reason why it does not. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createApp } from "../../src/server/app.ts";
import { shippedRepository } from "../io/hub/shipped_repository.ts";
import { TestHub } from "../io/hub/test_hub.ts";
import { folderOf, type SmallModel, smallModelFiles } from "./folders.ts";
import { commandsOf, runCommand } from "./shell_blocks.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The guides: those of `docs/`, and pages elsewhere. What is left out is for a machine of another kind. */
const GUIDES = [
  "README.md",
  "CONTRIBUTING.md",
  "examples/models/wordnet/README.md",
  "examples/wordnet/README.md",
  "examples/topics/README.md",
];
for (const { name } of Deno.readDirSync(`${ROOT}docs`)) if (name.endsWith(".md")) GUIDES.push(`docs/${name}`);

/** Commands that do not run here, and why. */
const LEFT_OUT: readonly [command: RegExp, reason: string][] = [
  [/^bin\/test$/, "it runs this test"],
  [/^DENO_WEBGPU_BACKEND=vulkan .* script\.ts$/, "tests/cli/url_import_test.ts and the doc tests run such scripts"],
  [/^deno bundle /, "tests/tools/bundle_test.ts runs it"],
  [/^bin\/narrowbert serve /, "it serves until it is ended; tests/server/serve_test.ts starts services"],
  [/^curl /, "the last test asks what they ask"],
  [/^bin\/narrowbert tune$/, "it takes minutes; README.md's line tunes one kernel"],
  [/^deno task bench/, "benches take minutes, and need a quiet machine"],
  [/^deno task test /, "they are tests of this gate"],
  [/^venv\/bin\/python|^deno run .* venv\/bin\/python$/, "that Python has packages that the gate does not install"],
  [/^sudo apt-get /, "it installs a package"],
  [/^deno run .* examples\/wordnet\//, "the data are those of a package that the gate does not install"],
  [/^bin\/narrowbert train .* work\//, "it takes minutes; the page says how many"],
];

/** What the guides' own files and models stand for. */
const MODELS: Record<string, SmallModel> = { ner: "ner", nli: "nli", ranker: "one-label" };
const FILES: Record<string, string> = {
  "reviews.csv": 'id,text\n1,"a large, grey animal"\n',
  "mixed.csv": "id,text\n1,a large animal\n2\n",
  "more.jsonl": '{"id": 2, "text": "a small brown bird"}\n',
  "texts.txt": "the tiger\nthe mouse\n",
  "articles.jsonl": `${JSON.stringify({ text: "a large animal with a long trunk ".repeat(30) })}\n`,
  "articles.txt": `${"the old man drove his car ".repeat(30)}\n`,
};

for (const guide of GUIDES) {
  const commands = commandsOf(await Deno.readTextFile(ROOT + guide));
  const runs = commands.filter((command) => !LEFT_OUT.some(([left]) => left.test(command)));
  if (runs.length === 0) continue;
  Deno.test(`every command of ${guide} runs`, async () => {
    const files: Record<string, string | Uint8Array> = { ...FILES };
    for (const [name, model] of Object.entries(MODELS)) {
      for (const [file, bytes] of await smallModelFiles(model)) files[`models/${name}/${file}`] = bytes;
    }
    await using folder = await folderOf(files);
    await using hub = new TestHub();
    hub.repositories.set("owner/name", await shippedRepository());
    await Deno.symlink(`${ROOT}/examples`, `${folder.path}/examples`);
    await Deno.symlink(`${ROOT}/tests/golden/models/plain-bert`, `${folder.path}/models/bert`);
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: `${folder.path}/hub` };
    for (const command of runs) {
      const { code, stdout, stderr } = await runCommand(command, folder.path, env);
      assert.equal(code, 0, `${command}: ${stderr}`);
      const written = /(?:> |--output |--trace |-o )([\w./]+)/.exec(command)?.[1];
      if (written === undefined && !command.startsWith("bin/narrowbert convert")) {
        assert.match(stdout, /\S.*\n$/, command);
      } else if (written !== undefined) assert(await Deno.stat(`${folder.path}/${written}`), command);
    }
  });
}

Deno.test("the commands that are left out are in the guides", async () => {
  const all = await Promise.all(GUIDES.map(async (guide) => commandsOf(await Deno.readTextFile(ROOT + guide))));
  for (const [left, reason] of LEFT_OUT) assert(all.flat().some((command) => left.test(command)), `${left}: ${reason}`);
});

Deno.test("the requests of docs/server.md are answered", async () => {
  const requests = commandsOf(await Deno.readTextFile(`${ROOT}docs/server.md`)).filter((line) =>
    line.startsWith("curl ")
  );
  assert(requests.length > 0);
  await using app = createApp({ models: [`${ROOT}examples/models/wordnet/mlm`], worker: false });
  await app.ready;
  for (const request of requests) {
    const [, path, name, value, body] = /^curl 127\.0\.0\.1:3000(\S+) -H '(.*?): (.*?)' -d '(.*)'$/.exec(request)!;
    const init = { method: "POST", headers: { [name!]: value! }, body: body! };
    const response = await app.fetch(new Request(`http://127.0.0.1:3000${path}`, init));
    const answer = await response.json();
    assert.equal(response.status, 200, `${request}: ${JSON.stringify(answer)}`);
  }
});
