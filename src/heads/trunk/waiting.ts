/** A query in a queue, and those who ask it. */

import type { NamedAnswers, Query } from "./query.ts";

/** A caller of a query. */
export interface Caller {
  /** Its query is computed now. */
  begin(): void;
  settle(told: { answer: NamedAnswers } | { error: unknown }): void;
}

/** A query that is not answered, once for all callers who ask it. */
export interface Waiting {
  readonly query: Query;
  readonly key: string;
  readonly tokens: number;
  readonly rows: number;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** Those who were not told; without one nobody wants it. */
  readonly callers: Set<Caller>;
  isBegun: boolean;
  /** Called when the last of its callers has left while it is computed. */
  onLeft: () => void;
}

/** Whether a query has callers. */
export function isWanted({ callers }: Waiting): boolean {
  return callers.size > 0;
}

/** The size of some queries together. */
export function sizeOf(queries: readonly Waiting[]): { queries: number; tokens: number; rows: number } {
  let [tokens, rows] = [0, 0];
  for (const one of queries) {
    tokens += one.tokens;
    rows += one.rows;
  }
  return { queries: queries.length, tokens, rows };
}

/** What equal queries have in common, and others have not. */
export function keyOf({ tokens: { input_ids, token_type_ids }, ask }: Query): string {
  const join = (values: ArrayLike<number>) => Array.prototype.join.call(values);
  const types = token_type_ids === undefined ? "" : join(token_type_ids);
  const options = JSON.stringify(ask, (_key, value) => ArrayBuffer.isView(value) ? [...value as Uint32Array] : value);
  return `${join(input_ids)} ${/[1-9]/.test(types) ? types : ""} ${options}`;
}
