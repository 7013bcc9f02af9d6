/** Prints the driver of the adapter here, or the name of the error if there is none. Run by fingerprint_test.ts. */

import { requestGpu } from "../../../src/gpu/device.ts";
import { driverOf } from "../../../src/kernels/tuning/remembered.ts";

try {
  console.log(JSON.stringify(await driverOf(await requestGpu())));
} catch (error) {
  console.log(JSON.stringify((error as Error).name));
}
