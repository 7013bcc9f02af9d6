// out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]
//
// A is stored [m, k]; B is stored [k, n], or [n, k] if TRANSPOSE_B is 1.
//
// For few rows on GPUs: tiles of outputs would be too few to fill the device, and reading B is what costs. A workgroup
// computes ROWS rows of COLUMNS vec4s of outputs. Each of those columns has SPLITS invocations, which share the k, four
// at a time in turns; their sums are added up in workgroup memory, always in the same order.
//
// SPLITS is a power of two, and at least ROWS.
//
// Joined to lib/matmul_buffers.wgsl, lib/matmul_epilogue.wgsl and lib/activations.wgsl.

override TRANSPOSE_B: u32 = 0;
override ROWS: u32 = 4; // 4 or 8; the compiler drops the work for rows beyond
override COLUMNS: u32 = 8;
override SPLITS: u32 = 32;

override THREADS: u32 = COLUMNS * SPLITS;
override OUTPUTS: u32 = COLUMNS * ROWS; // vec4s
override SUMS: u32 = OUTPUTS * SPLITS;

var<workgroup> sums: array<vec4<f32>, SUMS>; // [SPLITS, ROWS, COLUMNS]

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  // Neighbours read neighbouring memory: columns of a stored row of B, or k of it.
  let split = select(index / COLUMNS, index % SPLITS, TRANSPOSE_B == 1u);
  let column = select(index % COLUMNS, index / SPLITS, TRANSPOSE_B == 1u);
  add_up(group, split, column);
  for (var half = SUMS / 2u; half >= OUTPUTS; half /= 2u) {
    workgroupBarrier();
    for (var i = index; i < half; i += THREADS) {
      sums[i] += sums[i + half];
    }
  }
  workgroupBarrier();
  if (index < OUTPUTS) {
    let m = group.y * ROWS + index / COLUMNS;
    let n = 4u * (group.x * COLUMNS + index % COLUMNS);
    write_finished(group.z, m, n, sums[index]);
  }
}

// Writes the sums of an invocation, over its k.
fn add_up(group: vec3<u32>, split: u32, column: u32) {
  let n = 4u * (group.x * COLUMNS + column);
  if (n >= params.n) {
    return; // Nobody wants these sums, which are zero.
  }
  let a_start = (params.a_offset + group.z * params.a_batch) / 4u;
  let b_start = (params.b_offset + group.z * params.b_batch) / 4u;
  let a_stride = params.a_stride / 4u;
  let b_stride = params.b_stride / 4u;
  // The last row of A stands in for those past m.
  let a_rows_0 = a_start + min(group.y * ROWS + STEP, vec4<u32>(params.m - 1u)) * a_stride;
  let a_rows_1 = a_start + min(group.y * ROWS + 4u + STEP, vec4<u32>(params.m - 1u)) * a_stride;
  var sums_0 = mat4x4<f32>(); // column r: row r
  var sums_1 = mat4x4<f32>();
  for (var k = 4u * split; k < params.k; k += 4u * SPLITS) {
    var block: mat4x4<f32>; // column j: B[k + j, n .. n + 3]
    if (TRANSPOSE_B == 1u) {
      block = transpose(weights(b_start + (n + STEP) * b_stride + k / 4u));
    } else {
      block = rows_before(params.k - k, weights(b_start + (k + STEP) * b_stride + n / 4u));
    }
    sums_0 = plus_products(sums_0, read_a(a_rows_0 + k / 4u), block);
    if (ROWS == 8u) {
      sums_1 = plus_products(sums_1, read_a(a_rows_1 + k / 4u), block);
    }
  }
  let at = split * OUTPUTS + column;
  write_sums(at, sums_0);
  if (ROWS == 8u) {
    write_sums(at + 4u * COLUMNS, sums_1);
  }
}

fn read_a(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(a[at.x], a[at.y], a[at.z], a[at.w]);
}

fn plus_products(sum: mat4x4<f32>, rows: mat4x4<f32>, block: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    plus_product(sum[0], rows[0], block),
    plus_product(sum[1], rows[1], block),
    plus_product(sum[2], rows[2], block),
    plus_product(sum[3], rows[3], block),
  );
}

fn plus_product(sum: vec4<f32>, row: vec4<f32>, block: mat4x4<f32>) -> vec4<f32> {
  return fma(row.wwww, block[3], fma(row.zzzz, block[2], fma(row.yyyy, block[1], fma(row.xxxx, block[0], sum))));
}

fn write_sums(at: u32, block: mat4x4<f32>) {
  sums[at] = block[0];
  sums[at + COLUMNS] = block[1];
  sums[at + 2u * COLUMNS] = block[2];
  sums[at + 3u * COLUMNS] = block[3];
}
