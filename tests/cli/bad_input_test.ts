import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { narrowbert } from "./terminals.ts";

const MODELS = new URL("../../examples/models/wordnet/", import.meta.url);

/** Runs `use` on a temporary folder with the given files. */
async function withFolder(files: Record<string, string>, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Asserts that a command line fails with 1, one line that matches `message`, and nothing on standard output. */
async function fails(args: string[], message: RegExp, stdin: string | null = null): Promise<void> {
  const { code, stdout, stderr } = await narrowbert(args, stdin);
  assert.match(stderr, /^narrowbert: [^\n]+\n$/);
  assert.match(stderr, message);
  assert.deepEqual([code, stdout], [1, ""]);
}

Deno.test("a text without a mask is named", async () => {
  await fails(["fill-mask", "a [MASK]", "nothing to fill"], /text 2 of 2: it must contain "\[MASK\]", got "nothing to/);
});

Deno.test("an empty text is named", async () => {
  await fails(["classify", ""], /Cannot classify the text: it must hold a word, got ""/);
  await fails(["classify"], /Cannot classify text 2 of 3: it must hold a word, got ""/, "one\n\nthree\n");
});

Deno.test("a text that is too long is named; --truncate cuts it", async () => {
  const long = "person ".repeat(100);
  await fails(["classify", long], /the model takes 96 tokens, got 102 .*; shorten the text, or ask for truncation/);
  assert.equal((await narrowbert(["classify", "--truncate", long])).code, 0);
});

for (const command of ["fill-mask", "classify", "info"]) {
  const text = command === "info" ? [] : ["a [MASK]"];

  Deno.test(`${command}: a missing folder is named`, async () => {
    await fails([command, "--model", "/no/such/folder", ...text], /\/no\/such\/folder/);
  });

  Deno.test(`${command}: a folder without config.json is named`, async () => {
    await withFolder({}, async (folder) => {
      await fails([command, "--model", folder, ...text], /config\.json/);
    });
  });

  Deno.test(`${command}: another architecture is named`, async () => {
    await withFolder({ "config.json": '{"model_type": "gpt2"}' }, async (folder) => {
      await fails([command, "--model", folder, ...text], /gpt2/);
    });
  });
}

Deno.test("a checkpoint of another task is refused", async () => {
  await fails(["classify", "--model", fileURLToPath(new URL("mlm/", MODELS)), "text"], /classifier/);
  await fails(["fill-mask", "--model", fileURLToPath(new URL("topic/", MODELS)), "a [MASK]"], /cls\.predictions/);
});
