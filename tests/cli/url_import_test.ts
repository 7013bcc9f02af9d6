import assert from "node:assert/strict";
import { moduleHost } from "./module_host.ts";
import { runDeno } from "./processes.ts";

Deno.test("a script in an empty folder imports mod.ts over http and classifies with the shipped model", async () => {
  const folder = await Deno.makeTempDir();
  await using served = moduleHost();
  const { host } = served;
  await Deno.writeTextFile(
    `${folder}/script.ts`,
    `import { pipeline } from "http://${host}/mod.ts";
     using classify = await pipeline("text-classification");
     console.log(JSON.stringify(await classify("a can for holding soft drinks")));`,
  );
  try {
    const { code, stdout, stderr } = await runDeno(
      [`--reload=http://${host}/`, `--allow-import=${host}`, `--allow-net=${host}`, "script.ts"],
      { cwd: folder },
    );
    assert.equal(code, 0, stderr);
    const [best] = JSON.parse(stdout);
    assert.equal(best.label, "noun.artifact");
    assert(Math.abs(best.score - 0.962785) < 2e-4, `score ${best.score}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
