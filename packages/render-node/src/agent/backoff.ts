/** Delay before try number `failures` (0: the first, at once): doubles from `minMs` to `maxMs`. PURE. */
export function backoffMs(failures: number, minMs: number, maxMs: number): number {
  if (failures <= 0) return 0;
  return Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
}
