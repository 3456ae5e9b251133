/** Conversions of what clients send where a number or a truth value belongs. PURE. */

/** Finite number of a number, or of decimal or `0x` text. */
export function looseNumber(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() === '') return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** True for true, "true" and numbers other than 0. */
export function looseBoolean(value: unknown): boolean {
  if (typeof value === 'string') return value === 'true' || (looseNumber(value) ?? 0) !== 0;
  return typeof value === 'number' ? value !== 0 : value === true;
}

/** JSON value of a message of at most `maxBytes`; undefined for binary that is no UTF-8, broken and oversized text. */
export function parseJson(data: string | Uint8Array, maxBytes: number): unknown {
  if (data.length > maxBytes) return undefined;
  try {
    return JSON.parse(typeof data === 'string' ? data : new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    // Garbage from a client is an expected outcome, told by the result.
    return undefined;
  }
}
