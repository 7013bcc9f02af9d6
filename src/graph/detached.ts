/** Parts of a graph that count as given: no gradient goes through them. */

import type { Graph } from "./graph.ts";

/**
 * Traces `body` as in a graph that is only run forward: its layers keep nothing for gradients and drop nothing, and no
 * gradient goes through its values, even to weights that others read too.
 */
export function detached<T>(g: Graph, body: () => T): T {
  const { differentiable, drops } = g;
  g.differentiable = false;
  g.drops = false;
  try {
    return g.tape.capture(body).result;
  } finally {
    g.differentiable = differentiable;
    g.drops = drops;
  }
}
