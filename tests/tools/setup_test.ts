/**
 * The shell scripts on machines that lack one thing or another. Each machine is a PATH of its own: a few real tools, and
 * stubs that write down how they were called.
 */
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const TOOLS = ["cat", "chmod", "dirname", "env", "grep", "mkdir", "mktemp", "readlink", "sed", "sh"];
const DENO_PATH = ".deno/node_modules/@deno/linux-x64-glibc/deno";

/** A stub `deno` of the given version; run with anything but `--version`, it shows arguments, input and environment. */
const deno = (version: string) => `
if [ "$1" = --version ]; then echo "deno ${version} (stable, release, x86_64-unknown-linux-gnu)"; exit; fi
printf '[%s]' "$@"; printf '\\n'
echo "$DENO_WEBGPU_BACKEND in $XDG_RUNTIME_DIR"
cat`;

const GOOD = {
  deno: deno("2.9.6"),
  id: "echo 0",
  uname: "echo Linux",
  ldconfig: 'echo "  libvulkan.so.1 (libc6,x86-64) => /usr/lib/libvulkan.so.1"',
  "apt-get": "",
};

type Run = { code: number; stdout: string; stderr: string; calls: string[]; root: string };

function unlessClosed(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

/** Runs a script of the project, from another folder, on a machine with the given commands (null: it has none). */
async function run(
  script: string,
  args: string[],
  commands: Record<string, string | null>,
  env: Record<string, string> = {},
): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "narrowbert setup " });
  try {
    const [bin, root, data] = [join(folder, "path"), join(folder, "the root"), join(folder, "data/vulkan/icd.d")];
    for (const path of [bin, data, join(root, "bin"), join(root, "tools"), join(root, ".ci")]) {
      await mkdir(path, { recursive: true });
    }
    await writeFile(join(data, "lvp.json"), "{}");
    for (const file of ["bin/narrowbert", "bin/test", ".ci/run", "tools/setup.sh"]) {
      await copyFile(new URL(`../../${file}`, import.meta.url), join(root, file));
    }
    for (const tool of TOOLS) await symlink(await which(tool), join(bin, tool));
    for (const [name, body] of Object.entries({ ...GOOD, ...commands })) {
      const text = `#!/bin/sh\n[ "$1" = --version ] || echo "${name} $*" >>"$CALLS"\n${body}\n`;
      if (body !== null) await writeFile(join(bin, name), text, { mode: 0o755 });
    }
    await symlink(join(root, script), join(folder, "link"));
    const calls = join(folder, "calls");
    await writeFile(calls, "");
    const process = new Deno.Command(script === "bin/narrowbert" ? join(folder, "link") : join(root, script), {
      args,
      cwd: folder,
      clearEnv: true,
      env: {
        PATH: bin,
        HOME: folder,
        XDG_DATA_DIRS: join(folder, "data"),
        TMPDIR: folder,
        CALLS: calls,
        ROOT: root,
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = process.stdin.getWriter();
    // A script that refuses its arguments may have ended by now.
    await writer.write(new TextEncoder().encode("a line of input\n")).catch(unlessClosed);
    await writer.close().catch(unlessClosed);
    const { code, stdout, stderr } = await process.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const called = (await readFile(calls, "utf8")).split("\n").filter((call) =>
      !/^(id|uname|ldconfig|deno|$)/.test(call)
    );
    return { code, stdout: text(stdout), stderr: text(stderr), calls: called, root };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function which(tool: string): Promise<string> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, tool);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  throw new Error(`Cannot test the shell scripts: ${tool} is not on PATH`);
}

Deno.test("narrowbert: where nothing is missing it is silent and passes arguments and input through", async () => {
  const { code, stdout, stderr, calls, root } = await run(
    "bin/narrowbert",
    ["classify", "two words", "", "--json"],
    {},
  );
  const [args, environment, input] = stdout.split("\n");
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const variables = "NARROWBERT_GPU_DEBUG,XDG_CACHE_HOME,HOME,VK_DRIVER_FILES,VK_ICD_FILENAMES,DENO_WEBGPU_BACKEND";
  const permissions = `[--no-prompt][--allow-read][--allow-env=${variables}]`;
  const lock = `[--lock=${root}/bin/narrowbert.lock][--frozen]`;
  assert.equal(args, `[run]${permissions}${lock}[${root}/src/cli/main.ts][classify][two words][][--json]`);
  assert.match(environment ?? "", /^vulkan in .*\/narrowbert-0$/);
  assert.equal(input, "a line of input");
  assert.deepEqual(calls, []);
});

Deno.test("narrowbert: may write in its cache folder to tune, and nowhere else", async () => {
  const cache = await Deno.makeTempDir();
  try {
    for (
      const [args, granted] of [[["--debug", "tune"], `${cache}/narrowbert`], [["classify", "tune"], null]] as const
    ) {
      const { stdout } = await run("bin/narrowbert", [...args], {}, { XDG_CACHE_HOME: cache });
      const [, write] = /\[--allow-write=?(.*?)\]\[--lock/.exec(stdout) ?? [];
      assert.equal(write ?? null, granted, args.join(" "));
    }
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("narrowbert: may reach the host of a model that is a URL, and no other", async () => {
  const cases: [args: string[], granted: string | null][] = [
    [["classify", "--model", "https://host.example/a/b", "text"], "host.example"],
    [["classify", "--model=http://127.0.0.1:8080?x=/y"], "127.0.0.1:8080"],
    [["classify", "--model", "HTTPS://host.example/a"], "host.example"],
    [["classify", "--model", "ftp://host.example/a"], null],
    [["classify", "--model", "http://user:word@[::1]:8080"], "[::1]:8080"],
    [["classify", "--model", "a folder", "https://host.example/"], null],
    [["classify", "--", "--model", "https://host.example/"], null],
    [["classify", "https://host.example/"], null],
    [["train", "mlm", "--teacher", "https://host.example/a"], "host.example"],
    [["train", "--model=https://host.example/a", "mlm", "--teacher=http://[::1]:80/b"], "host.example,[::1]:80"],
    [["classify", "--teacher", "https://host.example/a"], null],
  ];
  for (const [args, granted] of cases) {
    const { stdout } = await run("bin/narrowbert", args, {});
    const [, net] = /\[--allow-net=?(.*?)\]\[--lock/.exec(stdout) ?? [];
    assert.equal(net ?? null, granted, args.join(" "));
  }
});

Deno.test("narrowbert: serve may listen on its address, reach its models' hosts, and read the variables of its help", async () => {
  const cases: [args: string[], env: Record<string, string>, net: string][] = [
    [[], {}, "127.0.0.1:3000"],
    [["--port", "8080"], {}, "127.0.0.1:8080"],
    [["-p", "0", "--hostname=0.0.0.0"], {}, "0.0.0.0:0"],
    [["-p81", "--hostname", "::1"], {}, "[::1]:81"],
    [[], { PORT: "82", HOSTNAME: "a-machine" }, "127.0.0.1:82"],
    [["--port=83"], { PORT: "82", HOSTNAME: "10.0.0.1" }, "10.0.0.1:83"],
    [["--port", "99999"], {}, "127.0.0.1:0"],
    [["--port", "a,b"], {}, "127.0.0.1:0"],
    [["--hostname", "a,b c"], {}, "127.0.0.1:3000"],
    [
      ["--model-id", "https://host.example/a", "--model-id=/a b/*", "--model-id", "path"],
      {},
      "host.example,127.0.0.1:3000",
    ],
    [[], { MODEL_ID: "/a,http://[::1]:80/b" }, "[::1]:80,127.0.0.1:3000"],
  ];
  for (const [args, env, net] of cases) {
    const { stdout } = await run("bin/narrowbert", ["serve", ...args], {}, env);
    const [line = ""] = stdout.split("\n");
    assert.equal(/\[--allow-net=?(.*?)\]\[--lock/.exec(line)?.[1], net, args.join(" "));
    assert.match(line, /^\[run\]\[--unstable-no-legacy-abort\]\[--no-prompt\]/);
    assert.match(line, /\[--allow-env=[^\]]*,PORT,[^\]]*,API_KEY,/);
  }
  for (const [args, env] of [[["--model-id", "org/model"], {}], [[], { MODEL_ID: "/a,org/model" }]] as const) {
    const { stdout } = await run("bin/narrowbert", ["serve", ...args], {}, { ...env, XDG_CACHE_HOME: "/caches" });
    assert.match(stdout, /\[--allow-net\].*\[--allow-write=\/caches\/huggingface\/hub\]/);
  }
  const { stdout } = await run("bin/narrowbert", ["classify", "--model-id", "org/model", "--port", "1"], {});
  assert.doesNotMatch(stdout, /--allow-net|--unstable|API_KEY/);
});

Deno.test("narrowbert: a path with a comma, which Deno cannot permit, is refused", async () => {
  const lines = [["train", "mlm", "--output", "a,b"], ["train", "mlm", "--report", "a,b"], ["classify", "-o", "a,b"]];
  for (const line of lines) {
    const { code, stdout, stderr } = await run("bin/narrowbert", line, {});
    assert.deepEqual([code, stdout], [2, ""]);
    assert.equal(
      stderr,
      "narrowbert: --output, --report, --trace, --table and a converted model's folder cannot have a comma: Deno permits " +
        "no such path\n",
    );
  }
  assert.equal((await run("bin/narrowbert", ["info", "--output", "a,b"], {})).code, 0);
});

Deno.test("narrowbert: commands that answer texts may write their output and what is beside it, others may not", async () => {
  const forms = [["--output", "out.csv"], ["--output=out.csv"], ["-o", "out.csv"], ["-oout.csv"]];
  const lines: [args: string[], granted: string[]][] = [
    ...forms.map((
      form,
    ): [string[], string[]] => [["classify", ...form], ["out.csv", "out.csv.resume", "out.csv.unfinished"]]),
    [["train", "mlm", "--output", "out"], ["out"]],
    [["info", "--output", "out"], []],
    [["classify", "--", "-o", "out.csv"], []],
  ];
  for (const [args, granted] of lines) {
    const { stdout } = await run("bin/narrowbert", args, {});
    assert.deepEqual(
      [...stdout.matchAll(/\[--allow-write=([^\]]*)\]/g)].map(([, path]) => path).sort(),
      granted,
      args.join(" "),
    );
  }
});

Deno.test("narrowbert: may write what a profile is asked for, and what the command that it runs may", async () => {
  const cases: [args: string[], granted: string[]][] = [
    [["classify", "--trace", "t.json", "text"], ["t.json"]],
    [["classify", "--trace=a b.json"], ["a b.json"]],
    [["classify", "--", "--trace=t.json"], []],
    [["classify", "--table", "t.txt", "--report", "r.html"], []],
    [["train", "mlm", "--output", "o", "--report", "r.html", "--trace", "t.json"], ["o", "r.html", "t.json"]],
    [["profile", "classify", "text"], []],
    [
      ["profile", "--table", "t.txt", "--report", "p.html", "--trace", "t.json", "classify"],
      ["t.json", "t.txt", "p.html"],
    ],
    [["profile", "--report=p.html", "--top", "3", "train", "mlm", "--report=r.html", "--output=o"], [
      "o",
      "r.html",
      "p.html",
    ]],
    [["profile", "--trace", "1.json", "embed", "--trace", "2.json"], ["2.json", "1.json"]],
    [["profile", "doctor", "--report", "r.html", "--output", "train"], []],
    [["profile", "classify", "--report", "r.html", "-o", "train"], ["train", "train.resume", "train.unfinished"]],
    [["classify", "profile", "--report=r.html", "--table=t.txt"], []],
    [["profile", "--table", "t.txt", "--", "classify", "-o", "out.csv", "--trace", "2.json"], [
      "out.csv",
      "out.csv.resume",
      "out.csv.unfinished",
      "2.json",
      "t.txt",
    ]],
    [["profile", "--", "classify", "-o", "a.csv", "--", "-o", "b.csv", "--trace=t"], [
      "a.csv",
      "a.csv.resume",
      "a.csv.unfinished",
    ]],
    [["profile", "classify", "--", "-o", "b.csv"], []],
  ];
  for (const [args, granted] of cases) {
    const { stdout, code } = await run("bin/narrowbert", args, {});
    assert.equal(code, 0);
    const [line = ""] = stdout.split("\n");
    const own = line.slice(0, /\[--lock/.exec(line)!.index);
    assert.deepEqual([...own.matchAll(/\[--allow-write=(.*?)\]/g)].map(([, path]) => path), granted, args.join(" "));
  }
  const host = await run("bin/narrowbert", ["profile", "classify", "--model", "https://host.example/a"], {});
  assert.match(host.stdout, /\[--allow-net=host\.example\]/);
  for (
    const args of [["classify", "--trace", "a,b"], ["profile", "--table=a,b", "classify"], [
      "profile",
      "--report",
      "a,b",
    ]]
  ) {
    const { code, stderr } = await run("bin/narrowbert", args, {});
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /cannot have a comma/);
  }
});

Deno.test("narrowbert: a Hub id takes all hosts, the Hub's variables, and writing in its cache; a path takes none", async () => {
  const cases: [args: string[], granted: { net: boolean; write: string } | null][] = [
    [["classify", "--model", "org/model"], { net: true, write: "/caches/huggingface/hub" }],
    [["tag", "--model=bert-base_v1.5", "--revision", "x"], { net: true, write: "/caches/huggingface/hub" }],
    [["train", "mlm", "--teacher", "org/model"], { net: true, write: "/caches/huggingface/hub" }],
    [["download", "org/model"], { net: true, write: "/caches/huggingface/hub" }],
    [["download", "org/model", "--cache-dir", "/mine"], { net: true, write: "/mine" }],
    [["cache", "list", "--cache-dir=/mine"], { net: false, write: "/mine" }],
    [["classify", "--model", "path"], null], // there is such a folder
    ...["./model", "/model", "a/b/c", "org/na me", "", "../x"].map((model): [string[], null] => [
      ["classify", "--model", model],
      null,
    ]),
    [["classify", "--", "--model", "org/model"], null],
    [["classify", "download"], null],
    [["classify", "--cache-dir", "/mine"], null],
  ];
  for (const [args, granted] of cases) {
    const { stdout } = await run("bin/narrowbert", args, {}, { XDG_CACHE_HOME: "/caches" });
    const [line = ""] = stdout.split("\n");
    const { index: end = 0 } = /\[--lock/.exec(line)!;
    const [, write] = /\[--allow-write=(.*?)\]/.exec(line.slice(0, end)) ?? [];
    assert.equal(line.slice(0, end).includes("[--allow-net]"), granted?.net ?? false, args.join(" "));
    assert.equal(write, granted?.write, args.join(" "));
    assert.equal(/--allow-env=[^\]]*,HF_TOKEN,/.test(line), granted !== null, args.join(" "));
  }
  const homes: [env: Record<string, string>, write: string][] = [
    [{ HF_HOME: "/hf" }, "/hf/hub"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
    [{ HF_HOME: "/hf", HF_HUB_CACHE: "/new", HUGGINGFACE_HUB_CACHE: "/old" }, "/new"],
    [{ HOME: "/me", HF_HUB_CACHE: "~/new" }, "/me/new"],
    [{ HOME: "/me" }, "/me/.cache/huggingface/hub"],
  ];
  for (const [env, write] of homes) {
    const { stdout } = await run("bin/narrowbert", ["download", "a"], {}, env);
    assert.equal(/\[--allow-write=(.*?)\]/.exec(stdout)?.[1], write);
  }
});

Deno.test("narrowbert: the caller's own choice of backend, folder and driver stands", async () => {
  const env = { DENO_WEBGPU_BACKEND: "gl", XDG_RUNTIME_DIR: "/own", VK_DRIVER_FILES: "/nonexistent" };
  const { stdout, calls } = await run("bin/narrowbert", ["doctor"], { ldconfig: "" }, env);
  assert.match(stdout, /^gl in \/own$/m);
  assert.deepEqual(calls, []);
});

Deno.test("narrowbert: macOS and Windows need no driver, and no backend is forced on them", async () => {
  for (const system of ["Darwin", "MINGW64_NT-10.0"]) {
    const { code, stdout, calls } = await run("bin/narrowbert", ["doctor"], { uname: `echo ${system}`, ldconfig: "" });
    assert.equal(code, 0);
    assert.match(stdout, /^ in $/m);
    assert.deepEqual(calls, []);
  }
});

/** A stub `npm` whose install puts a Deno of the given version where npm's package has it. */
const npm = (version: string) => `
target="$ROOT/${dirname(DENO_PATH)}"; mkdir -p "$target"
cat >"$target/deno" <<'END'
#!/bin/sh${deno(version)}
END
chmod +x "$target/deno"; cat; echo noise`;

Deno.test("setup: a Deno that is missing or too old is installed from npm, with a line to say so", async () => {
  for (const old of [null, deno("2.8.3"), deno("1.46.0"), "echo broken"]) {
    const { code, stdout, stderr, calls, root } = await run("bin/narrowbert", ["doctor"], {
      deno: old,
      npm: npm("2.9.6"),
    });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, `narrowbert: installing Deno 2.9.6 from npm into ${root}/.deno\n`);
    const flags = "--no-save --no-audit --no-fund --ignore-scripts";
    assert.deepEqual(calls, [`npm install --prefix ${root}/.deno ${flags} deno@2.9.6`]);
    assert.match(stdout, /^a line of input$/m, "npm does not eat the input");
    assert.doesNotMatch(stdout, /noise/);
  }
});

Deno.test("setup: later versions of Deno are good enough", async () => {
  for (const version of ["2.9.0", "2.10.1", "3.0.0-rc.1"]) {
    assert.deepEqual((await run("bin/narrowbert", ["doctor"], { deno: deno(version) })).calls, []);
  }
});

Deno.test("setup: where npm fails it shows why, and the command to run", async () => {
  const { code, stderr } = await run("bin/narrowbert", ["doctor"], { deno: null, npm: "echo no network >&2; exit 1" });
  assert.equal(code, 1);
  assert.match(stderr, /^no network$/m);
  assert.match(stderr, /run: npm install --global deno@2\.9\.6\n$/);
});

Deno.test("setup: a missing Vulkan driver is installed by root", async () => {
  const { code, stderr, calls } = await run("bin/narrowbert", ["doctor"], { ldconfig: "" });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "narrowbert: installing Debian's mesa-vulkan-drivers libvulkan1\n");
  assert.deepEqual(calls, [
    "apt-get -o DPkg::Lock::Timeout=120 update",
    "apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends mesa-vulkan-drivers libvulkan1",
  ]);
});

Deno.test("setup: sudo is used where it asks for no password", async () => {
  const commands = { id: "echo 1000", ldconfig: "", sudo: '[ "$1" = -n ] && shift && exec "$@"', true: "" };
  const { code, calls } = await run("bin/narrowbert", ["doctor"], commands);
  assert.equal(code, 0);
  assert.ok(calls.some((call) => call.startsWith("apt-get") && call.endsWith("mesa-vulkan-drivers libvulkan1")));
});

Deno.test("setup: whoever may not install is told the exact command", async () => {
  const command = "sudo apt-get update && sudo apt-get install -y mesa-vulkan-drivers libvulkan1";
  for (const sudo of [null, "echo a password is required >&2; exit 1"]) {
    const { code, stdout, stderr, calls } = await run("bin/narrowbert", ["doctor"], {
      id: "echo 1000",
      ldconfig: "",
      sudo,
    });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.ok(stderr.endsWith(`may install it; run: ${command}\n`), stderr);
    assert.ok(!calls.some((call) => call.startsWith("apt-get")));
  }
  const others = { dnf: "sudo dnf install -y mesa-vulkan-drivers", pacman: "sudo pacman -S --noconfirm vulkan-swrast" };
  for (const [manager, expected] of Object.entries(others)) {
    const { code, stderr } = await run("bin/narrowbert", ["doctor"], { "apt-get": null, ldconfig: "", [manager]: "" });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`run: ${expected}`), stderr);
  }
});

Deno.test("bin/test: says what it does and runs the gate, with its arguments", async () => {
  const { code, stdout, stderr, root } = await run("bin/test", ["lint", "test"], {});
  assert.equal(code, 0);
  assert.equal(stderr, `bin/test: checks format, lint, types, doc examples and tests in ${root}\n`);
  assert.ok(stdout.startsWith("[task][--quiet][ok][lint][test]\n"), stdout);
});

Deno.test(".ci/run: installs pip and Chromium, and runs every part", async () => {
  const { code, stdout, stderr, calls } = await run(".ci/run", [], {});
  assert.equal(code, 0, stderr);
  assert.ok(stdout.startsWith("[task][--quiet][ok][all]\n"), stdout);
  for (const name of ["python3-pip", "chromium"]) {
    assert.ok(calls.some((call) => call.endsWith(`install -y --no-install-recommends ${name}`)), calls.join());
  }
  assert.deepEqual((await run(".ci/run", [], { chromium: "", pip3: "" })).calls, []);
});

Deno.test("README.md names the version of Deno that tools/setup.sh installs", async () => {
  const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), "utf8");
  const version = /^DENO_VERSION=(.+)$/m.exec(await read("tools/setup.sh"))?.[1];
  assert.deepEqual([...(await read("README.md")).matchAll(/deno@([\d.]+\d)/g)].map(([, found]) => found), [version]);
});
