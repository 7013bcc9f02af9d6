/** The error function in float64, to about 1e-13: a power series near zero, a continued fraction for erfc beyond. */

export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = (k / 2) / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
  }
  let sum = 0;
  let term = x;
  for (let k = 0; k < 60; k++) {
    sum += term / (2 * k + 1);
    term *= -x * x / (k + 1);
  }
  return sum * 2 / Math.sqrt(Math.PI);
}
