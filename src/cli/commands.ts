/** The command table: a row per command. A new command is a file in `commands/` and a row here. */

import type { Command } from "./command.ts";
import { classify } from "./commands/classify.ts";
import { doctor } from "./commands/doctor.ts";
import { fillMask } from "./commands/fill_mask.ts";
import { info } from "./commands/info.ts";

/** Every command, in the order of `narrowbert --help`. */
export const COMMANDS: readonly Command[] = [fillMask, classify, info, doctor];
