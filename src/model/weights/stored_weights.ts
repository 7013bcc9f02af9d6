import type { Checkpoint } from "../../io/checkpoint/checkpoint.ts";

/** The part of a checkpoint that weights are resolved from. Tests implement it by a map in memory. */
export type StoredWeights = Pick<Checkpoint, "location" | "names" | "info" | "float32">;
