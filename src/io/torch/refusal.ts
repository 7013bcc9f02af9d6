/** Why a PyTorch file is refused: thrown where the fault is found, and told with the file's name by `torch.ts`. */

import type { CheckpointReason } from "../../base/errors.ts";

/** A fault of a file, in words that follow `Cannot read "file": `. */
export class Refusal extends Error {
  readonly reason: CheckpointReason;

  constructor(reason: CheckpointReason, problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.reason = reason;
  }
}
