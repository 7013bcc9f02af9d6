/** The best few of many. */

/** A vector that was found, and how alike it is to the query. */
export interface SearchHit {
  /** Its number among the vectors that were searched, from 0. */
  corpus_id: number;
  /** How alike they are; the larger, the more. */
  score: number;
}

/** Hits for each query, if the caller says nothing else. */
export const TOP_K = 10;

/** The best hits so far of a query, the best first; of equal ones the lower number comes first. */
export class Best {
  readonly #most: number;
  readonly #hits: SearchHit[] = [];

  /** @param most How many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The hits, best first. */
  get hits(): SearchHit[] {
    return [...this.#hits];
  }

  /** Whether there are as many as are kept, and the last of them is better than a score. */
  isAbove(score: number): boolean {
    return this.#hits.length === this.#most && (this.#most === 0 || this.#hits.at(-1)!.score > score);
  }

  /** Forgets all. */
  clear(): void {
    this.#hits.length = 0;
  }

  /** Takes a hit, if it is among the best. */
  add(corpus_id: number, score: number): void {
    const hits = this.#hits;
    const last = hits[hits.length - 1];
    if (hits.length === this.#most) {
      if (last === undefined || !precedes(score, corpus_id, last)) return;
      hits.pop();
    }
    let [low, high] = [0, hits.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(score, corpus_id, hits[middle]!)) high = middle;
      else low = middle + 1;
    }
    hits.splice(low, 0, { corpus_id, score });
  }
}

function precedes(score: number, corpus_id: number, other: SearchHit): boolean {
  return score > other.score || (score === other.score && corpus_id < other.corpus_id);
}
