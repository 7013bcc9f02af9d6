// The mean and the deviation of rows: what LayerNorm and its gradient need of a row.
//
// A kernel that includes this declares params (rows, columns, eps), out and value(row, i) = v[r, 4 i .. 4 i + 3];
// lib/rows.wgsl is included too.
//
// Two passes: the variance is the mean of squared deviations. All values are taken relative to the row's first, so that
// a large mean costs no digits; these differences wait in `out`, of which each lane reads only what it wrote itself.

struct Moments {
  mean: f32, // of the differences from the row's first
  scale: f32, // 1 / sqrt(variance + eps)
}

fn moments(row: u32, lane: u32, index: u32) -> Moments {
  let width = (params.columns + 3) / 4;
  let end = select(0, width, row < params.rows);
  let base = row * width;
  let first = value(min(row, params.rows - 1), 0).x;
  var sum = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let difference = select(vec4<f32>(0), value(row, i) - first, exist(i, params.columns));
    out[base + i] = difference;
    sum += difference;
  }
  let mean = sum_over_lanes(sum, lane, index) / f32(params.columns);
  var squares = vec4<f32>(0);
  for (var i = lane; i < end; i += LANES) {
    let deviation = select(vec4<f32>(0), out[base + i] - mean, exist(i, params.columns));
    squares += deviation * deviation;
  }
  let variance = sum_over_lanes(squares, lane, index) / f32(params.columns);
  return Moments(mean, inverseSqrt(variance + params.eps));
}
