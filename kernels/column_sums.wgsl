// out[c] = sum over r of x[r, c]
//
// x: [rows, columns]; out: [1, columns]. A workgroup takes COLUMNS vec4s of columns, LANES lanes (a power of two) to
// each: lane l adds rows l, l + LANES, ... in order, then a tree of a fixed shape adds the lanes, so that a column gives
// the same bits wherever it stands.

override COLUMNS: u32 = 8;
override LANES: u32 = 8;

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

var<workgroup> sums: array<vec4<f32>, COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS, LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let column = (workgroup.y * workgroups.x + workgroup.x) * COLUMNS + local.x;
  let width = (params.columns + 3) / 4;
  // A column past the end has no rows, but meets every barrier.
  let end = select(0, params.rows, column < width);
  var sum = vec4<f32>(0);
  for (var row = local.y; row < end; row += LANES) {
    sum += x[row * width + column];
  }
  sums[index] = sum;
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local.y < half) { sums[index] += sums[index + half * COLUMNS]; }
  }
  if (local.y == 0 && column < width) { out[column] = sums[index]; }
}
