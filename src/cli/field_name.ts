/** Names of fields that give way to others. */

/** The name itself, or with as many `input_` before it as it takes until no field has it. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  return isTaken(name) ? freeName(`input_${name}`, isTaken) : name;
}
