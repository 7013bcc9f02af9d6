/**
 * How often recorded work has written to each buffer. What was copied or computed from a buffer is stale if the number
 * is another one now.
 */

/** Some buffers, each with the number of writes to it when they were noted. */
export type NotedVersions = ReadonlyMap<GPUBuffer, number>;

/** Counts the writes to buffers of weights, and to those of callers. */
export class BufferVersions {
  readonly #counts = new WeakMap<GPUBuffer, number>();

  /** The number of writes to a buffer in the work recorded so far. */
  of(buffer: GPUBuffer): number {
    return this.#counts.get(buffer) ?? 0;
  }

  /** Notes that recorded work writes to a buffer. */
  changed(buffer: GPUBuffer): void {
    this.#counts.set(buffer, this.of(buffer) + 1);
  }

  /** The versions of some buffers by the work recorded so far. */
  note(buffers: Iterable<GPUBuffer>): NotedVersions {
    return new Map(Array.from(buffers, (buffer) => [buffer, this.of(buffer)]));
  }

  /** Whether no buffer was written to since its version was noted. */
  isCurrent(noted: NotedVersions): boolean {
    for (const [buffer, version] of noted) if (this.of(buffer) !== version) return false;
    return true;
  }
}
