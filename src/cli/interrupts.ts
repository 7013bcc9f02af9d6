/** Ending in good order when the user or the system asks for it. */

/** The exit code that shells give a process that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal has asked the process to end. */
export class Interrupted extends Error {
  override name = "Interrupted";
  /** What the process is to exit with. */
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`ended by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

/**
 * Aborts with {@linkcode Interrupted} at the first signal, so that what is being written is finished (`writing.ts` says
 * how long that may take); ends at the second.
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
