// out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]
//
// A is stored [m, k], or [k, m] if TRANSPOSE_A is 1; B is stored [k, n], or [n, k] if TRANSPOSE_B is 1. Offsets,
// row strides and batch strides are in elements and multiples of 4. Columns between a width and the next multiple of 4
// hold zero in A, B, bias and residual, and become zero in out.
//
// An invocation computes ROWS x 8 outputs in registers, four k at a time. Loads are what costs on a software adapter,
// so all are vec4. A 4 x 4 block is a WGSL matrix whose column i is row i of the block, hence the product of blocks A
// and B is written B * A. A tile that reaches past m or n reads whatever lies there (past the buffer, what WebGPU hands
// out), and does not store what comes of it. Past k nothing is read: the last k is read again, and counts zero.
//
// Joined to lib/matmul_buffers.wgsl, lib/matmul_registers.wgsl, lib/matmul_epilogue.wgsl and lib/activations.wgsl.

override TRANSPOSE_A: u32 = 0;
override TRANSPOSE_B: u32 = 0;
override ROWS: u32 = 8; // 8 or 4; the compiler drops the work for rows beyond
override WORKGROUP_X: u32 = 8;
override WORKGROUP_Y: u32 = 1;

// The block whose rows start at the vec4 indices `rows`, in their vec4 `column`.
fn read_a(rows: vec4<u32>, column: u32) -> mat4x4<f32> {
  return mat4x4<f32>(a[rows.x + column], a[rows.y + column], a[rows.z + column], a[rows.w + column]);
}

fn read_b(rows: vec4<u32>, column: u32) -> mat4x4<f32> {
  return weights(rows + column);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let batch = id.z;
  let m = id.y * ROWS;
  let n = id.x * 8u;
  if (m >= params.m || n >= params.n) {
    return;
  }
  let a_start = (params.a_offset + batch * params.a_batch) / 4u;
  let b_start = (params.b_offset + batch * params.b_batch) / 4u;
  let a_stride = params.a_stride / 4u;
  let b_stride = params.b_stride / 4u;
  // The blocks of the tile: rows of A and columns of B, as the rows that they are stored in, or as a vec4 of each row.
  let a_rows_0 = a_start + (m + STEP) * a_stride;
  let a_rows_1 = a_start + (m + 4u + STEP) * a_stride;
  let b_rows_0 = b_start + (n + STEP) * b_stride;
  let b_rows_1 = b_start + (n + 4u + STEP) * b_stride;
  let a_column = m / 4u;
  let b_column = n / 4u;

  // The sum of block i, j: rows m + 4i to m + 4i + 3, columns n + 4j to n + 4j + 3.
  var sum_00 = mat4x4<f32>();
  var sum_01 = mat4x4<f32>();
  var sum_10 = mat4x4<f32>();
  var sum_11 = mat4x4<f32>();
  for (var k = 0u; k < params.k; k += 4u) {
    let k_rows = min(k + STEP, vec4<u32>(params.k - 1u));
    var a_0: mat4x4<f32>;
    var a_1: mat4x4<f32>;
    if (TRANSPOSE_A == 1u) {
      // Here no padding columns of A make what is past k count zero.
      let inside = select(vec4<f32>(), vec4<f32>(1), k + STEP < vec4<u32>(params.k));
      a_0 = columns_times(transpose(read_a(a_start + k_rows * a_stride, a_column)), inside);
      a_1 = columns_times(transpose(read_a(a_start + k_rows * a_stride, a_column + 1u)), inside);
    } else {
      a_0 = read_a(a_rows_0, k / 4u);
      a_1 = read_a(a_rows_1, k / 4u);
    }
    var b_0: mat4x4<f32>;
    var b_1: mat4x4<f32>;
    if (TRANSPOSE_B == 1u) {
      b_0 = transpose(read_b(b_rows_0, k / 4u));
      b_1 = transpose(read_b(b_rows_1, k / 4u));
    } else {
      b_0 = read_b(b_start + k_rows * b_stride, b_column);
      b_1 = read_b(b_start + k_rows * b_stride, b_column + 1u);
    }
    sum_00 += b_0 * a_0;
    sum_01 += b_1 * a_0;
    sum_10 += b_0 * a_1;
    sum_11 += b_1 * a_1;
  }
  store_block(id, 0u, 0u, sum_00);
  store_block(id, 0u, 4u, sum_01);
  store_block(id, 4u, 0u, sum_10);
  store_block(id, 4u, 4u, sum_11);
  finish(id);
}

fn columns_times(block: mat4x4<f32>, factor: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(block[0] * factor, block[1] * factor, block[2] * factor, block[3] * factor);
}
