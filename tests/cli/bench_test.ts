import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

Deno.test("bench names the adapter and measures both ways", async () => {
  const { name } = await requestGpu();
  const { adapter, texts, single, stream } = await narrowbertJson<Record<string, string | number>>(
    ["bench", "--texts", "40", "--json"],
  );
  assert.deepEqual([adapter, texts], [name, 40]);
  assert(Number(single) > 0 && Number(stream) > 0);
  const { code, stdout } = await narrowbert(["bench", "--texts", "2"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^adapter .*\none call at a time +\d+ texts a second\na stream of 2 +\d+ .* [\d.]+ times as many\n$/,
  );
});
