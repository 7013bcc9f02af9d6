// out[t] = x + types[tokens[t].y] + positions[tokens[t].z]: what embeddings.wgsl normalizes
//
// x = words[tokens[t].x], or words[t] if EMBEDS; positions are added if POSITIONS.
// tokens: [rows] of (word, type, position, unused), within range by the caller's check;
// words: [V, columns] ([rows, columns] if EMBEDS); positions, types: [.., columns]; out: [rows, columns].
// One vec4 to an invocation.

override EMBEDS: u32; // 1: words holds the embeddings of the tokens themselves
override POSITIONS: u32; // 1: absolute positions

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> words: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> positions: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> types: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;

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
  let column = i % width;
  let token = tokens[row];
  var sum = words[select(token.x, row, EMBEDS == 1) * width + column] + types[token.y * width + column];
  if (POSITIONS == 1) { sum += positions[token.z * width + column]; }
  out[i] = sum;
}
