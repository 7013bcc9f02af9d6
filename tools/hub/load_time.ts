/** A load from a warm cache takes at most a tenth longer than one from a plain folder: `deno task hub`. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openCheckpoint } from "../../src/io/checkpoint/open.ts";
import { type ModelFolder, openFolder } from "../../src/io/folder/folder.ts";
import { readConfig } from "../../src/model/config/config.ts";
import { openTokenizer } from "../../src/text/tokenizer.ts";
import { ID, withHub } from "../../tests/io/hub/hub_folders.ts";
import { shippedRepository } from "../../tests/io/hub/shipped_repository.ts";

const PLAIN = fileURLToPath(new URL("../../examples/models/wordnet/mlm", import.meta.url));
const LIMIT = 1.1;

/** Rounds at least, and at most: the fastest of each kind counts, which other programs on the machine only delay. */
const [LEAST, MOST] = [8, 100];

/** All that a load does but for the GPU. */
async function load(folder: ModelFolder): Promise<void> {
  await readConfig(folder);
  const checkpoint = await openCheckpoint(folder);
  for (const name of checkpoint.names()) checkpoint.float32(name);
  await openTokenizer(folder);
}

Deno.test(`a warm cache loads in at most ${LIMIT} times the time of a plain folder`, () =>
  withHub(async ({ hub, cache, open }) => {
    hub.repositories.set(ID, await shippedRepository());
    await load(await open());
    hub.requests.length = 0;
    let [plain, warm] = [Infinity, Infinity];
    const timed = async (where: string, options: { cache_dir?: string } = {}) => {
      const start = performance.now();
      await load(await openFolder(where, options));
      return performance.now() - start;
    };
    let rounds = 0;
    while (rounds < LEAST || (warm / plain > LIMIT && rounds < MOST)) {
      rounds++;
      plain = Math.min(plain, await timed(PLAIN));
      warm = Math.min(warm, await timed(ID, { cache_dir: cache }));
    }
    console.log(`plain folder ${plain.toFixed(1)} ms, warm cache ${warm.toFixed(1)} ms, ${rounds} rounds`);
    assert.ok(warm / plain <= LIMIT, `${warm} ms against ${plain} ms`);
    assert.deepEqual(hub.taken(), []);
  }));
