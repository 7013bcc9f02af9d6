// What all matmul kernels share: sizes, buffers but for A and B, and what comes after the sum. Joined to them after their
// own text.
//
//   out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]
//
// Offsets, row strides and batch strides are in elements and multiples of 4. Columns between a width and the next
// multiple of 4 hold zero in A, B, bias and residual, and become zero in out.
//
// Joined to lib/activations.wgsl.

struct Params {
  m: u32,
  n: u32,
  k: u32,
  batch: u32,
  a_offset: u32,
  a_stride: u32,
  a_batch: u32,
  b_offset: u32,
  b_stride: u32,
  b_batch: u32,
  out_offset: u32, // out_* hold for residual too
  out_stride: u32,
  out_batch: u32,
  bias_offset: u32,
  bias_batch: u32,
  bias: u32, // 0 none, 1 s = 1, 2 s[b, m] = bias_scale[m * batch + b]
  activation: u32, // a code of lib/activations.wgsl
  residual: u32, // 0 none, 1 added
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias_scale: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;

const STEP = vec4<u32>(0, 1, 2, 3);

// The vec4 of out, and of residual, that holds [batch, m, n].
fn place(batch: u32, m: u32, n: u32) -> u32 {
  return (params.out_offset + batch * params.out_batch + m * params.out_stride + n) / 4u;
}

// The outputs [batch, m, n .. n + 3], given their sums. Padding columns stay zero, as bias and residual hold zero there
// and activations keep it.
fn finished(sum: vec4<f32>, batch: u32, m: u32, n: u32) -> vec4<f32> {
  var value = sum;
  if (params.bias > 0u) {
    var scale = 1.0;
    if (params.bias == 2u) {
      scale = bias_scale[m * params.batch + batch];
    }
    value += bias[(params.bias_offset + batch * params.bias_batch + n) / 4u] * scale;
  }
  value = activate4(value, params.activation);
  if (params.residual == 1u) {
    value += residual[place(batch, m, n)];
  }
  return value;
}

// `sum`, with zero in place of padding columns.
fn unpadded(sum: vec4<f32>, n: u32) -> vec4<f32> {
  return select(vec4<f32>(), sum, n + STEP < vec4<u32>(params.n));
}

// Writes the outputs [batch, m, n .. n + 3], given their sums, unless they lie past m or n.
fn write_finished(batch: u32, m: u32, n: u32, sum: vec4<f32>) {
  if (m < params.m && n < params.n) {
    out[place(batch, m, n)] = unpadded(finished(sum, batch, m, n), n);
  }
}
