/** What the parties are timed on, and the data that all get: drawn from fixed seeds, so that nothing has to be sent round. */

/**
 * A chain of products `x = x B` that starts with A; B is square. As each needs the one before, no peer can leave one out.
 * Ours repeats the first: a launch is bound to its buffers, and leaves nothing out.
 */
export interface GemmWork {
  kind: "gemm";
  name: string;
  /** A is `[m, k]`, B `[k, k]`. */
  m: number;
  k: number;
  /** Products of a sample, before the one read of the last. */
  times: number;
  /** Floating-point operations of one product. */
  flop: number;
  /** File of one product. */
  onnx: string;
}

/** Forward passes from token ids to the last hidden state of an ordinary BERT without padding. */
export interface ModelWork {
  kind: "model";
  name: string;
  /** Folder of config.json and model.safetensors. */
  folder: string;
  sequences: number;
  length: number;
  /** H of the last hidden state. */
  width: number;
  /** Ids are below this. */
  vocabulary: number;
  /** Passes of a sample, all in flight before the first is read; each result is read. */
  times: number;
  /** Floating-point operations of one pass, counting products alone. */
  flop: number;
  /** File of the same network with the same weights. */
  onnx: string;
}

/**
 * Training steps of a masked language model whose layers are all full: forward, backward and AdamW, without dropout or
 * clipping. Logits are those of the masked rows.
 */
export interface StepWork {
  kind: "step";
  name: string;
  /** Folder of config.json and model.safetensors. */
  folder: string;
  sequences: number;
  /** Steps of a sample; the loss of each is read. */
  times: number;
  /** Floating-point operations of one step, counting products alone. */
  flop: number;
}

export type Work = GemmWork | ModelWork | StepWork;

/** Numbers from 0 up to 1, the same for a seed everywhere. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A of deviation 1, and B of deviation `1 / sqrt(k)`, with which the chain's numbers neither grow nor vanish. */
export function matrices({ m, k }: GemmWork): { a: Float32Array<ArrayBuffer>; b: Float32Array<ArrayBuffer> } {
  const next = uniform(m);
  const draw = (count: number, deviation: number) =>
    Float32Array.from({ length: count }, () => (2 * next() - 1) * Math.sqrt(3) * deviation);
  return { a: draw(m * k, 1), b: draw(k * k, 1 / Math.sqrt(k)) };
}

/** What an exported BERT is given, row by row: every token is real and of type 0. */
export function tokens({ vocabulary, sequences, length }: Pick<ModelWork, "vocabulary" | "sequences" | "length">) {
  const next = uniform(vocabulary);
  const count = sequences * length;
  return {
    input_ids: Int32Array.from({ length: count }, () => 1 + Math.floor(next() * (vocabulary - 1))),
    attention_mask: new Int32Array(count).fill(1),
    token_type_ids: new Int32Array(count),
  };
}
