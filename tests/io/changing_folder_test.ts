/** Folders in which something is removed, replaced or linked elsewhere at each moment of a load. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError, ConfigError, NarrowBertModel } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { inTemporaryFolder } from "./temporary.ts";

const SOURCE = new URL("../golden/models/sharded/", import.meta.url);
const FILES = [...Deno.readDirSync(SOURCE)].map(({ name }) => name);

/** Runs `load`, and `change` right before the file system is asked for the time of number `at`. */
async function withChange(at: number, change: () => void, load: () => Promise<void>): Promise<boolean> {
  let calls = 0;
  const own = { realPath: Deno.realPath, stat: Deno.stat, openSync: Deno.openSync };
  const { readSync } = Deno.FsFile.prototype;
  const count = () => {
    if (calls++ === at) change();
  };
  Deno.realPath = (path) => (count(), own.realPath(path));
  Deno.stat = (path) => (count(), own.stat(path));
  Deno.openSync = (path, options) => (count(), own.openSync(path, options));
  Deno.FsFile.prototype.readSync = function (bytes) {
    count();
    return readSync.call(this, bytes);
  };
  try {
    await load();
  } finally {
    Object.assign(Deno, own);
    Deno.FsFile.prototype.readSync = readSync;
  }
  return calls > at;
}

const replace = (path: string, put: (path: string) => void) => {
  Deno.removeSync(path);
  put(path);
};

/** What happens to the folder, or a file of it, and what no load may end with. */
const CHANGES: Record<string, (folder: string, file: string) => void> = {
  "a file is removed": (folder, file) => Deno.removeSync(join(folder, file)),
  "the folder is removed": (folder) => Deno.removeSync(folder, { recursive: true }),
  "the folder is a file": (folder) => {
    Deno.removeSync(folder, { recursive: true });
    Deno.writeTextFileSync(folder, "none");
  },
  "a file is a folder": (folder, file) => replace(join(folder, file), (path) => Deno.mkdirSync(path)),
  "a file is a link to itself": (folder, file) => replace(join(folder, file), (path) => Deno.symlinkSync(path, path)),
};

for (const [name, change] of Object.entries(CHANGES)) {
  Deno.test(`a load ends with one clear error whenever ${name}`, async () => {
    const { buffers } = await requestGpu();
    const before = buffers.liveBytes;
    const changed = name.startsWith("the folder") ? FILES.slice(0, 1) : ["config.json", FILES.at(-1) as string];
    for (const file of changed) {
      for (let at = 0, stride = 1, isDone = false; !isDone; at += stride) {
        await inTemporaryFolder(async (parent) => {
          const folder = join(parent, "model");
          Deno.mkdirSync(folder);
          for (const name of FILES) Deno.copyFileSync(new URL(name, SOURCE), join(folder, name));
          let [opened, wasOpened] = [false, true];
          const load = async () => {
            const progress_callback = (info: { status: string; file?: string }) => {
              opened ||= info.status === "done" && info.file === file;
            };
            const options = { add_pooling_layer: false, progress_callback };
            const loading = NarrowBertModel.from_pretrained(folder, options);
            await loading.then((model) => {
              assert.ok(wasOpened, `${file}, ${at}: loaded from elsewhere`);
              model.dispose();
            }, (error) => {
              assert.ok(error instanceof CheckpointError || error instanceof ConfigError, `${file}, ${at}: ${error}`);
              assert.match(error.message, /^Cannot (read|open|load weights from) "/);
            });
          };
          const changeNow = () => {
            wasOpened = opened;
            change(folder, file);
          };
          isDone = !await withChange(at, changeNow, load);
          if (wasOpened) stride = 11; // The reads of its tensors are alike.
        });
        assert.equal(buffers.liveBytes, before);
      }
    }
  });
}
