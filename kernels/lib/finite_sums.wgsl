// Sums of numbers of 0 or more by LANES lanes (a power of two), which say by their bits when they are not finite.
//
// A shader may be compiled as if neither infinity nor NaN could occur, so no comparison of numbers finds them. Bits do:
// of numbers of 0 or more the larger has the larger bits, and those of infinity and NaN are larger still. What overflows
// may also become the largest f32. So whatever reaches 2^126 counts as infinite.
//
// This text goes after the kernel's own: naga 29 panics on an override that follows an array sized by one.

override LANES: u32;

// The bits of infinity.
const INFINITE = 0x7f800000u;

// The bits of 2^126, the least that counts as infinite.
const TOO_LARGE = 0x7e800000u;

var<workgroup> sums: array<f32, LANES>;
var<workgroup> spoiled: array<u32, LANES>;

// The bits of the sum over all lanes, by a tree of a fixed shape; INFINITE if it is not finite, or if `is_spoiled` says
// for some lane that its sum is of something that was not.
fn bits_of_sum(sum: f32, is_spoiled: bool, lane: u32) -> u32 {
  sums[lane] = sum;
  spoiled[lane] = select(0u, 1u, is_spoiled || bitcast<u32>(sum) >= TOO_LARGE);
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
      spoiled[lane] |= spoiled[lane + half];
    }
  }
  workgroupBarrier();
  let bits = bitcast<u32>(sums[0]);
  return select(bits, INFINITE, spoiled[0] > 0 || bits >= TOO_LARGE);
}
