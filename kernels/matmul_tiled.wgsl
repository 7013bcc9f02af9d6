// out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]
//
// A is stored [m, k], or [k, m] if TRANSPOSE_A is 1; B is stored [k, n], or [n, k] if TRANSPOSE_B is 1.
//
// For GPUs. A workgroup computes TILE_M x TILE_N outputs, an invocation THREAD_M x THREAD_N of them in registers. The k
// come in stages of TILE_K, through workgroup memory: while one stage is multiplied, the next is on its way from A and
// B to registers, and then to the other half of that memory, so that a stage costs one barrier. A stage holds, for each
// of its k, TILE_M values of A and then TILE_N of B, as vec4s of four rows or columns, whichever way they were stored.
//
// Invocations load blocks of 4 k by 4 rows or columns. If those that write to workgroup memory together hold
// successive k, their vec4s would lie in the same banks; so a vec4's place is its index with some bits flipped by its k
// (`swizzle`), which takes no memory, as padding would.
//
// TILE_M and TILE_N are multiples of 8 times THREAD_M and THREAD_N, and TILE_K is 8, 16 or 32, such that a stage has at
// least half a block for each invocation and at most two.
//
// Joined to lib/matmul_buffers.wgsl, lib/matmul_epilogue.wgsl and lib/activations.wgsl.

override TRANSPOSE_A: u32 = 0;
override TRANSPOSE_B: u32 = 0;
override TILE_M: u32 = 64;
override TILE_N: u32 = 64;
override TILE_K: u32 = 16;
override THREAD_M: u32 = 4; // 4 or 8, as THREAD_N; the compiler drops the work for rows and columns beyond
override THREAD_N: u32 = 4;

override THREADS_X: u32 = TILE_N / THREAD_N;
override THREADS_Y: u32 = TILE_M / THREAD_M;
override THREADS: u32 = THREADS_X * THREADS_Y;

// In vec4s: the rows of A and the columns of B in a tile, a stage, both stages.
override WIDTH_A: u32 = TILE_M / 4;
override WIDTH_B: u32 = TILE_N / 4;
override STAGE: u32 = TILE_K * (WIDTH_A + WIDTH_B);
override STAGES: u32 = 2 * STAGE;
override BLOCKS: u32 = STAGE / 4; // of a stage

var<workgroup> stages: array<vec4<f32>, STAGES>;

// Sums of an invocation. Block i, j holds the rows 4y .. 4y + 3 of half i of the tile and the columns 4x .. 4x + 3 of
// half j, where x, y is the invocation; column r of the matrix is row r of the block.
struct Sums {
  block_00: mat4x4<f32>,
  block_01: mat4x4<f32>,
  block_10: mat4x4<f32>,
  block_11: mat4x4<f32>,
}

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(workgroup_id) tile: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let load_0 = load_at(tile, index);
  var load_1 = load_at(tile, index + THREADS);
  load_1.needed &= BLOCKS > THREADS; // If not, the compiler drops it.
  var block_0 = read_block(load_0, 0u);
  var block_1 = read_block(load_1, 0u);
  var sums: Sums;
  var stage = 0u;
  for (var k = 0u; k < params.k; k += TILE_K) {
    write_block(load_0, stage, block_0);
    write_block(load_1, stage, block_1);
    workgroupBarrier();
    block_0 = read_block(load_0, k + TILE_K);
    block_1 = read_block(load_1, k + TILE_K);
    add_stage(&sums, stage, thread);
    stage = STAGE - stage;
  }
  workgroupBarrier();
  finish(&sums, tile, thread, index);
}

// A block of every stage that one invocation loads.
struct Load {
  needed: bool, // false if there is no such block, or all of it lies past m or n
  of_a: bool,
  along_k: bool, // whether a stored vec4 holds four k, so that the block must be transposed
  k: u32, // the first k, within the stage
  first: u32, // the first stored vec4, for stage 0
  stride: u32, // vec4s between stored rows
  place: u32, // of the first vec4 in the first stage, before `swizzle`
  width: u32, // vec4s between one k and the next there
}

// Block `i` of a stage: those of A are followed by those of B. Successive blocks lie along a stored row.
fn load_at(tile: vec3<u32>, i: u32) -> Load {
  let blocks_a = TILE_K / 4u * WIDTH_A;
  let of_a = i < blocks_a;
  let block = select(i - blocks_a, i, of_a);
  let along_k = select(TRANSPOSE_B == 1u, TRANSPOSE_A == 0u, of_a);
  let width = select(WIDTH_B, WIDTH_A, of_a);
  let k = 4u * select(block / width, block % (TILE_K / 4u), along_k);
  let column = select(block % width, block / (TILE_K / 4u), along_k);
  let place = select(TILE_K * WIDTH_A, 0u, of_a) + k * width + (column ^ swizzle(k));

  let all_columns = select(params.n, params.m, of_a);
  let at = select(tile.x, tile.y, of_a) * width + column;
  let needed = i < BLOCKS && 4u * at < all_columns;
  let start = select(params.b_offset + tile.z * params.b_batch, params.a_offset + tile.z * params.a_batch, of_a) / 4u;
  let stride = select(params.b_stride, params.a_stride, of_a) / 4u;
  let first = start + select(k * stride + at, 4u * at * stride + k / 4u, along_k);
  return Load(needed, of_a, along_k, k, first, stride, place, width);
}

// What to flip in the index of a vec4 that belongs to k .. k + 3: eight vec4s fill all banks, and invocations whose k
// are the TILE_K / 4 fours of a stage write at once.
fn swizzle(k: u32) -> u32 {
  return k / 4u * (32u / TILE_K);
}

// The block, for the stage that starts at `stage_k`: column j is at its k number j. Zero past the last k.
fn read_block(load: Load, stage_k: u32) -> mat4x4<f32> {
  let k = stage_k + load.k;
  if (!load.needed || k >= params.k) {
    return mat4x4<f32>();
  }
  let at = load.first + select(stage_k * load.stride, stage_k / 4u, load.along_k) + STEP * load.stride;
  var block: mat4x4<f32>;
  if (load.of_a) {
    block = mat4x4<f32>(a[at.x], a[at.y], a[at.z], a[at.w]);
  } else {
    block = weights(at);
  }
  if (load.along_k) {
    block = transpose(block);
  }
  return rows_before(params.k - k, block);
}

fn write_block(load: Load, stage: u32, block: mat4x4<f32>) {
  if (load.needed) {
    let place = stage + load.place;
    stages[place] = block[0];
    stages[place + load.width] = block[1];
    stages[place + 2u * load.width] = block[2];
    stages[place + 3u * load.width] = block[3];
  }
}

// Adds the products of a stage to the sums. Four k a turn: they share a swizzle, and loops are not free.
fn add_stage(sums: ptr<function, Sums>, stage: u32, thread: vec3<u32>) {
  for (var k = 0u; k < TILE_K; k += 4u) {
    let at_a = stage + k * WIDTH_A + (thread.y ^ swizzle(k));
    let at_b = stage + TILE_K * WIDTH_A + k * WIDTH_B + (thread.x ^ swizzle(k));
    add_products(sums, at_a, at_b);
    add_products(sums, at_a + WIDTH_A, at_b + WIDTH_B);
    add_products(sums, at_a + 2u * WIDTH_A, at_b + 2u * WIDTH_B);
    add_products(sums, at_a + 3u * WIDTH_A, at_b + 3u * WIDTH_B);
  }
}

// Adds the products of one k.
fn add_products(sums: ptr<function, Sums>, at_a: u32, at_b: u32) {
  let a_0 = stages[at_a];
  let b_0 = stages[at_b];
  (*sums).block_00 = plus_products((*sums).block_00, a_0, b_0);
  if (THREAD_N == 8u) {
    (*sums).block_01 = plus_products((*sums).block_01, a_0, stages[at_b + WIDTH_B / 2u]);
  }
  if (THREAD_M == 8u) {
    let a_1 = stages[at_a + WIDTH_A / 2u];
    (*sums).block_10 = plus_products((*sums).block_10, a_1, b_0);
    if (THREAD_N == 8u) {
      (*sums).block_11 = plus_products((*sums).block_11, a_1, stages[at_b + WIDTH_B / 2u]);
    }
  }
}

// fma, as `*` and `+` of matrices would be an addition more for every product.
fn plus_products(sum: mat4x4<f32>, rows: vec4<f32>, columns: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(rows.xxxx, columns, sum[0]),
    fma(rows.yyyy, columns, sum[1]),
    fma(rows.zzzz, columns, sum[2]),
    fma(rows.wwww, columns, sum[3]),
  );
}

// Writes the outputs. Each block goes through workgroup memory, four vec4s an invocation, so that a loop can index it:
// an epilogue for each row in registers takes compilers three times as long.
fn finish(sums: ptr<function, Sums>, tile: vec3<u32>, thread: vec3<u32>, index: u32) {
  for (var i = 0u; i < THREAD_M / 4u; i++) {
    for (var j = 0u; j < THREAD_N / 4u; j++) {
      switch 2u * i + j {
        case 0u: { keep(index, (*sums).block_00); }
        case 1u: { keep(index, (*sums).block_01); }
        case 2u: { keep(index, (*sums).block_10); }
        default: { keep(index, (*sums).block_11); }
      }
      let m = tile.y * TILE_M + i * TILE_M / 2u + 4u * thread.y;
      let n = tile.x * TILE_N + j * TILE_N / 2u + 4u * thread.x;
      for (var row = 0u; row < 4u; row++) {
        write_finished(tile.z, m + row, n, stages[index + row * THREADS]);
      }
    }
  }
}

fn keep(index: u32, block: mat4x4<f32>) {
  stages[index] = block[0];
  stages[index + THREADS] = block[1];
  stages[index + 2u * THREADS] = block[2];
  stages[index + 3u * THREADS] = block[3];
}
