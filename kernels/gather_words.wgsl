// out[t] = words[tokens[t].x - first] if tokens[t].x is in first .. first + count - 1; other rows stay as they are
//
// words are some rows of a table [V, columns], from row `first` on.
// tokens: [rows] of (word, type, position, unused); words: [count, columns]; out: [rows, columns]. One vec4 to an
// invocation.

struct Params {
  rows: u32,
  columns: u32,
  first: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> words: array<Weight4>; // vec4<f32> or vec4<f16>, by a line put in front
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
  let word = tokens[i / width].x;
  if (word < params.first || word - params.first >= params.count) { return; }
  out[i] = vec4<f32>(words[(word - params.first) * width + i % width]);
}
