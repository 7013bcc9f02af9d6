/** Trainers in processes of their own. */

import assert from "node:assert/strict";

const SCRIPT = new URL("./scripts/go_on.ts", import.meta.url).href;

/** How a trainer ended. */
export interface Ended {
  /** The last step that it told as saved; NaN if none. */
  told: number;
  /** The signal that ended it. */
  signal: string | null;
  /** What it warned of, or failed with. */
  errors: string;
}

/**
 * Goes on with the training in a folder, in another process.
 *
 * @param options `until`: the steps after which it ends; `killAfter`: milliseconds after its start, or after the first
 *   step that it tells if `fromFirst`, at which it is killed.
 */
export async function goOn(
  folder: string,
  { until, killAfter, fromFirst = false }: { until: number; killAfter?: number; fromFirst?: boolean },
): Promise<Ended> {
  const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-env=NARROWBERT_GPU_DEBUG"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...permissions, SCRIPT, folder, String(until)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const kill = () => {
    if (killAfter !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
  };
  if (!fromFirst) kill();
  let told = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    kill();
  }
  const { signal, success } = await child.status;
  clearTimeout(timer);
  assert.ok(success || signal !== null, await errors);
  // A line that was cut off is not counted.
  return { told: Number(told.split("\n").at(-2) ?? NaN), signal, errors: await errors };
}
