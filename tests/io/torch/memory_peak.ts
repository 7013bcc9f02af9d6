/** The most memory that a process took, in bytes. Linux knows, and a process with all permissions may ask; others look. */

const IS_LINUX = Deno.build.os === "linux";

/** Begins to measure anew. */
export function resetPeak(): void {
  if (IS_LINUX) Deno.writeTextFileSync("/proc/self/clear_refs", "5");
}

/** The most since the last reset; elsewhere than on Linux, what is taken now. */
export function peakBytes(): number {
  if (!IS_LINUX) return Deno.memoryUsage().rss;
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
  return Number(kilobytes) * 1024;
}
