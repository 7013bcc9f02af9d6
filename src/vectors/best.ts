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

/**
 * The best hits so far of a query, the best first; of equal ones the lower number comes first. More than are kept are
 * gathered, and sorted now and then: a hit takes the same time whatever their number.
 */
export class Best {
  readonly #most: number;
  #hits: SearchHit[] = [];
  /** Those that are not among the hits, and may be. */
  #more: SearchHit[] = [];

  /** @param most How many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The hits, best first. */
  get hits(): SearchHit[] {
    this.#sort();
    return [...this.#hits];
  }

  /** Whether there are as many as are kept, and the last of them is better than a score. */
  isAbove(score: number): boolean {
    this.#sort();
    return this.#hits.length === this.#most && (this.#most === 0 || this.#hits.at(-1)!.score > score);
  }

  /** Forgets all. */
  clear(): void {
    this.#hits = [];
    this.#more = [];
  }

  /** Takes a hit, if it is among the best. */
  add(corpus_id: number, score: number): void {
    const hit = { corpus_id, score };
    const { length } = this.#hits;
    if (length === this.#most && (length === 0 || compare(hit, this.#hits[length - 1]!) > 0)) return;
    this.#more.push(hit);
    if (this.#more.length > Math.max(64, this.#most)) this.#sort();
  }

  #sort(): void {
    if (this.#more.length === 0) return;
    this.#hits = [...this.#hits, ...this.#more].sort(compare).slice(0, this.#most);
    this.#more = [];
  }
}

/** The order of hits. */
function compare(a: SearchHit, b: SearchHit): number {
  return b.score - a.score || a.corpus_id - b.corpus_id;
}
