/** The Worker's side of calls. */

import { errorData } from "./error_data.ts";
import type { CallMessage, FromWorker, Port, ToWorker } from "./messages.ts";

/** What a method is called with besides its argument. */
export interface ServedCall {
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** Tells the caller something meanwhile. */
  tell(event: unknown): void;
}

/** What a method gives back; buffers in `transfer` are moved, not copied. */
export interface Served {
  readonly value: unknown;
  readonly transfer?: Transferable[];
}

/** Methods by name. */
export type Methods = Readonly<Record<string, (argument: never, call: ServedCall) => Promise<Served>>>;

/** Answers the calls that come through a port. */
export function serve(port: Port, methods: Methods): void {
  const running = new Map<number, AbortController>();
  const send = (message: FromWorker, transfer: Transferable[] = []) => port.postMessage(message, transfer);

  async function run({ id, method, argument }: CallMessage): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    const call = { signal: controller.signal, tell: (event: unknown) => send({ kind: "event", id, event }) };
    try {
      const { value, transfer } = await methods[method]!(argument as never, call);
      send({ kind: "result", id, value }, transfer);
    } catch (error) {
      send({ kind: "error", id, error: errorData(error) });
    } finally {
      running.delete(id);
    }
  }

  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "ping") send({ kind: "pong" });
    else if (data.kind === "abort") running.get(data.id)?.abort();
    else run(data);
  };
}
