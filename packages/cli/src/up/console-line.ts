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
