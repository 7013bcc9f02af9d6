/** Prints the backend, as far as this process knows it. Run by tuning_file_test.ts. */

import { backendOf } from "../../../src/io/local/tuning_store.ts";

console.log(backendOf());
