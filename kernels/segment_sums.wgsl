// out[s] = sum over i of x[order[i]],  i = starts[first + s] .. starts[first + s + 1] - 1; zeros for an empty segment
//
// x: [rows, columns]; starts: [first + segments + 1 or more], ascending, within order; order: [any], within x, both by
// the caller's check; out: [segments, columns]. A workgroup takes COLUMNS vec4s of a segment's columns, LANES lanes (a
// power of two) to each: lane l adds the rows l, l + LANES, ... of the segment in order, then a tree of a fixed shape
// adds the lanes.

override COLUMNS: u32 = 64;
override LANES: u32 = 1;

struct Params {
  rows: u32, // of x; how many lanes suit depends on the rows of a segment
  segments: u32,
  columns: u32,
  first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

var<workgroup> sums: array<vec4<f32>, COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS, LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let width = (params.columns + 3) / 4;
  let parts = (width + COLUMNS - 1) / COLUMNS;
  let number = workgroup.y * workgroups.x + workgroup.x;
  let segment = number / parts;
  let column = number % parts * COLUMNS + local.x;
  let inside = segment < params.segments && column < width;
  // What is past the end has no rows, but meets every barrier.
  let at = params.first + min(segment, params.segments - 1);
  let end = select(0, starts[at + 1], inside);
  var sum = vec4<f32>(0);
  for (var i = starts[at] + local.y; i < end; i += LANES) {
    sum += x[order[i] * width + column];
  }
  sums[index] = sum;
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local.y < half) { sums[index] += sums[index + half * COLUMNS]; }
  }
  if (local.y == 0 && inside) { out[segment * width + column] = sums[index]; }
}
