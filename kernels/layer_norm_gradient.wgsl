// The gradient of LayerNorm(v) * weight + bias by v = x + residual, or by x without the residual:
//
//   out[r, c] = (g[r, c] - mean(g[r]) - n[r, c] * mean(g[r] * n[r])) / deviation[r]
//   products[r, c] = dy[r, c] * n[r, c], whose sums over the rows are the gradient by the weight
//
// with n[r, c] = (v[r, c] - mean(v[r])) / deviation[r], deviation[r] = sqrt(variance(v[r]) + eps), g[r, c] = dy[r, c] *
// weight[c]. Mean and deviation are computed again, by lib/moments.wgsl.
//
// x, residual, dy, out, products: [rows, columns]; weight: [columns]. One row to LANES lanes, ROWS rows to a workgroup.

struct Params {
  rows: u32,
  columns: u32,
  eps: f32,
  residual: u32, // 1: add the residual
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> products: array<vec4<f32>>;

fn value(row: u32, i: u32) -> vec4<f32> {
  let at = row * ((params.columns + 3) / 4) + i;
  if (params.residual == 0) { return x[at]; }
  return x[at] + residual[at];
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
  let row_moments = moments(row, lane, index);
  // The normalized values take the place of the differences in `out`, until the sums are known.
  var sum = vec4<f32>(0);
  var sum_of_products = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let deviation = (out[base + i] - row_moments.mean) * row_moments.scale;
    let normal = select(vec4<f32>(0), deviation, exist(i, params.columns));
    let given = dy[base + i];
    let product = given * normal;
    out[base + i] = normal;
    products[base + i] = product;
    sum += given * weight[i];
    sum_of_products += product * weight[i];
  }
  let mean = sum_over_lanes(sum, lane, index) / f32(params.columns);
  let slope = sum_over_lanes(sum_of_products, lane, index) / f32(params.columns);
  for (var i = lane; i < end; i += LANES) {
    let gradient = (dy[base + i] * weight[i] - mean - out[base + i] * slope) * row_moments.scale;
    out[base + i] = select(vec4<f32>(0), gradient, exist(i, params.columns));
  }
}
