/** Errors as plain data, for another thread. */

import * as own from "../../base/errors.ts";
import { deno } from "../../base/runtime.ts";

/** An error that can be sent. */
export interface ErrorData {
  /** Its class. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: ErrorData | undefined;
  /** Whether it is a `DOMException`, whose name says which. */
  readonly isDom?: boolean;
  /** Of an `AggregateError`. */
  readonly errors?: readonly ErrorData[];
  /** Of a `CheckpointError`. */
  readonly reason?: own.CheckpointReason | undefined;
}

/** Most causes of an error, one of the other, that are sent. */
const MOST_CAUSES = 8;

/** Makes data of what was thrown. */
export function errorData(thrown: unknown, causes = MOST_CAUSES): ErrorData {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    stack,
    ...(cause !== undefined && causes > 0 && { cause: errorData(cause, causes - 1) }),
    ...(thrown instanceof DOMException && { isDom: true }),
    ...(thrown instanceof AggregateError && { errors: thrown.errors.map((one) => errorData(one, causes - 1)) }),
    ...(thrown instanceof own.CheckpointError && { reason: thrown.reason }),
  };
}

/** The error that data were made of: of the same class, if it is this library's, JavaScript's or Deno's. */
export function errorFrom({ name, message, stack, cause: from, reason, isDom, errors }: ErrorData): Error {
  const cause = from === undefined ? {} : { cause: errorFrom(from) };
  const error = name === "CheckpointError"
    ? new own.CheckpointError(message, { ...cause, ...(reason && { reason }) })
    : isDom
    ? new DOMException(message, name)
    : errors !== undefined
    ? new AggregateError(errors.map(errorFrom), message, cause)
    : new (classNamed(name) ?? Error)(message, cause);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
  return error;
}

type ErrorClass = new (message?: string, options?: ErrorOptions) => Error;

function classNamed(name: string): ErrorClass | undefined {
  const classes = [own, { TypeError, RangeError, SyntaxError }, deno()?.errors ?? {}];
  const found = classes.find((some) => Object.hasOwn(some, name)) as Record<string, ErrorClass> | undefined;
  return found?.[name];
}
