/** Child processes of tests: Deno itself, with exactly the given permissions. */

/** What a finished process left. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `deno run --no-prompt` with `args` in `cwd`. The environment is this process's, with `env` on top. */
export async function runDeno(
  args: string[],
  { cwd, env, stdin = "" }: { cwd?: string | URL; env?: Record<string, string>; stdin?: string } = {},
): Promise<Finished> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(stdin)).then(() => input.close()).catch(() => {}); // it may not read it
  const { code, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Kills a process, which may have ended by then. */
export function kill9(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
