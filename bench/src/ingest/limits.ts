/** Sizes and pauses of the ingest bench, each with its reason. */
export const ingestBenchLimits = {
  /** Asset bundles of engines are of this order. */
  fileBytes: 64 * 1024 ** 2,
  /** Of each block of a file, bytes that cannot be compressed: packages of games pack to about half. */
  blockBytes: 64 * 1024,
  randomBytes: 32 * 1024,
  /** Between looks at the memory of the processes; the kernel keeps the peak of each, so only short processes could be missed. */
  sampleMs: 50,
} as const;
