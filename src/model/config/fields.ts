/** Every key of config.json that this library reads: its default, and what it may be. */

/** One key of config.json. */
export interface Field<T> {
  /** Its value if the file does not have it. */
  readonly fallback: T;
  /** Completes the sentence "KEY must be ...". */
  readonly expected: string;
  readonly accepts: (value: unknown) => value is T;
  /** The usual spelling of a value that files have in others. */
  readonly usual?: (value: unknown) => unknown;
}

/**
 * The largest sizes accepted: far above any BERT ever published, low enough that a typing error is refused here and
 * allocates nothing. Whether a model fits the GPU is checked later, against the limits of the device.
 */
export const LARGEST = {
  vocab_size: 4_194_304,
  hidden_size: 65_536,
  num_hidden_layers: 1_024,
  num_attention_heads: 1_024,
  intermediate_size: 262_144,
  max_position_embeddings: 1_048_576,
  type_vocab_size: 65_536,
  num_labels: 1_048_576,
} as const;

/** The smallest epsilon: shaders may flush anything smaller to zero, and constant rows would then divide by it. */
const SMALLEST_NORMAL_F32 = 2 ** -126;

/**
 * An activation of the feed-forward blocks: all of transformers' without weights of their own. `gelu` and `gelu_python` are
 * the exact one (erf); `gelu_new`, `gelu_fast`, `gelu_accurate`, `gelu_pytorch_tanh` and `gelu_python_tanh` one by tanh;
 * `swish` is another name of `silu`.
 */
export type Activation =
  | "gelu"
  | "gelu_10"
  | "gelu_accurate"
  | "gelu_fast"
  | "gelu_new"
  | "gelu_python"
  | "gelu_python_tanh"
  | "gelu_pytorch_tanh"
  | "laplace"
  | "leaky_relu"
  | "linear"
  | "mish"
  | "quick_gelu"
  | "relu"
  | "relu2"
  | "relu6"
  | "sigmoid"
  | "silu"
  | "swish"
  | "tanh";
/** How attention knows the positions of tokens: by their embeddings, or by distances to keys (and queries). */
export type PositionType = "absolute" | "relative_key" | "relative_key_query";
/** A kind of sequence classification, which decides its loss. */
export type ProblemType = "regression" | "single_label_classification" | "multi_label_classification";
/** A value of `model_type` whose weights this library reads. */
export type ModelType = "narrow_bert" | "bert";

/** Every {@linkcode Activation}. */
export const ACTIVATIONS: readonly Activation[] = [
  "gelu",
  "gelu_10",
  "gelu_accurate",
  "gelu_fast",
  "gelu_new",
  "gelu_python",
  "gelu_python_tanh",
  "gelu_pytorch_tanh",
  "laplace",
  "leaky_relu",
  "linear",
  "mish",
  "quick_gelu",
  "relu",
  "relu2",
  "relu6",
  "sigmoid",
  "silu",
  "swish",
  "tanh",
];
/** Every {@linkcode PositionType}. */
export const POSITION_TYPES: readonly PositionType[] = ["absolute", "relative_key", "relative_key_query"];
/** Every {@linkcode ProblemType}. */
export const PROBLEM_TYPES: readonly ProblemType[] = [
  "regression",
  "single_label_classification",
  "multi_label_classification",
];

/** A whole number, by default from 1. */
export function whole(fallback: number, max: number, min = 1): Field<number> {
  return {
    fallback,
    expected: `a whole number from ${min} to ${max}`,
    accepts: (value): value is number =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max,
  };
}

/** A number from `min` to `max`, both included. */
function between(fallback: number, min: number, max: number): Field<number> {
  return {
    fallback,
    expected: `a number from ${min} to ${max}`,
    accepts: (value): value is number => typeof value === "number" && value >= min && value <= max,
  };
}

/** A dropout probability. */
const probability = (fallback: number): Field<number> => between(fallback, 0, 1);

function oneOf<T extends string>(fallback: T, values: readonly T[]): Field<T> {
  return {
    fallback,
    expected: `one of ${values.map((value) => `"${value}"`).join(", ")}`,
    accepts: (value): value is T => values.some((allowed) => allowed === value),
  };
}

/** `null`, the default, or what the other field accepts. */
function optional<T>(field: Field<T>): Field<T | null> {
  return {
    fallback: null,
    expected: `null or ${field.expected}`,
    accepts: (value): value is T | null => value === null || field.accepts(value),
  };
}

/** The same field, where `null` says that nothing is given. */
function orNull<T>(field: Field<T>): Field<T> {
  return { ...field, usual: (value) => value === null ? field.fallback : value };
}

/** The usual spelling of a problem type: files have hyphens, capitals, and leave `classification` out. */
function usualProblem(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const words = value.trim().toLowerCase().replaceAll(/[-\s]+/g, "_").replace(
    /^(single|multi)_?label(?=_|$)/,
    "$1_label",
  );
  return /^(single|multi)_label$/.test(words) ? `${words}_classification` : words;
}

const TEXT: Field<string> = {
  fallback: "",
  expected: "a string",
  accepts: (value): value is string => typeof value === "string",
};

const TEXTS: Field<readonly string[]> = {
  fallback: [],
  expected: "a list of strings",
  accepts: (value): value is readonly string[] => Array.isArray(value) && value.every((item) => TEXT.accepts(item)),
};

const SWITCH: Field<boolean> = {
  fallback: true,
  expected: "true or false",
  accepts: (value): value is boolean => typeof value === "boolean",
};

/** A switch of Hugging Face's BERT for something that NarrowBERT is not. */
const OFF: Field<false> = {
  fallback: false,
  expected: "false, as NarrowBERT is an encoder",
  accepts: (value): value is false => value === false,
};

/**
 * The keys that hold one value. Labels and pruned heads, which have parts of their own, are read in `labels.ts` and
 * `pruned_heads.ts`.
 */
export const FIELDS = {
  model_type: oneOf<ModelType>("narrow_bert", ["narrow_bert", "bert"]),
  architectures: optional(TEXTS),
  vocab_size: whole(30_522, LARGEST.vocab_size),
  hidden_size: whole(768, LARGEST.hidden_size),
  num_hidden_layers: whole(12, LARGEST.num_hidden_layers),
  full_length_layers: whole(2, LARGEST.num_hidden_layers, 0),
  num_attention_heads: whole(12, LARGEST.num_attention_heads),
  intermediate_size: whole(3_072, LARGEST.intermediate_size),
  hidden_act: oneOf<Activation>("gelu", ACTIVATIONS),
  hidden_dropout_prob: probability(0.1),
  attention_probs_dropout_prob: probability(0.1),
  classifier_dropout: optional(probability(0)),
  max_position_embeddings: whole(512, LARGEST.max_position_embeddings),
  type_vocab_size: whole(2, LARGEST.type_vocab_size),
  initializer_range: between(0.02, 0, 100),
  layer_norm_eps: between(1e-12, SMALLEST_NORMAL_F32, 1),
  pad_token_id: {
    ...optional(whole(0, LARGEST.vocab_size - 1, 0)),
    fallback: 0 as number | null,
    usual: (value: unknown) => value === -1 ? null : value, // no padding token
  },
  position_embedding_type: orNull(oneOf<PositionType>("absolute", POSITION_TYPES)),
  problem_type: { ...optional(oneOf<ProblemType>("regression", PROBLEM_TYPES)), usual: usualProblem },
  tie_word_embeddings: orNull(SWITCH),
  is_decoder: orNull(OFF),
  add_cross_attention: orNull(OFF),
  torch_dtype: optional(TEXT),
};

/** The values of {@linkcode FIELDS}. */
export type ConfigFields = { readonly [K in keyof typeof FIELDS]: (typeof FIELDS)[K]["fallback"] };
