/** The errors of the Hub and of its cache. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";

/** How an error came about. */
export interface HubErrorDetails {
  /** Whether the same request may succeed later, without anybody doing anything. */
  readonly isPassing?: boolean;
  /** Whether the revision that was asked for is no more, so that an older copy will not do. */
  readonly isGone?: boolean;
  /** Whether no answer came at all. */
  readonly isUnreachable?: boolean;
  /** For how long the server asks to be left alone, in ms. */
  readonly pause?: number;
  readonly cause?: unknown;
}

/** A repository, or a file in it, cannot be had. Callers see a `CheckpointError`. */
export class HubError extends CheckpointError {
  readonly isPassing: boolean;
  readonly isUnreachable: boolean;
  readonly isGone: boolean;
  readonly pause: number | undefined;

  constructor(message: string, details: HubErrorDetails = {}) {
    const { isPassing = false, isUnreachable = false, isGone = false, pause, cause } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.isPassing = isPassing;
    this.isGone = isGone;
    this.isUnreachable = isUnreachable;
    this.pause = pause;
  }
}

/** What to add if a repository is not found: a folder may have been meant. */
export const NO_FOLDER = "; nor is there such a folder here";

/** The thing that messages name: a file of a repository, or the list of its files. */
export function named(file: string | null, id: string): string {
  return file === null ? `the files of ${quote(id)}` : `${quote(file)} of ${quote(id)}`;
}

/** The error of a file that cannot be downloaded, or of the list of files. */
export function hubError(what: string, problem: string, details: HubErrorDetails = {}): HubError {
  return new HubError(`Cannot download ${what} from the Hugging Face Hub: ${problem}`, details);
}
