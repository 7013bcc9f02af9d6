/**
 * The errors that callers can act on. Wrong types and shapes are `TypeError`, values out of range `RangeError`,
 * unparsable text `SyntaxError`; the classes here are for what a program may want to tell apart.
 *
 * Every message names the thing, what was expected, what was found and, if there is one, the cure.
 */

/** What went wrong, for programs. */
export type ErrorCode =
  | "no_adapter"
  | "device_lost"
  | "probe"
  | "checkpoint"
  | "config"
  | "input"
  | "tokenizer"
  | "overloaded"
  | "non_finite"
  | "disposed"
  | "worker"
  | "permission";

/** The base of all errors that are this library's own. */
export abstract class NarrowBertError extends Error {
  /** What went wrong: one word a class, which stays the same while messages may change. */
  abstract get code(): ErrorCode;
  /** If it is about one input of a pipeline's call, list or stream: which one, from 0. */
  declare readonly index?: number;
  /** That input. It is not shown with the error. */
  declare readonly input?: unknown;
}

/** There is no WebGPU adapter, or none that gives a device. The message says what to do. */
export class NoAdapterError extends NarrowBertError {
  /** `NoAdapterError`, which stands before the message when the error is shown. */
  override name = "NoAdapterError";
  /** What went wrong, for programs. */
  override get code(): "no_adapter" {
    return "no_adapter";
  }
}

/** The GPU device was lost: nothing computed by it after that moment can be trusted. */
export class DeviceLostError extends NarrowBertError {
  /** `DeviceLostError`, which stands before the message when the error is shown. */
  override name = "DeviceLostError";
  /** What went wrong, for programs. */
  override get code(): "device_lost" {
    return "device_lost";
  }
}

/** A device computes something else than it should, as a probe has found: nothing that it says can be trusted. */
export class ProbeError extends NarrowBertError {
  /** `ProbeError`, which stands before the message when the error is shown. */
  override name = "ProbeError";
  /** What went wrong, for programs. */
  override get code(): "probe" {
    return "probe";
  }
}

/**
 * Why a PyTorch file is refused. `format`: it is no checkpoint, or not one dict of tensors. `bad_zip`: the archive is
 * damaged or doubtful. `bad_pickle`: so is the pickle in it. `forbidden_global`: the pickle names something that tensors
 * do not need, and that running it might do harm. `bad_tensor`: a tensor does not fit its storage. `too_large`: a few
 * bytes claim a lot of memory.
 */
export type CheckpointReason = "format" | "bad_zip" | "bad_pickle" | "forbidden_global" | "bad_tensor" | "too_large";

/** A checkpoint, or the folder that should hold one, cannot be read as the model that was asked for. */
export class CheckpointError extends NarrowBertError {
  /** `CheckpointError`, which stands before the message when the error is shown. */
  override name = "CheckpointError";
  /** What went wrong, for programs. */
  override get code(): "checkpoint" {
    return "checkpoint";
  }
  /** The kind of fault, if a PyTorch file was refused for what is in it. */
  readonly reason: CheckpointReason | undefined;

  /** An error with a message, and in `options` its cause and the kind of fault of a PyTorch file. */
  constructor(message?: string, options: ErrorOptions & { reason?: CheckpointReason } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** A model configuration is not valid, or is not one that this library can run. */
export class ConfigError extends NarrowBertError {
  /** `ConfigError`, which stands before the message when the error is shown. */
  override name = "ConfigError";
  /** What went wrong, for programs. */
  override get code(): "config" {
    return "config";
  }
}

/** The inputs of a call do not fit the model. */
export class InputError extends NarrowBertError {
  /** `InputError`, which stands before the message when the error is shown. */
  override name = "InputError";
  /** What went wrong, for programs. */
  override get code(): "input" {
    return "input";
  }
}

/** A tokenizer cannot be read, or a text cannot be encoded as asked. */
export class TokenizerError extends NarrowBertError {
  /** `TokenizerError`, which stands before the message when the error is shown. */
  override name = "TokenizerError";
  /** What went wrong, for programs. */
  override get code(): "tokenizer" {
    return "tokenizer";
  }
}

/** There is no room for more: another context to keep, or another request. */
export class OverloadedError extends NarrowBertError {
  /** `OverloadedError`, which stands before the message when the error is shown. */
  override name = "OverloadedError";
  /** What went wrong, for programs. */
  override get code(): "overloaded" {
    return "overloaded";
  }
}

/** A result contains NaN or infinity, so it is withheld. */
export class NonFiniteError extends NarrowBertError {
  /** `NonFiniteError`, which stands before the message when the error is shown. */
  override name = "NonFiniteError";
  /** What went wrong, for programs. */
  override get code(): "non_finite" {
    return "non_finite";
  }
}

/** Something is used that was disposed of. */
export class DisposedError extends NarrowBertError {
  /** `DisposedError`, which stands before the message when the error is shown. */
  override name = "DisposedError";
  /** What went wrong, for programs. */
  override get code(): "disposed" {
    return "disposed";
  }
}

/** A Worker has ended, or gives no sign of life: what was asked of it is not answered. */
export class WorkerError extends NarrowBertError {
  /** `WorkerError`, which stands before the message when the error is shown. */
  override name = "WorkerError";
  /** What went wrong, for programs. */
  override get code(): "worker" {
    return "worker";
  }
}

/** Deno was not given a permission that something takes. The message names the flag. */
export class PermissionError extends NarrowBertError {
  /** `PermissionError`, which stands before the message when the error is shown. */
  override name = "PermissionError";
  /** What went wrong, for programs. */
  override get code(): "permission" {
    return "permission";
  }
}
