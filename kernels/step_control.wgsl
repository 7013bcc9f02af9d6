// norm = sqrt(sum of partials); ok = 1 if loss and norm are finite and `apply` is not 0, else 0;
// clip = min(1, max_norm / (norm + 1e-6)), or 1 if max_norm = 0, or 0 if not ok;
// if ok, t = t + 1 and c1, c2 = 1 - beta1^t, 1 - beta2^t
// state[0] = [loss, norm, clip, ok]; state[1] = [t, c1, c2, 0]
//
// partials: [count], of sum_squares; loss: [1]; state: [2, 4], updated in place. t counts the steps whose update was
// applied; it is an f32, exact up to 2^24. The loss is copied bit by bit, whatever it is. One workgroup of LANES lanes;
// the order of the sum depends on the count alone.
//
// 1 - beta^t = -expm1(t * ln(beta)), by a series for expm1(y / 32) and 5 times expm1(2 z) = expm1(z) * (expm1(z) + 2):
// nothing cancels, so it is precise from t = 1 on.

struct Params {
  count: u32, // partials
  apply: u32, // 0 if the update waits for more gradients
  max_norm: f32,
  log_beta1: f32, // ln(beta1), or -32 if that is less
  log_beta2: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<u32>; // bits of f32
@group(0) @binding(2) var<storage, read> loss: array<u32>; // bits of f32
@group(0) @binding(3) var<storage, read_write> state: array<vec4<u32>>; // bits of f32

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var largest = 0u;
  for (var i = lane; i < params.count; i += LANES) {
    largest = max(largest, partials[i]);
    sum += bitcast<f32>(partials[i]);
  }
  let squares = bits_of_sum(sum, largest >= TOO_LARGE, lane);
  if (lane > 0) { return; }
  var norm = INFINITE;
  var clip = 0.0;
  var ok = 0.0;
  if (squares < TOO_LARGE) {
    let size = sqrt(bitcast<f32>(squares));
    norm = bitcast<u32>(size);
    if ((loss[0] & 0x7fffffff) < INFINITE && params.apply > 0) {
      ok = 1;
      clip = 1;
      if (params.max_norm > 0) { clip = min(1, params.max_norm / (size + 1e-6)); }
      let t = bitcast<f32>(state[1].x) + 1;
      state[1] = bitcast<vec4<u32>>(vec4<f32>(t, correction(t, params.log_beta1), correction(t, params.log_beta2), 0));
    }
  }
  state[0] = vec4<u32>(loss[0], norm, bitcast<u32>(clip), bitcast<u32>(ok));
}

// 1 - beta^t.
fn correction(t: f32, log_beta: f32) -> f32 {
  let z = max(t * log_beta, -32) / 32;
  var series = 1 + z / 8;
  for (var n = 7.0; n > 1; n -= 1) { series = 1 + z / n * series; }
  var e = z * series;
  for (var i = 0; i < 5; i++) { e *= e + 2; }
  return -e;
}
