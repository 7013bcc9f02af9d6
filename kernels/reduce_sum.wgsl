// out[0] = (sum of x[0 .. count - 1]) / divisor; 0 if the divisor is 0
//
// x: [count], tight; out: [1]. One workgroup of LANES lanes; the order of the sum depends on the count alone.

struct Params {
  count: u32,
  divisor: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < params.count; i += LANES) {
    sum += x[i];
  }
  let total = sum_over_lanes(vec4<f32>(sum, 0, 0, 0), lane, lane);
  if (lane == 0) { out[0] = select(total / f32(params.divisor), 0, params.divisor == 0); }
}
