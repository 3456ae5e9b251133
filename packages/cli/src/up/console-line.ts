/** Names of pino's numeric levels. */
const levelNames: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' };

/**
 * One short line for people from one JSON line of the log: time, severity, part, message, and the error's own message.
 * `''` for a line with `shown: true`, which the person has already been told. PURE; text that is not JSON is passed on.
 */
export function formatConsoleLine(json: string): string {
  let entry: unknown;
  try {
    entry = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof entry !== 'object' || entry === null) return json;
  const fields = entry as Readonly<Record<string, unknown>>;
  if (fields.shown === true) return '';
  const time = typeof fields.time === 'number' ? new Date(fields.time).toISOString().slice(11, 19) : '';
  const level = levelNames[Number(fields.level)] ?? '';
  const part = typeof fields.part === 'string' ? `${fields.part}: ` : '';
  const error = errorMessage(fields.err);
  return `${[time, level, `${part}${String(fields.msg ?? '')}${error}`].filter((text) => text !== '').join(' ')}\n`;
}

function errorMessage(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return ` (${String(error.message)})`;
}

/** Tells whether a text is new enough to be shown. */
export type RepeatFilter = (text: string, nowMs: number) => boolean;

/**
 * Lets the same text pass only once in `windowMs`; of more than `maxTexts` different ones, the oldest is forgotten. Lines
 * that differ in their first word, the time of day, are the same.
 */
export function createRepeatFilter(windowMs: number, maxTexts: number): RepeatFilter {
  const shownAt = new Map<string, number>();
  return (text, nowMs) => {
    const key = text.slice(text.indexOf(' ') + 1);
    const last = shownAt.get(key);
    if (last !== undefined && nowMs - last < windowMs) return false;
    shownAt.delete(key);
    shownAt.set(key, nowMs);
    const [oldest] = shownAt.keys();
    if (shownAt.size > maxTexts && oldest !== undefined) shownAt.delete(oldest);
    return true;
  };
}
