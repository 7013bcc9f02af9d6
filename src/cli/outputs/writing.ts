/** Writing to a stream whose reader may be slow, stuck or gone. */

import { writeAll } from "../../io/local/atomic_write.ts";

/** Most bytes that a pipe takes as a whole or not at all: PIPE_BUF of Linux. */
const WHOLE = 4096;
/** How long a text may take to be written once the signal is aborted, in ms. */
const GRACE = 1000;

/**
 * Writes a text in parts of whole lines. A reader that has stopped gets no half lines, unless a line is longer than
 * 4 KiB: such a line is a part of its own.
 *
 * @param signal When it is aborted, the text is still written, if that takes no longer than a second.
 * @throws The signal's reason, if the reader has stopped.
 */
export async function writeText(stream: Parameters<typeof writeAll>[0], text: string, signal: AbortSignal) {
  const { promise: late, reject } = Promise.withResolvers<never>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hurry = () => timer = setTimeout(() => reject(signal.reason), GRACE);
  if (signal.aborted) hurry();
  signal.addEventListener("abort", hurry);
  try {
    for (const part of wholeLines(new TextEncoder().encode(text))) await Promise.race([writeAll(stream, part), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", hurry);
  }
}

const LINE_FEED = 0x0a;

/** Parts of as many lines as there is room for, at least one. */
function* wholeLines(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0, to: number; from < bytes.length; from = to) {
    const most = from + WHOLE;
    to = most < bytes.length ? bytes.lastIndexOf(LINE_FEED, most - 1) + 1 : bytes.length;
    if (to <= from) to = bytes.indexOf(LINE_FEED, from) + 1 || bytes.length;
    yield bytes.subarray(from, to);
  }
}
