// out[s] = mean of x[starts[s] .. starts[s + 1] - 1], the rows of segment s; a row of zeros if it has none
//
// x: [any, columns]; starts: [segments + 1], ascending, within x by the caller's check; out: [segments, columns].
// One vec4 to an invocation; its rows are added in order, so a segment's mean does not depend on its neighbours.

struct Params {
  segments: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
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
  if (i >= params.segments * width) { return; }
  let start = starts[i / width];
  let end = starts[i / width + 1];
  var sum = vec4<f32>(0);
  for (var row = start; row < end; row++) {
    sum += x[row * width + i % width];
  }
  out[i] = sum / f32(max(end - start, 1));
}
