// out[t] = LayerNorm(x + positions[tokens[t].z] + types[tokens[t].y]) * weight + bias
//
// The formula of LayerNorm is in lib/normalize.wgsl.
// x = words[tokens[t].x], or words[t] if EMBEDS; positions are added if POSITIONS.
// tokens: [rows] of (word, type, position, unused), within range by the caller's check;
// words: [V, columns] ([rows, columns] if EMBEDS); positions, types: [.., columns]; weight, bias: [columns];
// out: [rows, columns]. One row to LANES lanes, ROWS rows to a workgroup.

override EMBEDS: u32; // 1: words holds the embeddings of the tokens themselves
override POSITIONS: u32; // 1: absolute positions

struct Params {
  rows: u32,
  columns: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> words: array<Weight4>; // vec4<f32> or vec4<f16>, by a line put in front
@group(0) @binding(3) var<storage, read> positions: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> types: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4<f32>>;

fn value(row: u32, i: u32) -> vec4<f32> {
  let width = (params.columns + 3) / 4;
  let token = tokens[row];
  var sum = vec4<f32>(words[select(token.x, row, EMBEDS == 1) * width + i]) + types[token.y * width + i];
  if (POSITIONS == 1) { sum += positions[token.z * width + i]; }
  return sum;
}

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  normalize(row_of(workgroup, workgroups, local.y), local.x, index);
}
