/** File systems that record what is done, or stop in the middle of it. */

import { basename } from "node:path";
import { type FileSystem, LOCAL } from "../../src/io/local/file_system.ts";

/** Decides about an operation before it is done: an error that it throws is what the operation fails with. */
export type Watch = (operation: string) => void;

/** The file system of this machine, with every operation that changes it told before. Random parts of names are left out. */
export function watched(watch: Watch): FileSystem {
  const named = (path: string) => basename(path).replace(/-[0-9a-f-]{36}$/, "");
  const about = (name: string, ...paths: string[]) => watch([name, ...paths.map(named)].join(" "));
  return {
    ...LOCAL,
    async makeFolder(path) {
      about("make", path);
      await LOCAL.makeFolder(path);
    },
    async create(path) {
      about("create", path);
      const file = await LOCAL.create(path);
      return {
        async write(bytes) {
          about("write", path);
          await file.write(bytes);
        },
        async sync() {
          about("sync", path);
          await file.sync();
        },
        async close() {
          await file.close();
          about("close", path);
        },
      };
    },
    async rename(from, to) {
      about("rename", from, to);
      await LOCAL.rename(from, to);
    },
    async syncFolder(path) {
      about("sync", path);
      await LOCAL.syncFolder(path);
    },
    async remove(path) {
      about("remove", path);
      await LOCAL.remove(path);
    },
  };
}
