/** Warnings of the library: the one place where it speaks without being asked. */

/** Tells the developer something that is no error, on the console. */
export function warn(message: string): void {
  console.warn(`narrowbert: ${message}`);
}
