// A and B of the matmul kernels that read them from buffers. Joined to them after their own text.

@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<Weight4>; // vec4<f32> or vec4<f16>, by a line put in front

// Four vec4s of B.
fn weights(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(vec4<f32>(b[at.x]), vec4<f32>(b[at.y]), vec4<f32>(b[at.z]), vec4<f32>(b[at.w]));
}
