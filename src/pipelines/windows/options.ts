/** Options about texts that are longer than the model takes: windows, and how their answers become one. */

/** How the answers of a text's windows become one: their mean, the largest of each number, or that of the first window. */
export type Aggregation = "mean" | "max" | "first";

/** Every {@linkcode Aggregation}. */
export const AGGREGATIONS: readonly Aggregation[] = ["mean", "max", "first"];

/** The option of every task that takes texts of any length. */
export interface StrideOptions {
  /**
   * Takes a text of any length, in windows that share this many tokens with their neighbours: fewer than a window takes
   * of the text. They are those of `encode_plus` with `stride` and `return_overflowing_tokens`, from the text's beginning
   * on. Nothing is cut then, and `truncation` is ignored.
   */
  stride?: number;
}

/** Options of a task that gives one answer a text, whatever its length. */
export interface WindowOptions<Windows extends boolean = boolean> extends StrideOptions {
  /**
   * How the answers of a text's windows become one, with {@linkcode stride}: `mean`, each window counting the same; `max`,
   * the largest of each number; or `first`, that of the first window, which is computed alone. Default `mean`, of a
   * ranking `max`.
   */
  aggregation?: Aggregation;
  /** Give each window with its own answer too, with {@linkcode stride}. Default `false`. */
  return_windows?: Windows;
}

/** Names of {@linkcode WindowOptions}. */
export const WINDOW_OPTIONS = ["stride", "aggregation", "return_windows"] as const;

/** How the texts of a call are cut, and their answers joined. */
export interface WindowPlan {
  readonly stride: number;
  readonly aggregation: Aggregation;
  /** Whether each window's answer is given. */
  readonly isShown: boolean;
  /** Most windows of a text that are computed. */
  readonly most: number;
}

/** What a stride is checked by. */
interface Room {
  /** The action, for messages: `classify texts`. */
  readonly action: string;
  /** The most tokens of a text in a window. */
  readonly capacity: number;
  /** What else is in every window, for messages. @default "what the tokenizer adds" */
  readonly beside?: string;
}

/**
 * The plan of a call; `null` if it takes no texts that are too long.
 *
 * @param room `usual`: how answers are joined if the options do not say.
 * @throws {RangeError} If an option's value is not allowed, or has no meaning without the stride.
 */
export function windowPlan(
  { stride, aggregation, return_windows: isShown = false }: WindowOptions,
  { usual = "mean", ...room }: Room & { usual?: Aggregation },
): WindowPlan | null {
  const { action } = room;
  if (aggregation !== undefined && !AGGREGATIONS.includes(aggregation)) {
    throw new RangeError(
      `Cannot ${action}: aggregation must be one of ${AGGREGATIONS.join(", ")}, got "${aggregation}"`,
    );
  }
  if (stride === undefined) {
    const needy = aggregation !== undefined ? "aggregation" : isShown ? "return_windows" : null;
    if (needy === null) return null;
    throw new RangeError(
      `Cannot ${action}: ${needy} is about windows, so it needs a stride, the tokens that they share`,
    );
  }
  checkStride(stride, room);
  const chosen = aggregation ?? usual;
  return { stride, aggregation: chosen, isShown, most: chosen === "first" && !isShown ? 1 : Infinity };
}

/**
 * Checks the tokens that neighbouring windows share.
 *
 * @throws {RangeError} If it is no whole number below the capacity.
 */
export function checkStride(
  stride: number | undefined,
  { action, capacity, beside = "what the tokenizer adds" }: Room,
): void {
  if (stride === undefined) return;
  if (capacity < 1) {
    throw new RangeError(`Cannot ${action} by windows: ${beside} is in each, and leaves no token of it to the text`);
  }
  if (Number.isSafeInteger(stride) && stride >= 0 && stride < capacity) return;
  throw new RangeError(
    `Cannot ${action}: stride must be a whole number from 0 to ${
      capacity - 1
    }, as a window takes ${capacity} tokens of ` +
      `a text, got ${stride}`,
  );
}
