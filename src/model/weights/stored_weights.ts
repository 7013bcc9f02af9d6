import type { Checkpoint } from "../../io/checkpoint/checkpoint.ts";

/** What is needed of a checkpoint: one from a folder is one, a map in memory can be another. */
export type StoredWeights = Pick<Checkpoint, "location" | "names" | "info" | "float32">;
