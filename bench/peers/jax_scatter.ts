/**
 * Lets jax-js scatter in Deno, as the gradients of gathers do. Its shader hands a pointer to an atomic in storage to a
 * function, which the shader compiler of Deno 2.9 refuses. Here the function's body takes the place of its call.
 */

const FUNCTION = /fn atomic_add_f32\([^{]*\{[^]*?\n\}/;
const CALL = /atomic_add_f32\((&output\[[^\]]*\]), (updates\[[^\]]*\])\);/;

const body = (address: string, value: string) => `
  var old_bits = atomicLoad(${address});
  loop {
    let sum = bitcast<u32>(bitcast<f32>(old_bits) + ${value});
    let result = atomicCompareExchangeWeak(${address}, old_bits, sum);
    if (result.exchanged) { break; }
    old_bits = result.old_value;
  }`;

/** Changes the shaders that are made from now on. */
export function allowScatter(): void {
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function ({ code, ...rest }) {
    const inlined = CALL.test(code)
      ? code.replace(FUNCTION, "").replace(CALL, (_, address, value) => body(address, value))
      : code;
    return createShaderModule.call(this, { code: inlined, ...rest });
  };
}
