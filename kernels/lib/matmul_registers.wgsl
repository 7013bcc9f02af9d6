// How matmul kernels write a tile of ROWS x 8 sums that an invocation holds in registers. Joined to them after their own
// text, and to lib/matmul_epilogue.wgsl.

// Writes the block at row i, column j of the invocation's tile.
fn store_block(id: vec3<u32>, i: u32, j: u32, block: mat4x4<f32>) {
  store(id, i, j, block[0]);
  store(id, i + 1u, j, block[1]);
  store(id, i + 2u, j, block[2]);
  store(id, i + 3u, j, block[3]);
}

fn store(id: vec3<u32>, i: u32, j: u32, sum: vec4<f32>) {
  let m = id.y * ROWS + i;
  let n = id.x * 8u + j;
  if (i < ROWS && m < params.m && n < params.n) {
    out[place(id.z, m, n)] = unpadded(sum, n);
  }
}

// Bias, activation and residual for the invocation's tile, read back from where it was just written: a loop over the
// registers would be unrolled, and sixteen copies of all this double the time that compiling takes.
fn finish(id: vec3<u32>) {
  if (params.bias + params.activation + params.residual == 0u) {
    return;
  }
  let first_m = id.y * ROWS;
  let first_n = id.x * 8u;
  for (var m = first_m; m < min(first_m + ROWS, params.m); m++) {
    for (var n = first_n; n < min(first_n + 8u, params.n); n += 4u) {
      let at = place(id.z, m, n);
      out[at] = finished(out[at], id.z, m, n);
    }
  }
}
