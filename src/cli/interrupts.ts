/** Shutdown when the user or the system sends a signal. */

/** The exit codes that shells give to a process ended by a signal: 128 plus the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** The process was asked to end by a signal. */
export class Interrupted extends Error {
  override name = "Interrupted";
  /** Exit code of the process. */
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`ended by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

/**
 * Aborts with {@linkcode Interrupted} at the first signal, so that output under way is finished (`writing.ts` says how
 * long that may take). Ends the process at the second.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      if (controller.signal.aborted) Deno.exit(EXIT_CODES[signal]);
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}
