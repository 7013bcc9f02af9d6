// losses[r] = sum over c of loss(x[r, c], y[r, c])
//
//   KIND 0: squared error                      (x - y)^2
//   KIND 1: binary cross-entropy with logits   -y log σ(x) - (1 - y) log(1 - σ(x)) = max(x, 0) - x y + log(1 + e^-|x|)
//
// x, y: [rows, columns]; losses: [rows], tight. One row to LANES lanes, ROWS rows to a workgroup.

override KIND: u32;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;

fn loss4(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  if (KIND == 0) { return (x - y) * (x - y); }
  return x * select(-y, 1 - y, x > vec4<f32>(0)) + log1p(exp(-min(abs(x), vec4<f32>(100))));
}

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let row = row_of(workgroup, workgroups, local.y);
  let lane = local.x;
  let width = (params.columns + 3) / 4;
  let end = select(0, width, row < params.rows);
  let base = row * width;
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    sum += select(vec4<f32>(0), loss4(x[base + i], y[base + i]), exist(i, params.columns));
  }
  let total = sum_over_lanes(sum, lane, index);
  if (lane == 0 && row < params.rows) { losses[row] = total; }
}
