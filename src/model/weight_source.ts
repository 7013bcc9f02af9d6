import type { Checkpoint } from "../io/checkpoint.ts";

/** What is needed of a checkpoint: one from a folder is one, a map in memory can be another. */
export type WeightSource = Pick<Checkpoint, "location" | "names" | "info" | "float32">;
