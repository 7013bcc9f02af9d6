/** What importing and loading need of the machine, seen from processes of their own. */

import assert from "node:assert/strict";
import { runDeno } from "../cli/processes.ts";

const script = (name: string) => new URL(`./scripts/${name}.ts`, import.meta.url).href;

Deno.test("importing mod.ts touches no GPU global", async () => {
  const { code, stdout, stderr } = await runDeno([script("import_untouched")]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\bNarrowBertForMaskedLM\b.*\bpipeline\b/);
});

Deno.test("importing mod.ts touches nothing of Deno's own", async () => {
  const { code, stdout, stderr } = await runDeno([script("import_untouched"), "--without-deno"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\bNarrowBertForMaskedLM\b.*\bpipeline\b/);
});

Deno.test("a model from memory loads and runs without any permission", async () => {
  const { code, stdout, stderr } = await runDeno([script("from_memory")]);
  assert.deepEqual([code, stdout.trim()], [0, "1,4"], stderr);
});

Deno.test("without an adapter, loading from memory fails and names the packages to install", async () => {
  const env = { DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: "/nonexistent" };
  const { code, stdout, stderr } = await runDeno([script("from_memory")], { env });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^NoAdapterError: Cannot find a WebGPU adapter: navigator.gpu has no adapter\. /);
  assert.match(stdout, /`apt-get install mesa-vulkan-drivers libvulkan1`, and set DENO_WEBGPU_BACKEND=vulkan/);
});
