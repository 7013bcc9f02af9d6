/** Errors of requests, in the shape of Text Embeddings Inference and in that of OpenAI. */

import { InputError, NarrowBertError } from "../../../mod.ts";

/** The kinds of errors, by the names that Text Embeddings Inference gives them, and their status. */
export const STATUS = {
  Empty: 400,
  Syntax: 400,
  Unauthorized: 401,
  NotFound: 404,
  MethodNotAllowed: 405,
  BodyTimeout: 408,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  Validation: 422,
  Tokenizer: 422,
  Backend: 424,
  Overloaded: 429,
  Cancelled: 499,
  Unhealthy: 503,
  Timeout: 504,
} as const;

/** A kind of error. */
export type ErrorType = keyof typeof STATUS;

/** Why a request failed, by the label that the metrics give it. */
export type Failure =
  | "overloaded"
  | "validation"
  | "batch_size"
  | "tokenization"
  | "model_type"
  | "inference"
  | "dropped";

/** An error that a client is told. Its message has no path and no stack. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly type: ErrorType;
  readonly failure: Failure;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: ErrorType,
    message: string,
    { failure = failureOf(type), headers = {}, cause }: {
      failure?: Failure;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.type = type;
    this.failure = failure;
    this.headers = headers;
  }

  get status(): number {
    return STATUS[this.type];
  }
}

function failureOf(type: ErrorType): Failure {
  if (type === "Overloaded" || type === "Unhealthy") return "overloaded";
  if (type === "Cancelled" || type === "Timeout") return "dropped";
  if (type === "Tokenizer") return "tokenization";
  return type === "Backend" ? "inference" : "validation";
}

/** An input that does not fit. */
export function invalid(message: string, failure: Failure = "validation"): HttpError {
  return new HttpError("Validation", `Input validation error: ${message}`, { failure });
}

/** There is something missing. */
export function empty(name: string): HttpError {
  return new HttpError("Empty", `\`${name}\` cannot be empty`);
}

/** Too many requests at a time. */
export function overloaded(): HttpError {
  return new HttpError("Overloaded", "Model is overloaded", { headers: { "retry-after": "1" } });
}

/** What clients may be told about anything that was thrown. What is not meant for them is the cause. */
export function httpErrorFrom(cause: unknown): HttpError {
  if (cause instanceof HttpError) return cause;
  if (cause instanceof InputError) return invalid(tokensMessage(cause.message) ?? cause.message);
  if (cause instanceof RangeError && cause.message.startsWith("Cannot ")) return invalid(cause.message);
  if (cause instanceof DOMException && cause.name === "TimeoutError") {
    const told = "The request has waited too long for its turn; try again later";
    return new HttpError("Unhealthy", told, { headers: { "retry-after": "1" }, cause });
  }
  switch (cause instanceof NarrowBertError ? cause.code : null) {
    case "tokenizer":
      return new HttpError("Tokenizer", "The text cannot be tokenized", { cause });
    case "non_finite":
      return new HttpError("Backend", "The model gave a number that is not finite, so the answer is withheld", {
        cause,
      });
    case "overloaded":
      return overloaded();
    case "device_lost":
    case "worker":
    case "disposed":
    case "probe":
      return new HttpError("Unhealthy", "The model was lost and is loaded again; try again later", {
        headers: { "retry-after": "1" },
        failure: "inference",
        cause,
      });
  }
  return new HttpError("Backend", "The answer could not be computed", { cause });
}

/** What Text Embeddings Inference says of a text that is too long. */
function tokensMessage(message: string): string | null {
  const found = /the model takes (\d+) tokens, got (\d+)/.exec(message);
  return found && `\`inputs\` must have less than ${found[1]} tokens. Given: ${found[2]}`;
}

/** The answer to a request that failed. @param path Under `/v1/` it has OpenAI's shape. */
export function errorResponse(error: HttpError, path: string): Response {
  const { message, type, status, headers } = error;
  const nested = { error: { message, type: openAiType(status), param: null, code: openAiCode(error) } };
  const body = path.startsWith("/v1/") ? nested : { error: message, error_type: type };
  // 499 is no status that an answer may have; nobody reads it.
  return Response.json(body, { status: status === 499 ? 503 : status, headers });
}

function openAiType(status: number): string {
  if (status === 429) return "rate_limit_exceeded";
  return status < 424 ? "invalid_request_error" : "server_error";
}

function openAiCode({ type }: HttpError): string {
  if (type === "Unauthorized") return "invalid_api_key";
  return type === "NotFound" ? "not_found" : type.replace(/(?!^)[A-Z]/g, "_$&").toLowerCase();
}
