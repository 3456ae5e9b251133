/** Scales of a concurrency, the vendor's names. Projects, packages and nodes are matched by them. */
export const concurrencyTypeNames = ['S1', 'M1', 'L1', 'L2', 'XL2', 'MM1_HD', 'MM1_FHD'] as const;
/** Name of a scale. */
export type ConcurrencyTypeName = (typeof concurrencyTypeNames)[number];

/** What a session of one scale may use; null: no limit. */
export interface ConcurrencyScale {
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  /** Upper bound of the project's own maximum. Bits a second. */
  readonly maxBitrateBps: number | null;
  /** Declared for nodes with a GPU; those without one ignore it. */
  readonly gpuMemoryBytes: number | null;
}

/** Limits of every scale. */
export type ConcurrencyScales = Readonly<Record<ConcurrencyTypeName, ConcurrencyScale>>;

const gibibyte = 1024 ** 3;
const scale = (cpuCores: number, memory: number, megabits: number, gpuMemory: number): ConcurrencyScale => ({
  cpuCores,
  memoryBytes: memory * gibibyte,
  maxBitrateBps: megabits * 1_000_000,
  gpuMemoryBytes: gpuMemory * gibibyte,
});

/** Defaults: S1, M1 and L1 as published by the vendor, the others in proportion. */
export const defaultScales: ConcurrencyScales = {
  S1: scale(4, 8, 6, 4),
  M1: scale(4, 16, 8, 6),
  L1: scale(10, 32, 8, 12),
  L2: scale(12, 48, 10, 16),
  XL2: scale(16, 64, 15, 24),
  MM1_HD: scale(2, 4, 4, 2),
  MM1_FHD: scale(4, 8, 6, 4),
};

/** True when `name` is a scale. */
export function isConcurrencyType(name: string): name is ConcurrencyTypeName {
  return (concurrencyTypeNames as readonly string[]).includes(name);
}

/** A project's bitrate range within a scale's bound. */
export function clampBitrate(
  range: { readonly minBitrateBps: number; readonly maxBitrateBps: number },
  limits: ConcurrencyScale,
): { readonly minBitrateBps: number; readonly maxBitrateBps: number } {
  const maxBitrateBps = Math.min(range.maxBitrateBps, limits.maxBitrateBps ?? range.maxBitrateBps);
  return { minBitrateBps: Math.min(range.minBitrateBps, maxBitrateBps), maxBitrateBps };
}
