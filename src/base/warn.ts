/** Warnings of the library: the only thing that it prints. */

/** Prints a warning for the developer on the console. */
export function warn(message: string): void {
  console.warn(`narrowbert: ${message}`);
}
