import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { LAYERS } from "../../tools/lint/layers.ts";
import plugin from "../../tools/lint/plugin.ts";

/** The messages for one file, each with the text of the code that it points at. */
function lint(path: string, source: string): { rule: string; message: string; code: string }[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id, message, range }) => ({
    rule: id,
    message,
    code: source.slice(...range),
  }));
}

/** The rules that report `source` in a file at `path`. */
const rules = (path: string, source: string) => lint(path, source).map(({ rule }) => rule);

Deno.test("layers: own folder and every lower folder may be imported, no other", () => {
  for (const [height, folders] of LAYERS.entries()) {
    for (const from of folders) {
      const [file, up] = from === "mod.ts" ? [from, "./"] : [`${from}/a.ts`, "../../"];
      for (const [targetHeight, targets] of LAYERS.entries()) {
        for (const to of targets) {
          const target = to === "mod.ts" ? to : `${to}/b.ts`;
          const allowed = to === from || targetHeight < height;
          const expected = allowed ? [] : ["narrowbert/layers"];
          assert.deepEqual(rules(file, `import { x } from "${up}${target}";`), expected, `${from} imports ${to}`);
        }
      }
    }
  }
});

Deno.test("layers: every form of import counts, and is the code that is reported", () => {
  const forms = [
    'import { x } from "../model/x.ts";',
    'import type { X } from "../model/x.ts";',
    'import "../model/x.ts";',
    'import text from "../model/x.json" with { type: "json" };',
    'export { x } from "../model/x.ts";',
    'export type { X } from "../model/x.ts";',
    'export * from "../model/x.ts";',
    'export * as x from "../model/x.ts";',
  ];
  for (const form of forms) {
    assert.deepEqual(lint("src/nn/a.ts", `const before = 1;\n${form}`), [{
      rule: "narrowbert/layers",
      message: `src/nn may not import src/model/x.${form.includes("json") ? "json" : "ts"}: ` +
        "src/model is a higher layer; imports go to the own folder or downwards",
      code: form,
    }]);
  }
  const within: [source: string, code: string][] = [
    ['const x = await import("../model/x.ts");', 'import("../model/x.ts")'],
    ['let x: import("../model/x.ts").X;', 'import("../model/x.ts").X'],
    ['let x: typeof import("../model/x.ts");', 'import("../model/x.ts")'],
    ['import x = require("../model/x.ts");', 'require("../model/x.ts")'],
  ];
  for (const [source, code] of within) {
    const reported = lint("src/nn/a.ts", source);
    assert.deepEqual(reported.map(({ rule }) => rule), ["narrowbert/layers"], source);
    assert.ok(reported[0]?.code.includes(code), `${source} reports ${reported[0]?.code}`);
  }
});

Deno.test("layers: a sibling folder of the same layer is named as such", () => {
  const [report] = lint("src/io/a.ts", 'import { device } from "../gpu/device.ts";');
  assert.equal(
    report?.message,
    "src/io may not import src/gpu/device.ts: src/gpu is a sibling in the same layer; " +
      "imports go to the own folder or downwards",
  );
});

Deno.test("layers: shaders belong to the kernels", () => {
  const source = 'import wgsl from "../../kernels/matmul.wgsl" with { type: "text" };';
  assert.deepEqual(rules("src/kernels/products/matmul.ts", source), []);
  for (const path of ["src/graph/a.ts", "src/gpu/a.ts", "tests/kernels/a_test.ts", "bench/kernels/a.ts"]) {
    assert.deepEqual(rules(path, source), ["narrowbert/layers"], path);
  }
});

Deno.test("layers: the product imports nothing from outside the layers but the manifest", () => {
  assert.deepEqual(rules("src/cli/main.ts", 'import deno from "../../deno.json" with { type: "json" };'), []);
  for (const target of ["../../tests/reference/x.ts", "../../tools/x.ts", "../loose.ts", "../../../elsewhere.ts"]) {
    assert.deepEqual(rules("src/heads/a.ts", `import { x } from "${target}";`), ["narrowbert/layers"], target);
  }
  assert.deepEqual(rules("src/heads/a.ts", "await import(name);"), ["narrowbert/layers"]);
});

Deno.test("layers: a file of src/ outside every layer is reported", () => {
  for (const path of ["src/loose.ts", "src/utils/a.ts", "src/iota/a.ts"]) {
    const [report] = lint(path, "export const x = 1;");
    assert.match(report?.message ?? "", /belongs to no layer: move it into one of src\/base, /, path);
  }
});

Deno.test("layers: tests, benches, examples and tools import anything in src", () => {
  for (const path of ["tests/nn/a_test.ts", "bench/model/a_bench.ts", "examples/model/a.ts", "tools/model/a.ts"]) {
    const source = 'import { x } from "../../src/cli/x.ts";\nconst y = await import(x);';
    assert.deepEqual(rules(path, source), [], path);
  }
});

Deno.test("dependencies: relative, node: and exactly pinned npm: only", () => {
  const good = ["./a.ts", "node:path", "npm:hono@4.1.2", "npm:@huggingface/tokenizers@0.1.0", "npm:a@1.0.0-rc.1/sub"];
  const bad = ["hono", "npm:hono", "npm:hono@4", "npm:hono@^4.1.2", "npm:@scope/name", "jsr:@std/assert@1.0.0"];
  bad.push("https://example.com/x.ts", "@narrowbert/webgpu", "/tmp/x.ts", "file:///tmp/x.ts");
  for (const specifier of good) assert.deepEqual(rules("src/server/deps.ts", `import "${specifier}";`), [], specifier);
  for (const specifier of bad) {
    for (const path of ["src/text/deps.ts", "tests/a_test.ts", "mod.ts"]) {
      assert.deepEqual(rules(path, `import "${specifier}";`), ["narrowbert/dependencies"], specifier);
    }
  }
});

Deno.test("dependencies: in the product, npm: packages come through deps.ts", () => {
  const source = 'import { x } from "npm:hono@4.1.2";';
  for (const path of ["mod.ts", "src/server/app.ts"]) {
    assert.deepEqual(rules(path, source), ["narrowbert/dependencies"]);
  }
  for (const path of ["src/server/deps.ts", "tests/server/app_test.ts"]) assert.deepEqual(rules(path, source), []);
});

/** Files that may not name `node:` and `Deno`, and some that may. */
const PLAIN = ["mod.ts", "src/base/a.ts", "src/io/folder/a.ts", "src/model/weights/a.ts", "src/train/checkpoint/a.ts"];
const FREE = ["src/io/local/a.ts", "src/cli/a.ts", "src/server/a.ts", "tests/io/a_test.ts", "bench/a.ts", "tools/a.ts"];

Deno.test("runtime: node: is for src/io/local/, the command line and the server", () => {
  const forms = [
    'import { join } from "node:path";',
    'import type { Hash } from "node:crypto";',
    'export { join } from "node:path";',
    'const fs = () => import("node:fs/promises");',
    'let hash: import("node:crypto").Hash;',
  ];
  for (const form of forms) {
    for (const path of PLAIN) assert.deepEqual(rules(path, form), ["narrowbert/runtime"], `${path}: ${form}`);
    for (const path of FREE) assert.deepEqual(rules(path, form), [], `${path}: ${form}`);
  }
  const [report] = lint("src/nn/a.ts", forms[0]!);
  assert.equal(
    report?.message,
    "Cannot import node:path here: only src/io/local/, src/cli/, src/server/ may, and a browser has none of it",
  );
});

Deno.test("runtime: so is the global Deno, by whatever way", () => {
  const forms = [
    "export const cwd = Deno.cwd();",
    "export const isDeno = typeof Deno !== undefined;",
    "export let file: Deno.FsFile;",
    "export const it = globalThis.Deno;",
    'export const it = Reflect.get(globalThis, "Deno");',
    "const { Deno: it } = globalThis as { Deno?: unknown };",
  ];
  for (const form of forms) {
    for (const path of PLAIN) assert.ok(rules(path, form).includes("narrowbert/runtime"), `${path}: ${form}`);
    for (const path of [...FREE, "src/base/runtime.ts"]) assert.deepEqual(rules(path, form), [], `${path}: ${form}`);
  }
  assert.deepEqual(
    rules("src/nn/a.ts", '/** `Deno.cwd()` */\nexport const text = "Deno is not named: Deno.cwd()";'),
    [],
  );
  const [report] = lint("src/nn/a.ts", forms[0]!);
  assert.deepEqual(report, {
    rule: "narrowbert/runtime",
    message:
      "Cannot name Deno here: only src/io/local/, src/cli/, src/server/ may; src/base/runtime.ts has what others " +
      "need",
    code: "Deno",
  });
});

Deno.test("runtime: files of this machine come through one import(), but for their types", () => {
  const target = '"../../io/local/local.ts"';
  const values = [`import { LOCAL } from ${target};`, `export * from ${target};`, `const local = import(${target});`];
  const types = [
    `import type { A } from ${target};`,
    `export type { A } from ${target};`,
    `let a: import(${target}).A;`,
  ];
  for (const form of values) {
    assert.deepEqual(rules("src/train/checkpoint/a.ts", form), ["narrowbert/runtime"], form);
    assert.deepEqual(rules("src/cli/outputs/a.ts", form), [], form);
  }
  for (const form of types) assert.deepEqual(rules("src/train/checkpoint/a.ts", form), [], form);
  const door = "src/io/folder/on_disk.ts";
  assert.deepEqual(rules(door, 'const local = import("../local/local.ts");'), []);
  assert.deepEqual(rules(door, 'import { LOCAL } from "../local/local.ts";'), ["narrowbert/runtime"]);
});

Deno.test("deno lint runs the rules, and reports file and line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "narrowbert lint " });
  try {
    await cp(new URL("../../deno.json", import.meta.url), `${folder}/deno.json`);
    await cp(new URL("../../tools/lint/", import.meta.url), `${folder}/tools/lint`, { recursive: true });
    await Deno.mkdir(`${folder}/src/base`, { recursive: true });
    await Deno.writeTextFile(`${folder}/src/base/bad.ts`, 'export const one = 1;\nexport * from "../io/x.ts";\n');
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["lint", "--compact"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 1);
    const output = new TextDecoder().decode(stderr);
    assert.match(
      output,
      /src\/base\/bad\.ts: line 2, col 1 - src\/base may not import src\/io\/x\.ts: .*\(narrowbert\/layers\)/,
    );
    assert.match(output, /Found 1 problem/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
