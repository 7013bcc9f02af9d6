/** Where it was before it moved; goes once `src/kernels/tuning/tuning_file.ts` reads through `on_disk.ts`. */

export { writeAtomically } from "../local/atomic_write.ts";
