// The same elements in row-major order under another width:
//   out[r, c] = x[e / from_columns, e % from_columns],  e = r * columns + c
// x: [*, from_columns], out: [rows, columns], both row-pitched to a multiple of 4 columns; out's padding is zero.

struct Params {
  rows: u32,
  columns: u32,
  from_columns: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

fn pitch(columns: u32) -> u32 {
  return (columns + 3u) & ~3u;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * 64u + lane;
  let stride = pitch(p.columns);
  let r = at / stride;
  let c = at % stride;
  if (r >= p.rows) {
    return;
  }
  if (c >= p.columns) {
    out[at] = 0u;
    return;
  }
  let e = r * p.columns + c;
  out[at] = x[(e / p.from_columns) * pitch(p.from_columns) + e % p.from_columns];
}
