/** The messages between a trunk in a Worker and the thread that asks it. */

import type { ErrorData } from "./error_data.ts";

/** A call of a method in the Worker. */
export interface CallMessage {
  readonly kind: "call";
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** What the Worker is sent. */
export type ToWorker =
  | CallMessage
  /** The caller of a call is gone. */
  | { readonly kind: "abort"; readonly id: number }
  /** Asks for a sign of life. */
  | { readonly kind: "ping" };

/** What the Worker sends. */
export type FromWorker =
  /** A call is done. */
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  /** A call has failed. */
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorData }
  /** What a call tells meanwhile. */
  | { readonly kind: "event"; readonly id: number; readonly event: unknown }
  | { readonly kind: "pong" }
  /** Something was thrown that nobody waits for: the Worker ends. */
  | { readonly kind: "died"; readonly error: ErrorData };

/** One end of a channel: a Worker, what a Worker calls `self`, or a port. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}
