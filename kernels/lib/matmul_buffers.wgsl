// A and B of the matmul kernels that read them from buffers. Joined to them after their own text.

@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<Weight4>; // vec4<f32> or vec4<f16>, by a line put in front

// Four vec4s of B.
fn weights(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(vec4<f32>(b[at.x]), vec4<f32>(b[at.y]), vec4<f32>(b[at.z]), vec4<f32>(b[at.w]));
}

// The first `count` rows of a block, one or more, and zeros: past k there may be anything, and zeros of the other matrix
// do not undo NaN.
fn rows_before(count: u32, block: mat4x4<f32>) -> mat4x4<f32> {
  let inside = STEP < vec4<u32>(count);
  let zero = vec4<f32>();
  return mat4x4<f32>(
    block[0],
    select(zero, block[1], inside.y),
    select(zero, block[2], inside.z),
    select(zero, block[3], inside.w),
  );
}
