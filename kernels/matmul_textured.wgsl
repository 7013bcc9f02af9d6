// out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]
//
// A is stored [m, k], or [k, m] if TRANSPOSE_A is 1; B is stored [k, n], or [n, k] if TRANSPOSE_B is 1. Both are copied to
// textures first, a texel for four columns: software adapters read texels three times as fast as elements of buffers, and
// the copy is small beside many rows. The copies begin at a_offset and b_offset; matrices of a batch must lie side by side
// in them.
//
// An invocation computes ROWS x 8 outputs in registers, four k at a time. A 4 x 4 block is a WGSL matrix whose column i
// is row i of the block, hence the product of blocks A and B is written B * A. A tile that reaches past m or n reads
// whatever is there, and does not store what comes of it. Past k the last row of B is read again, and A counts zero.
//
// Joined to lib/matmul_registers.wgsl, lib/matmul_epilogue.wgsl and lib/activations.wgsl.

override TRANSPOSE_A: u32 = 0;
override TRANSPOSE_B: u32 = 0;
override ROWS: u32 = 16; // 16 or 8; the compiler drops the work for rows beyond
override WORKGROUP_X: u32 = 8;

@group(0) @binding(1) var a: texture_2d<f32>;
@group(0) @binding(2) var b: texture_2d<f32>;

// The block of A in rows `row` to `row + 3` and columns `k` to `k + 3`, of which those past the last are zero.
fn read_a(row: u32, first: u32, k: u32) -> mat4x4<f32> {
  if (TRANSPOSE_A == 1u) {
    return transpose(mat4x4<f32>(
      read_a_row(first + row / 4u, k),
      read_a_row(first + row / 4u, k + 1u),
      read_a_row(first + row / 4u, k + 2u),
      read_a_row(first + row / 4u, k + 3u),
    ));
  }
  let column = first + k / 4u;
  return mat4x4<f32>(
    textureLoad(a, vec2<u32>(column, row), 0),
    textureLoad(a, vec2<u32>(column, row + 1u), 0),
    textureLoad(a, vec2<u32>(column, row + 2u), 0),
    textureLoad(a, vec2<u32>(column, row + 3u), 0),
  );
}

// A texel of row `k` of A as stored transposed; zero past the last row.
fn read_a_row(column: u32, k: u32) -> vec4<f32> {
  return select(vec4<f32>(), textureLoad(a, vec2<u32>(column, k), 0), k < params.k);
}

// The block of the rows of B, in their texel `column`.
fn read_b(rows: vec4<u32>, column: u32) -> mat4x4<f32> {
  return mat4x4<f32>(
    textureLoad(b, vec2<u32>(column, rows.x), 0),
    textureLoad(b, vec2<u32>(column, rows.y), 0),
    textureLoad(b, vec2<u32>(column, rows.z), 0),
    textureLoad(b, vec2<u32>(column, rows.w), 0),
  );
}

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let m = id.y * ROWS;
  let n = id.x * 8u;
  if (m >= params.m || n >= params.n) {
    return;
  }
  let a_column = id.z * params.a_batch / 4u;
  let b_column = id.z * params.b_batch / 4u;

  // The sum of block i, j: rows m + 4i to m + 4i + 3, columns n + 4j to n + 4j + 3.
  var sum_00 = mat4x4<f32>();
  var sum_01 = mat4x4<f32>();
  var sum_10 = mat4x4<f32>();
  var sum_11 = mat4x4<f32>();
  var sum_20 = mat4x4<f32>();
  var sum_21 = mat4x4<f32>();
  var sum_30 = mat4x4<f32>();
  var sum_31 = mat4x4<f32>();
  for (var k = 0u; k < params.k; k += 4u) {
    var b_0: mat4x4<f32>;
    var b_1: mat4x4<f32>;
    if (TRANSPOSE_B == 1u) {
      b_0 = transpose(read_b(n + STEP, b_column + k / 4u));
      b_1 = transpose(read_b(n + 4u + STEP, b_column + k / 4u));
    } else {
      let rows = min(k + STEP, vec4<u32>(params.k - 1u));
      b_0 = read_b(rows, b_column + n / 4u);
      b_1 = read_b(rows, b_column + n / 4u + 1u);
    }
    let a_0 = read_a(m, a_column, k);
    let a_1 = read_a(m + 4u, a_column, k);
    sum_00 += b_0 * a_0;
    sum_01 += b_1 * a_0;
    sum_10 += b_0 * a_1;
    sum_11 += b_1 * a_1;
    if (ROWS == 16u) {
      let a_2 = read_a(m + 8u, a_column, k);
      let a_3 = read_a(m + 12u, a_column, k);
      sum_20 += b_0 * a_2;
      sum_21 += b_1 * a_2;
      sum_30 += b_0 * a_3;
      sum_31 += b_1 * a_3;
    }
  }
  store_block(id, 0u, 0u, sum_00);
  store_block(id, 0u, 4u, sum_01);
  store_block(id, 4u, 0u, sum_10);
  store_block(id, 4u, 4u, sum_11);
  if (ROWS == 16u) {
    store_block(id, 8u, 0u, sum_20);
    store_block(id, 8u, 4u, sum_21);
    store_block(id, 12u, 0u, sum_30);
    store_block(id, 12u, 4u, sum_31);
  }
  finish(id);
}
