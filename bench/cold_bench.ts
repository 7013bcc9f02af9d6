/**
 * Where the time of a cold command goes: `narrowbert fill-mask`, from the start of the process to its answer, with the
 * driver's cache of compiled shaders and without it. A sample is one process.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { figures, report, statistics } from "./report.ts";

const COMMAND = fileURLToPath(new URL("../bin/narrowbert", import.meta.url));
const PROCESSES = 5;

/** Milliseconds that a line of `--timings` gives to a phase. */
const PHASE = /^(\w+) +(\d+) ms/gm;

const CACHES = { "with the driver's cache": "false", "without": "true" };

for (const [name, MESA_SHADER_CACHE_DISABLE] of Object.entries(CACHES)) {
  /** Samples of each phase. */
  const phases = new Map<string, number[]>();
  let calls = 0;
  Deno.bench({ name, group: "narrowbert fill-mask", warmup: 1, n: PROCESSES - 1 }, async () => {
    const { success, stderr } = await new Deno.Command(COMMAND, {
      args: ["fill-mask", "--timings", "The capital of France is [MASK]."],
      env: { MESA_SHADER_CACHE_DISABLE },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.ok(success, text);
    if (++calls === 1) return; // the warm-up
    for (const [, phase, milliseconds] of text.matchAll(PHASE)) {
      const samples = phases.get(phase as string) ?? [];
      phases.set(phase as string, samples);
      samples.push(Number(milliseconds));
    }
  });
  report(() => {
    if (phases.size === 0) return []; // left out by a filter
    const values = Object.fromEntries([...phases].map(([phase, samples]) => [phase, statistics(samples).minimum]));
    return [figures({ name: `cold start ${name}`, unit: "ms", values })];
  });
}
