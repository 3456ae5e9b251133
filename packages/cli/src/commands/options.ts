import { AppError } from '@cloudstage/protocol';

const invalid = (option: string, expected: string, text: string) =>
  new AppError('option-invalid', `${option}: expected ${expected}, not "${text}"`);

/** A number. @throws AppError `option-invalid` */
export function parseNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw invalid(option, 'a number', text);
  return value;
}

/** A whole number of at least 0. @throws AppError `option-invalid` */
export function parseCount(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text.trim())) throw invalid(option, 'a whole number', text);
  return Number(text);
}

/** `1280x720` in pixels. @throws AppError `option-invalid` */
export function parseResolution(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d{2,5})x(\d{2,5})$/i.exec(text.trim());
  if (match === null) throw invalid('--resolution', '<width>x<height>', text);
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** One of a few words, any case. @throws AppError `option-invalid` */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice.toLowerCase() === text.trim().toLowerCase());
  if (found === undefined) throw invalid(option, `one of ${choices.join(', ')}`, text);
  return found;
}

/** `a,b` without empty parts. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A day or a moment in ISO 8601 as epoch milliseconds; without a zone it is UTC. @throws AppError `option-invalid` */
export function parseTime(option: string, text: string): number {
  const trimmed = text.trim();
  const shape = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(trimmed);
  const zoned = shape === null || shape[1] === undefined || shape[4] !== undefined ? trimmed : `${trimmed}Z`;
  const value = shape === null ? Number.NaN : Date.parse(zoned);
  if (Number.isNaN(value)) throw invalid(option, 'a time like 2026-01-31 or 2026-01-31T12:00:00Z', text);
  return value;
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `12h`, `30d` in milliseconds. @throws AppError `option-invalid` */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text.trim());
  const unit = unitMs[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw invalid(option, 'a duration like 90s, 10m, 12h or 30d', text);
  return Number(match[1]) * unit;
}
