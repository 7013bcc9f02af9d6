// LayerNorm of rows: out[r, c] = (v[r, c] - mean(v[r])) / sqrt(variance(v[r]) + eps) * weight[c] + bias[c]
//
// Shared by the kernels that differ in what they normalize. Such a kernel declares params (rows, columns, eps), weight,
// bias, out and value(row, i) = v[r, 4 i .. 4 i + 3], and calls normalize from its main; lib/moments.wgsl and
// lib/rows.wgsl are included too.

fn normalize(row: u32, lane: u32, index: u32) {
  let width = (params.columns + 3) / 4;
  let end = select(0, width, row < params.rows);
  let base = row * width;
  let row_moments = moments(row, lane, index);
  for (var i = lane; i < end; i += LANES) {
    out[base + i] = (out[base + i] - row_moments.mean) * row_moments.scale * weight[i] + bias[i];
  }
}
