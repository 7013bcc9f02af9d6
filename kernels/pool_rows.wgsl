// out[s] = pool of x[start .. end - 1], the rows of segment s, by its code; a row of zeros if it has none
//
//   0: sum of x[r] / n               1: sum of x[r] / sqrt(n)
//   2: sum of w[r] x[r] / sum of w[r],  w[start + i] = from + i + 1
//   3: max of x[r]
//
// x: [any, columns]; table: [segments, 4], of each the start, the end, within x by the caller's check, the code, and
// from; out: [segments, columns]. One vec4 to an invocation; its rows are taken in order, so what a segment gives does
// not depend on its neighbours.

struct Params {
  segments: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
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
  let entry = 4 * (i / width);
  let start = table[entry];
  let end = table[entry + 1];
  let code = table[entry + 2];
  let offset = f32(table[entry + 3]);
  let column = i % width;
  if (start >= end) {
    out[i] = vec4<f32>(0);
    return;
  }
  let count = f32(end - start);
  var pooled = x[start * width + column];
  if (code == 3) {
    for (var row = start + 1; row < end; row++) {
      pooled = max(pooled, x[row * width + column]);
    }
    out[i] = pooled;
    return;
  }
  if (code == 2) {
    pooled *= offset + 1;
    for (var row = start + 1; row < end; row++) {
      pooled += (offset + f32(row - start) + 1) * x[row * width + column];
    }
    out[i] = pooled / (count * offset + count * (count + 1) / 2);
    return;
  }
  for (var row = start + 1; row < end; row++) {
    pooled += x[row * width + column];
  }
  if (code == 1) {
    out[i] = pooled / sqrt(count);
  } else {
    out[i] = pooled / count;
  }
}
