/** Variables of the environment, of which none may be set or read. */

import { isGranted } from "../../base/runtime.ts";

/** The value of a variable; empty if it is unset or may not be read. */
export function variableOf(variable: string): string {
  return isGranted({ name: "env", variable }) ? Deno.env.get(variable) ?? "" : "";
}

/** Whether a variable is a switch that is on, as Python's `huggingface_hub` has it. */
export function isOn(variable: string): boolean {
  return /^(1|ON|YES|TRUE)$/i.test(variableOf(variable));
}

/** The user's home folder; empty if it is not known. */
export function homeFolder(): string {
  return variableOf("HOME") || variableOf("USERPROFILE");
}
