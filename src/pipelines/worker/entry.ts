/** The Worker of a pipeline: it loads the model that it is told to, and answers queries by it. */

import { errorData } from "../../heads/remote/error_data.ts";
import type { Port } from "../../heads/remote/messages.ts";
import { serve } from "../../heads/remote/serve.ts";
import { methodsOfWorker } from "./methods.ts";

/** This Worker. */
const own = globalThis as unknown as Port & EventTarget & { close(): void };

/** Tells that something was thrown that nobody waits for, and ends. */
function die(event: Event, thrown: unknown): void {
  event.preventDefault();
  own.postMessage({ kind: "died", error: errorData(thrown) });
  own.close();
}

own.addEventListener("error", (event) => die(event, (event as ErrorEvent).error));
own.addEventListener("unhandledrejection", (event) => die(event, (event as PromiseRejectionEvent).reason));
serve(own, methodsOfWorker());
