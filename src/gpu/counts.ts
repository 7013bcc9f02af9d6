/** What is counted on a device, for tests and tools that ask whether anything was allocated. */

/** Numbers of things made so far, and bytes in use. A call whose sizes fit what is there leaves all of them as they are. */
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
