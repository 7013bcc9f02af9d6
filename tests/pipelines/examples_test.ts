import assert from "node:assert/strict";

const FOLDER = new URL("../../examples/", import.meta.url);

/** What each example prints. */
const OUTPUTS: Record<string, RegExp> = {
  "classify.ts": /^noun\.animal \(0\.\d\d\): a large animal .*\nverb\.motion \(0\.\d\d\): move .*\nnoun\.\w+ \(/,
  "fill_mask.ts": /token_str: "wife",\s+sequence: "the wife of a king"/,
};

Deno.test("every example is run here", async () => {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name).filter((n) => n.endsWith(".ts"));
  assert.deepEqual(names.sort(), Object.keys(OUTPUTS).sort());
});

for (const [name, output] of Object.entries(OUTPUTS)) {
  Deno.test(`examples/${name} prints what it promises, with the permissions that it names`, async () => {
    const example = new URL(name, FOLDER);
    const permissions = /`deno run (.*) examples/.exec(await Deno.readTextFile(example))![1]!.split(" ");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, example.href],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), output);
  });
}
