/** Runs a command line on a driver that gives every LayerNorm too large by a 2000th. Run by doctor_test.ts. */

import { interruption } from "../../../src/cli/interrupts.ts";
import { main } from "../../../src/cli/main.ts";
import { ProcessTerminal } from "../../../src/cli/outputs/terminal.ts";

const create = GPUDevice.prototype.createShaderModule;
GPUDevice.prototype.createShaderModule = function (descriptor) {
  const code = descriptor.code.replaceAll("row_moments.scale *", "1.0005 * row_moments.scale *");
  return create.call(this, { ...descriptor, code });
};
Deno.exit(await main(Deno.args, new ProcessTerminal(interruption())));
