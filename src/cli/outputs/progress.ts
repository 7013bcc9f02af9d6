/** A progress bar for long runs on standard error, if that is a terminal. */

import type { ProgressInfo } from "../../io/folder/folder.ts";
import { durationText } from "./sizes.ts";
import type { Terminal } from "./terminal.ts";

/** A run shows no bar before this time, in ms. */
const DELAY = 1000;
/** Least time between two drawings, in ms. */
const INTERVAL = 100;
/** Characters of the bar. */
const LENGTH = 24;

/** The bar of one run: of loading a model, then of answering. `main` removes it. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #length: number | null;
  readonly #now: () => number;
  #begun: number;
  #drawn = -Infinity;

  /**
   * @param length The length of the input, in any unit; `null` if it is not known.
   * @param now The time, in ms.
   */
  constructor(terminal: Terminal, length: number | null, now = () => performance.now()) {
    this.#terminal = terminal;
    this.#length = length;
    this.#now = now;
    this.#begun = now();
  }

  /** Receives the progress of reading a model's files. */
  loading(info: ProgressInfo): void {
    if (info.status !== "progress_total") return;
    this.#draw(info.progress / 100, "of the model loaded").catch(() => {}); // a failed status line is no failure
  }

  /** The model is loaded: time counts from now. */
  begin(): void {
    this.#begun = this.#now();
  }

  /** `count` questions are answered, which are the input up to `end` of its length. */
  answered(count: number, end: number): void {
    const seconds = (this.#now() - this.#begun) / 1000;
    const share = this.#length === null || this.#length === 0 ? null : Math.min(1, end / this.#length);
    const left = share === null || share === 0 ? "" : `, ${durationText(seconds * (1 - share) / share)} left`;
    this.#draw(share, `${count.toLocaleString("en")} answered, ${(count / seconds).toFixed(0)} a second${left}`)
      .catch(() => {}); // a failed status line is no failure
  }

  async #draw(share: number | null, text: string): Promise<void> {
    const style = this.#terminal.statusStyle;
    const now = this.#now();
    if (style === null || now - this.#begun < DELAY || now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    await this.#terminal.status(statusLine(share, text, style));
  }
}

function statusLine(
  share: number | null,
  text: string,
  { columns, color }: { columns: number; color: boolean },
): string {
  if (share === null) return text.slice(0, columns - 1);
  const done = Math.floor(Math.min(1, share) * LENGTH);
  const percent = `${Math.floor(Math.min(1, share) * 100)}%`.padStart(5);
  const rest = `${percent}  ${text}`.slice(0, Math.max(0, columns - LENGTH - 1));
  const full = "#".repeat(done);
  return `${color ? `\x1b[36m${full}\x1b[39m` : full}${"-".repeat(LENGTH - done)}${rest}`;
}
