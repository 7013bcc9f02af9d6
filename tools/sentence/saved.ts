/**
 * Loads the folders of tests/golden/sentence/, saves each pipeline by `save_pretrained`, and has sentence-transformers load what
 * was written: it must give the embeddings and scores that it gave for the folder itself. It takes a Python with
 * sentence-transformers, which PYTHON names: `PYTHON=venv/bin/python deno task sentence`.
 */

import { fileURLToPath } from "node:url";
import { pipeline } from "../../mod.ts";
import { filesOf, GOLDEN } from "../../tests/golden/sentence/sentence_case.ts";

const PYTHON = Deno.env.get("PYTHON") ?? "python3";
const root = await Deno.makeTempDir();
try {
  for (const [name, { files }] of Object.entries(GOLDEN.folders)) {
    using embed = await pipeline("feature-extraction", filesOf(files));
    await embed.save_pretrained(`${root}/folders/${name}`);
  }
  for (const [name, { files }] of Object.entries(GOLDEN.rankers)) {
    using rank = await pipeline("text-ranking", filesOf(files));
    await rank.save_pretrained(`${root}/rankers/${name}`);
  }
  await Deno.writeTextFile(`${root}/golden.json`, JSON.stringify(GOLDEN));
  const script = fileURLToPath(new URL("saved.py", import.meta.url));
  const { success } = await new Deno.Command(PYTHON, { args: [script, root], stdin: "null" }).spawn().status;
  if (!success) Deno.exitCode = 1;
} finally {
  await Deno.remove(root, { recursive: true });
}
