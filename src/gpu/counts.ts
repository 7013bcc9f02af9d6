/** What is counted on a device, for tests and tools that check for allocations. */

/** Numbers of things made so far, and bytes in use. A call that fits the current capacity changes none of them. */
export interface GpuCounts {
  /** Bytes of the buffers in use. */
  liveBytes: number;
  /** Buffers made. */
  buffers: number;
  /** Staging buffers made, and their bytes. */
  staging: number;
  stagingBytes: number;
  /** Bind groups made by programs. */
  bindGroups: number;
  /** Pipelines compiled. */
  pipelines: number;
}
