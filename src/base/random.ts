/** Random numbers that depend on the seed alone: a counter-based generator and a sequential one. */

/**
 * 32 random bits for a counter, by Philox-2x32 with 10 rounds.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(seed: number, stream: number, index: number): [number, number] {
  let x0 = index >>> 0;
  let x1 = stream >>> 0;
  let key = seed >>> 0;
  for (let round = 0; round < 10; round++) {
    const [high, low] = multiply(0xd256d193, x0);
    x0 = (high ^ key ^ x1) >>> 0;
    x1 = low;
    key = (key + 0x9e3779b9) >>> 0;
  }
  return [x0, x1];
}

/** The high and low 32 bits of a product of two 32-bit numbers. */
function multiply(a: number, b: number): [number, number] {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  const high = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/** `count` standard normal numbers (Box-Muller) of one stream of a seed. */
export function normals(seed: number, stream: number, count: number): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const [a, b] = philox(seed, stream, i / 2);
    const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32));
    const angle = 2 * Math.PI * b / 2 ** 32;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** A generator of pseudo-random numbers, uniform in [-1, 1): mulberry32 (public domain, Tommy Ettinger). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}
