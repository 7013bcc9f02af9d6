/** What a graph asks of the contracts of the kernels that it calls. */

import type { Kernel } from "../kernels/kernel.ts";

/** Checks that variants have the same bindings and params, since the program runs any of them with the same ones. */
export function checkContract<F extends string, B extends string>(
  label: string,
  one: Kernel<F, B>,
  other: Kernel<F, B>,
): void {
  if (one === other) return;
  const contract = (kernel: Kernel<F, B>) =>
    JSON.stringify([
      kernel.bindingNames.map((name) => [name, isRead(kernel, name) || kernel.bindings[name]]),
      kernel.params,
    ]);
  if (contract(one) === contract(other)) return;
  throw new Error(`Cannot trace ${label}: kernels ${one.name} and ${other.name} differ in bindings or params`);
}

/** Whether a kernel only reads a binding, as a buffer or as a texture. */
export function isRead<F extends string, B extends string>({ bindings }: Kernel<F, B>, name: B): boolean {
  return bindings[name] === "read" || bindings[name] === "texture";
}
