// out[to + w] = sum of x[i]^2 over the part of x that workgroup w takes; infinity if it is not finite
//
// x: [rows, columns] of a larger matrix (lib/columns.wgsl); out: [any], of which the elements from `to` on are written, one
// for each workgroup. Of W workgroups of LANES lanes, lane l of workgroup w adds the vec4s w LANES + l, (w + W) LANES + l,
// ... in order, so the order depends on rows x columns alone. An element of 2^62 or more in size, infinite ones and NaN
// among them, makes its sum infinite (lib/finite_sums.wgsl): its square may overflow.

struct Params {
  rows: u32,
  columns: u32, // a multiple of 4
  at: u32, // first column
  stride: u32,
  to: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>; // bits of f32

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = vec4<f32>();
  var largest = vec4<u32>(); // bits of the largest size so far
  for (var i = workgroup.x * LANES + lane; i < vec4s(); i += workgroups.x * LANES) {
    let value = x[place_of(i)];
    largest = max(largest, bitcast<vec4<u32>>(value) & vec4<u32>(0x7fffffff));
    sum += value * value;
  }
  let is_spoiled = any(largest >= vec4<u32>(0x5e800000)); // 2^62
  let total = bits_of_sum((sum.x + sum.y) + (sum.z + sum.w), is_spoiled, lane);
  if (lane == 0) { out[params.to + workgroup.x] = total; }
}
