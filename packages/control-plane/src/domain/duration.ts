const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/**
 * Reads a duration as the compatible API writes it: bare seconds (`30`) or a sequence of numbers with units (`20s`, `2m`,
 * `1h30m`). Milliseconds; null when it is neither. PURE.
 */
export function parseDuration(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d{1,9}[hms])+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([hms])/g)) total += Number(count) * (unitMs[unit ?? ''] ?? 0);
  return total;
}

/** Writes a duration as whole seconds with their unit: `120s`. PURE. */
export function formatDuration(ms: number): string {
  return `${Math.round(ms / 1_000)}s`;
}
