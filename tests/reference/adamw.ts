/** A step of AdamW in float64, as `torch.optim.AdamW` makes it. */

/** What {@linkcode adamw} takes. */
export interface AdamwCall {
  g: ArrayLike<number>;
  p: ArrayLike<number>;
  m: ArrayLike<number>;
  v: ArrayLike<number>;
  /** The factor of the gradient. */
  clip: number;
  /** 1 - beta1^t and 1 - beta2^t. */
  corrections: readonly [number, number];
  lr: number;
  /** lr times the weight decay. */
  decay: number;
  /** 1 - beta1 and 1 - beta2. */
  rest1: number;
  rest2: number;
  eps: number;
}

/** Parameter and moments after the step. */
export function adamw(call: AdamwCall): Record<"p" | "m" | "v", Float64Array<ArrayBuffer>> {
  const { clip, corrections, lr, decay, rest1, rest2, eps } = call;
  const [p, m, v] = [call.p, call.m, call.v].map((data) => Float64Array.from(data)) as [
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
  ];
  for (let i = 0; i < p.length; i++) {
    const g = clip * (call.g[i] as number);
    p[i] = (1 - decay) * (p[i] as number);
    m[i] = (1 - rest1) * (m[i] as number) + rest1 * g;
    v[i] = (1 - rest2) * (v[i] as number) + rest2 * g * g;
    p[i]! -= lr * (m[i]! / corrections[0]) / (Math.sqrt(v[i]! / corrections[1]) + eps);
  }
  return { p, m, v };
}
