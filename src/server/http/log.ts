/** What is logged of a request. */

/** One request, as it is logged. */
export interface LogEntry {
  /** When it was answered, as in ISO 8601. */
  readonly time: string;
  readonly level: "info" | "error";
  /** The request's id, which the answer has as `x-request-id`. */
  readonly request_id: string;
  readonly method: string;
  /** The path, as far as it is a route; nothing that a client has made up. */
  readonly route: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly tokens?: number;
  readonly queue_ms?: number;
  readonly inference_ms?: number;
  /** The model that answered. */
  readonly model?: string;
  /** Why it failed. Of an error of the service itself, this is all that is known; clients are not told. */
  readonly error?: string;
}
