/** Correlations of pairs of numbers. */

/** Pearson's correlation of two lists of the same length; NaN if one is constant, or there are less than two pairs. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  x.forEach((value, i) => {
    const [dx, dy] = [value - meanX, (y[i] as number) - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  });
  if (isConstant(x) || isConstant(y)) return NaN;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Spearman's correlation: Pearson's of the ranks. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  return pearson(ranks(x), ranks(y));
}

/** The mean; NaN of nothing. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

function isConstant(numbers: readonly number[]): boolean {
  return numbers.every((value) => value === numbers[0]);
}

/** The rank of each number from 1; equal ones share the mean of theirs. */
function ranks(numbers: readonly number[]): number[] {
  const order = numbers.map((_, i) => i).sort((a, b) => (numbers[a] as number) - (numbers[b] as number));
  const ranks = new Array<number>(numbers.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && numbers[order[to] as number] === numbers[order[from] as number]) to++;
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}
