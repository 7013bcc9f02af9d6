/** docs/files.md says what is so: its command lines run, and its table has the columns that there are. */

import assert from "node:assert/strict";
import { folderOf } from "./folders.ts";
import { commandsOf, runCommand } from "./shell_blocks.ts";

const GUIDE = await Deno.readTextFile(new URL("../../docs/files.md", import.meta.url));

Deno.test("the command lines of docs/files.md write what it says, and nothing else", async () => {
  await using folder = await folderOf({
    "reviews.csv": "id,text\n1,a large animal\n2,to go by air\n",
    "mixed.csv": "id,text\n1,a large animal\n2\n",
    "texts.txt": "the tiger\nthe mouse\n",
  });
  const commands = commandsOf(GUIDE);
  assert.equal(commands.length, 5);
  for (const command of commands) {
    const { code, stdout, stderr } = await runCommand(command, folder.path);
    assert.equal(code, 0, stderr);
    assert.match(stdout, command.includes(" search ") ? /^0\.\d+ {2}\d {2}the \w+\n/ : /^$/);
  }
  const read = (name: string) => Deno.readTextFileSync(`${folder.path}/${name}`);
  assert.match(read("labels.csv"), /^id,text,label,score\n1,a large animal,noun\.animal,0\.\d+\n2,to go by air,/);
  assert.equal(read("more.csv"), read("labels.csv"));
  assert.match(read("mixed.jsonl"), /^\{"id":"1",.*\}\n\{"line":3,"error":"must have 2 fields, .*"\}\n$/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
    ...["labels.csv", "mixed.csv", "mixed.jsonl", "more.csv", "reviews.csv", "texts.txt", "vectors.npy"],
  ]);
});

Deno.test("docs/files.md tells of the columns of every command that answers texts", async () => {
  const bin = await Deno.readTextFile(new URL("../../bin/narrowbert", import.meta.url));
  const [, list] = /^ {2}(fill-mask \| .*?)\) answers=/m.exec(bin)!;
  const told = [...GUIDE.matchAll(/^\| `([a-z-]+)` +\| `/gm)].map(([, name]) => name!);
  assert.deepEqual(told.sort(), list!.split(" | ").sort());
});
