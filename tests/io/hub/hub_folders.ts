/** Folders of a test hub, and what must hold of a cache whatever happened. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { HubAccess } from "../../../src/io/hub/access.ts";
import { type ModelFolder, readFile } from "../../../src/io/folder/model_folder.ts";
import { ProgressReporter } from "../../../src/io/folder/progress.ts";
import { filesIn } from "../../../src/io/local/hub/care/contents.ts";
import { type HubFolderOptions, openHubFolder } from "../../../src/io/local/hub/hub_folder.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { TestHub, type TestRepository } from "./test_hub.ts";

export const COMMIT = "a".repeat(40);
export const ID = "org/model";

/** Bytes that no part of resembles another. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, x = seed; i < size; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** A repository with a small file and a large one. */
export function smallRepository(changes: Partial<TestRepository> = {}): TestRepository {
  const files = new Map([["config.json", noise(300)], ["model.safetensors", noise(50_000, 2)]]);
  return { commit: COMMIT, files, ...changes };
}

/** A test's hub and cache. */
export interface HubTest {
  readonly hub: TestHub;
  readonly cache: string;
  /** Opens a repository; `access` changes how the hub is reached, `offline` says why it is not. */
  open(
    options?: Partial<HubFolderOptions> & { id?: string; access?: Partial<HubAccess>; offline?: string },
  ): Promise<ModelFolder>;
}

/** Runs a test with a hub that has {@linkcode smallRepository} and an empty cache. */
export function withHub(run: (test: HubTest) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    await using hub = new TestHub();
    hub.repositories.set(ID, smallRepository());
    const cache = join(folder, "cache");
    await run({
      hub,
      cache,
      open: ({ id = ID, access, offline = null, ...options } = {}) => {
        const settings = { access: hub.access(access), cache, offline };
        return openHubFolder(
          id,
          { subfolder: "", progress: new ProgressReporter(id, undefined), ...options },
          settings,
        );
      },
    });
  });
}

/** Loads both files of {@linkcode smallRepository} as a load does, and checks their bytes. */
export async function loadBoth(folder: ModelFolder): Promise<void> {
  const { files } = smallRepository();
  for (const [name, bytes] of files) assert.deepEqual(await readFile(folder, name), bytes, name);
}

/** Checks that each blob of the cache holds what its name says, and each file of a commit leads to one. */
export async function checkCache(cache: string, repository = "models--org--model"): Promise<void> {
  const blobs = join(cache, repository, "blobs");
  for (const name of await namesIn(blobs)) {
    if (name.endsWith(".incomplete")) continue;
    const bytes = await Deno.readFile(join(blobs, name));
    const hash = name.length === 64
      ? createHash("sha256").update(bytes).digest("hex")
      : createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
    assert.equal(hash, name, "a blob holds other bytes than its name says");
  }
  const snapshots = join(cache, repository, "snapshots");
  for (const commit of await namesIn(snapshots)) {
    for (const { name, size } of await filesIn(join(snapshots, commit))) {
      assert.notEqual(size, null, `${name} leads nowhere`);
    }
  }
}

/** Names in a folder; none if there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
