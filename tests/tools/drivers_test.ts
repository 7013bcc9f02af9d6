import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseDrivers, findDrivers, vulkanDriver } from "../../tools/drivers/find.ts";

const MAIN = fileURLToPath(new URL("../../tools/drivers/main.ts", import.meta.url));

async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "narrowbert drivers " });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("drivers: a manifest is a driver by a short name, and the only one that is listed", () => {
  const names: [manifest: string, name: string][] = [
    ["/usr/share/vulkan/icd.d/lvp_icd.x86_64.json", "llvmpipe"],
    ["/usr/lib/chromium/vk_swiftshader_icd.json", "swiftshader"],
    ["/etc/vulkan/icd.d/nvidia_icd.json", "nvidia"],
    ["radeon_icd.i686.json", "radeon"],
    ["/opt/own.json", "own"],
  ];
  for (const [manifest, name] of names) {
    assert.deepEqual(vulkanDriver(manifest), {
      name,
      env: { DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: "" },
    });
  }
});

Deno.test("drivers: those of all folders and manifests that are there, and OpenGL", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/icd.d`);
    for (const name of ["lvp_icd.x86_64.json", "intel_icd.x86_64.json", "README"]) {
      await Deno.writeTextFile(`${folder}/icd.d/${name}`, "{}");
    }
    await Deno.writeTextFile(`${folder}/vk_swiftshader_icd.json`, "{}");
    const places = ["none", "icd.d", "vk_swiftshader_icd.json", "none.json"].map((name) => `${folder}/${name}`);
    const found = findDrivers(places);
    assert.deepEqual(found.map(({ name }) => name), ["intel", "llvmpipe", "swiftshader", "opengl"]);
    assert.deepEqual(found.at(-1)!.env, { DENO_WEBGPU_BACKEND: "gl" });
    assert.deepEqual(chooseDrivers([], found), found);
    assert.deepEqual(findDrivers([]).map(({ name }) => name), ["default", "opengl"]);
    assert.deepEqual(chooseDrivers(["opengl", "intel"], found), [found[3], found[0]]);
    const [own] = chooseDrivers([`${folder}/icd.d/lvp_icd.x86_64.json`], []);
    assert.equal(own!.name, "llvmpipe");
    for (const name of ["nonsense", `${folder}/none.json`]) {
      assert.throws(() => chooseDrivers([name], found), {
        name: "RangeError",
        message:
          `Cannot test on "${name}": it must be one of intel, llvmpipe, swiftshader, opengl, or the manifest of ` +
          "a Vulkan driver",
      });
    }
  });
});

/** Runs the tool in a project with one test file. */
async function drivers(args: string[], tests: string): Promise<{ code: number; lines: string[]; stderr: string }> {
  let result = { code: -1, lines: [""], stderr: "" };
  await inFolder(async (cwd) => {
    const tasks = { test: "deno test --no-check --quiet" };
    await Deno.writeTextFile(`${cwd}/deno.json`, JSON.stringify({ tasks }));
    await Deno.writeTextFile(`${cwd}/sample_test.ts`, tests);
    await Deno.writeTextFile(`${cwd}/dead.json`, "{}");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-run=deno", MAIN, ...args],
      cwd,
      env: { PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
    result = { code, lines: out.trimEnd().split("\n"), stderr: err };
  });
  return result;
}

Deno.test("drivers: the tests run on all that find a device, and the table says what passed and failed", async () => {
  const tests = `
    Deno.test("one", () => { if (Deno.args[0] !== "given") throw new Error("bad"); });
    Deno.test("two", () => { throw new Error("bad"); });`;
  const { code, lines } = await drivers(["--", "sample_test.ts", "--", "given"], tests);
  assert.equal(code, 1);
  const last = lines.slice(lines.findLastIndex((line) => line === "") + 1);
  const [header, ...rows] = last.map((line) => line.split(/ {2,}/));
  assert.deepEqual(header, ["driver", "passed", "failed", "minutes", "adapter"]);
  assert.ok(rows.length > 0);
  for (const row of rows) assert.deepEqual(row.slice(1, 3), ["1", "1"], row.join());
});

Deno.test("drivers: one that was asked for, and finds no device, has failed", async () => {
  const { code, lines } = await drivers(["dead.json"], "");
  assert.equal(code, 1);
  assert.deepEqual(lines.at(-1)!.split(/ {2,}/), ["dead", "0", "1", "0.0", "finds no device here"]);
});

Deno.test("drivers: an unknown one is refused before anything runs", async () => {
  const { code, lines, stderr } = await drivers(["nonsense"], "");
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot test on "nonsense": it must be one of .*opengl, or the manifest of a Vulkan driver\n$/);
  assert.deepEqual(lines, [""]);
});
