// Random bits by Philox-2x32 with 10 rounds, the same as `philox` of src/base/random.ts: a function of its three
// arguments alone, so that what was drawn once can be drawn again.

// The high 32 bits of a * b.
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffff) * (b & 0xffff);
  let middle = (a >> 16) * (b & 0xffff) + (low >> 16);
  let cross = (a & 0xffff) * (b >> 16) + (middle & 0xffff);
  return (a >> 16) * (b >> 16) + (middle >> 16) + (cross >> 16);
}

// Two words of 32 random bits.
fn philox(seed: u32, stream: u32, index: u32) -> vec2<u32> {
  var x = vec2<u32>(index, stream);
  var key = seed;
  for (var round = 0; round < 10; round++) {
    x = vec2<u32>(multiply_high(0xd256d193, x.x) ^ key ^ x.y, 0xd256d193 * x.x);
    key += 0x9e3779b9;
  }
  return x;
}
