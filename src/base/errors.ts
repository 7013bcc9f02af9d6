/**
 * The errors that callers can act on. Wrong types and shapes are `TypeError`, values out of range `RangeError`,
 * unparsable text `SyntaxError`; the classes here are for what a program may want to tell apart.
 *
 * Every message names the thing, what was expected, what was found and, if there is one, the cure.
 */

/** There is no WebGPU adapter, or none that gives a device. The message says what to do. */
export class NoAdapterError extends Error {
  /** `NoAdapterError`, which stands before the message when the error is shown. */
  override name = "NoAdapterError";
}

/** The GPU device was lost: nothing computed by it after that moment can be trusted. */
export class DeviceLostError extends Error {
  /** `DeviceLostError`, which stands before the message when the error is shown. */
  override name = "DeviceLostError";
}

/** A device computes something else than it should, as a probe has found: nothing that it says can be trusted. */
export class ProbeError extends Error {
  /** `ProbeError`, which stands before the message when the error is shown. */
  override name = "ProbeError";
}

/**
 * Why a PyTorch file is refused. `format`: it is no checkpoint, or not one dict of tensors. `bad_zip`: the archive is
 * damaged or doubtful. `bad_pickle`: so is the pickle in it. `forbidden_global`: the pickle names something that tensors
 * do not need, and that running it might do harm. `bad_tensor`: a tensor does not fit its storage. `too_large`: a few
 * bytes claim a lot of memory.
 */
export type CheckpointReason = "format" | "bad_zip" | "bad_pickle" | "forbidden_global" | "bad_tensor" | "too_large";

/** A checkpoint, or the folder that should hold one, cannot be read as the model that was asked for. */
export class CheckpointError extends Error {
  /** `CheckpointError`, which stands before the message when the error is shown. */
  override name = "CheckpointError";
  /** The kind of fault, if a PyTorch file was refused for what is in it. */
  readonly reason: CheckpointReason | undefined;

  /** An error with a message, and in `options` its cause and the kind of fault of a PyTorch file. */
  constructor(message?: string, options: ErrorOptions & { reason?: CheckpointReason } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** A model configuration is not valid, or is not one that this library can run. */
export class ConfigError extends Error {
  /** `ConfigError`, which stands before the message when the error is shown. */
  override name = "ConfigError";
}

/** The inputs of a call do not fit the model. */
export class InputError extends Error {
  /** `InputError`, which stands before the message when the error is shown. */
  override name = "InputError";
}

/** A tokenizer cannot be read, or a text cannot be encoded as asked. */
export class TokenizerError extends Error {
  /** `TokenizerError`, which stands before the message when the error is shown. */
  override name = "TokenizerError";
}

/** There is no room for more: another context to keep, or another request. */
export class OverloadedError extends Error {
  /** `OverloadedError`, which stands before the message when the error is shown. */
  override name = "OverloadedError";
}

/** A result contains NaN or infinity, so it is withheld. */
export class NonFiniteError extends Error {
  /** `NonFiniteError`, which stands before the message when the error is shown. */
  override name = "NonFiniteError";
}
