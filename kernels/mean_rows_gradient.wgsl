// out[r] = dy[s] / (starts[s + 1] - starts[s]) for the segment s that has row r, the gradient of mean_rows.wgsl by x; a
// row of zeros if none has
//
// dy: [segments, columns]; starts: [segments + 1], ascending; out: [rows, columns]. One vec4 to an invocation, which
// finds its segment by halving.

struct Params {
  rows: u32,
  segments: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let width = (params.columns + 3) / 4;
  let i = (workgroup.y * workgroups.x + workgroup.x) * 64 + lane;
  if (i >= params.rows * width) { return; }
  let row = i / width;
  // How many of the starts are not after the row: the last of them begins its segment.
  var low = 0u;
  var high = params.segments + 1;
  while (low < high) {
    let middle = (low + high) / 2;
    if (starts[middle] <= row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0 || low > params.segments) {
    out[i] = vec4<f32>(0);
    return;
  }
  out[i] = dy[(low - 1) * width + i % width] / f32(starts[low] - starts[low - 1]);
}
