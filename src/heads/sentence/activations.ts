/** Activations by the paths of PyTorch's classes, in float64: a text's vector, or its few logits, are all that they take. */

import { quote } from "../../base/messages.ts";
import { activationOf } from "../../model/probe/functions.ts";
import type { JsonFile } from "./json_file.ts";

/** A function of one number. */
export type Activation = (x: number) => number;

const clamp = (x: number, least: number, most: number) => Math.min(Math.max(x, least), most);
/** `log(1 + e^x)`, as exact for large x. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** PyTorch's elementwise modules without weights, made without arguments. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Identity: activationOf("linear"),
  Tanh: activationOf("tanh"),
  ReLU: activationOf("relu"),
  ReLU6: activationOf("relu6"),
  GELU: activationOf("gelu"),
  Sigmoid: activationOf("sigmoid"),
  SiLU: activationOf("silu"),
  Mish: activationOf("mish"),
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  LogSigmoid: (x) => -softplus(-x),
  LeakyReLU: activationOf("leaky_relu"),
  ELU: (x) => x < 0 ? Math.expm1(x) : x,
  CELU: (x) => x < 0 ? Math.expm1(x) : x,
  SELU: (x) => 1.0507009873554804934193349852946 * (x < 0 ? 1.6732632423543772848170429916717 * Math.expm1(x) : x),
  Hardtanh: (x) => clamp(x, -1, 1),
  Hardsigmoid: (x) => clamp(x + 3, 0, 6) / 6,
  Hardswish: (x) => x * clamp(x + 3, 0, 6) / 6,
  Tanhshrink: (x) => x - Math.tanh(x),
  Softshrink: (x) => x - clamp(x, -0.5, 0.5),
  Hardshrink: (x) => Math.abs(x) > 0.5 ? x : 0,
};

/** Where PyTorch has them: `torch.nn.Tanh`, `torch.nn.modules.activation.Tanh`. */
const PATH = /^torch\.nn\.(?:modules\.(?:activation|linear)\.)?(\w+)$/;

/**
 * The activation that a field of a file names.
 *
 * @returns `undefined` if the field is not there.
 * @throws {ConfigError} If it names another class; one that is not of PyTorch would be Python code beside the model.
 */
export function readActivation(file: JsonFile, key: string): Activation | undefined {
  const path = file.text(key);
  if (path === undefined) return undefined;
  const name = PATH.exec(path)?.[1];
  if (name !== undefined && Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  const why = path.startsWith("torch.")
    ? `there is no ${quote(path)}; it must be one of torch.nn's ${Object.keys(ACTIVATIONS).join(", ")}`
    : `${
      quote(path)
    } is no activation of PyTorch, but Python code, which runs with trust_remote_code alone; nothing in a ` +
      "folder is executed here";
  throw file.error(`${key}: ${why}`);
}
