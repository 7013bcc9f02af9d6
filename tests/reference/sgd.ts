/** A step of gradient descent with momentum in float64, as `torch.optim.SGD` makes it. */

/** What {@linkcode sgd} takes. */
export interface SgdCall {
  g: ArrayLike<number>;
  p: ArrayLike<number>;
  b: ArrayLike<number>;
  /** The factor of the gradient. */
  clip: number;
  lr: number;
  decay: number;
  momentum: number;
}

/** Parameter and momentum after the step. */
export function sgd(
  { g, p, b, clip, lr, decay, momentum }: SgdCall,
): Record<"p" | "b", Float64Array<ArrayBuffer>> {
  const next = Float64Array.from(b, (value, i) => {
    return momentum * value + clip * (g[i] as number) + decay * (p[i] as number);
  });
  return { p: Float64Array.from(p, (value, i) => value - lr * (next[i] as number)), b: next };
}
