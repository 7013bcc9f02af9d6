/** Every kernel's TypeScript contract says what its WGSL says: sizes, bindings and constants. */

import assert from "node:assert/strict";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { KERNELS, MEASURING_KERNELS } from "../../src/kernels/registry.ts";

const ALL = [...KERNELS, ...MEASURING_KERNELS];

Deno.test("every shader of kernels/ is that of a kernel in the registry, which Chromium compiles too", async () => {
  const names = new Set(ALL.map(({ name }) => name));
  const shaders: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../../kernels", import.meta.url))) {
    if (name.endsWith(".wgsl")) shaders.push(name.slice(0, -".wgsl".length));
  }
  assert.ok(shaders.length > 50);
  assert.deepEqual(shaders.filter((name) => !names.has(name)), []);
});

/** What a shader declares, in the words of a contract. */
interface Declared {
  /** Fields of `struct Params`, in order. */
  params: [name: string, type: string][];
  /** Bindings from 1 on, by number. */
  bindings: [name: string, access: Access][];
  /** `override` constants that the caller may set, by name. */
  constants: string[];
  /** Defaults of those that have one in the shader. */
  defaults: Record<string, number>;
}

/** How a shader may use a binding. */
type Access = "reads" | "writes" | "texture";

/** Reads the declarations of a shader whose parts were joined. */
function parse(source: string): Declared {
  const code = source.replaceAll(/\/\/.*/g, "");
  const structs = [...code.matchAll(/struct Params \{([^}]*)\}/g)];
  assert.equal(structs.length, 1, "one struct Params");
  const params = [...structs[0]![1]!.matchAll(/(\w+)\s*:\s*([\w<>]+)/g)];
  const bindings: [string, Access][] = [];
  for (const [, number, space = "", name, type] of code.matchAll(BINDING)) {
    if (number === "0") assert.deepEqual([space, type], ["uniform", "Params"]);
    else {
      assert.equal(bindings[Number(number) - 1], undefined, `binding ${number} stands twice`);
      bindings[Number(number) - 1] = [name!, accessOf(space, type!)];
    }
  }
  // An override with a formula follows from the others.
  const overrides = [...code.matchAll(/\boverride (\w+)\s*:\s*u32\s*(?:=\s*([^;]+?)\s*)?;/g)]
    .filter(([, , value]) => value === undefined || /^\d+u?$/.test(value));
  return {
    params: params.map(([, name, type]) => [name!, type!]),
    bindings,
    constants: overrides.map(([, name]) => name!).sort(),
    defaults: Object.fromEntries(
      overrides.flatMap(([, name, value]) => value === undefined ? [] : [[name!, parseInt(value)]]),
    ),
  };
}

const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var(?:<([^>]*)>)?\s+(\w+)\s*:\s*([\w<>]+)\s*;/g;

function accessOf(space: string, type: string): Access {
  if (space === "storage, read") return "reads";
  if (space === "storage, read_write") return "writes";
  assert.deepEqual([space, type], ["", "texture_2d<f32>"]);
  return "texture";
}

/** What a contract declares. What it writes or updates, the shader may read as well. */
function declared({ params, bindings, constants }: Kernel): Declared {
  return {
    params: Object.entries(params),
    bindings: Object.entries(bindings).map(([name, access]) => {
      return [name, access === "texture" ? access : access === "read" ? "reads" : "writes"];
    }),
    constants: Object.keys(constants()).sort(),
    defaults: constants(),
  };
}

for (const kernel of ALL) {
  Deno.test(`contract and shader of ${kernel.name} declare the same`, () => {
    const shader = parse(kernel.source);
    const contract = declared(kernel);
    assert.deepEqual({ ...shader, defaults: { ...contract.defaults, ...shader.defaults } }, contract);
    assert.equal(kernel.paramBytes, Math.ceil(shader.params.length / 4) * 16);
  });
}

Deno.test("a difference of any kind is seen", () => {
  const source = `
    override ROWS: u32 = 8; // override OTHER: u32;
    override LANES: u32;
    override THREADS: u32 = ROWS * LANES;
    struct Params { m: u32, n: f32, } // struct Params { x: u32 }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
    @group(0) @binding(1) var<storage, read> x: array<Weight4>;
    @group(0) @binding(3) var y: texture_2d<f32>;`;
  assert.deepEqual(parse(source), {
    params: [["m", "u32"], ["n", "f32"]],
    bindings: [["x", "reads"], ["out", "writes"], ["y", "texture"]],
    constants: ["LANES", "ROWS"],
    defaults: { ROWS: 8 },
  });
  assert.throws(() => parse(source.replace("binding(3)", "binding(2)")), /binding 2 stands twice/);
  assert.throws(() => parse(source.replaceAll("struct Params", "struct Sizes")), /one struct Params/);
  assert.throws(() => parse(source.replace("var<uniform>", "var<storage, read>")));
});
