/** Names of the files of a recording. PURE. */

/** A part as its name tells. */
export interface PartName {
  /** Wall clock of the first picture, epoch milliseconds. */
  readonly startedAt: number;
  /** Null: it is being written, or its writer was killed. */
  readonly durationMs: number | null;
}

const openPattern = /^(\d{13})\.mp4\.open$/;
const wholePattern = /^(\d{13})-(\d{1,9})\.mp4$/;

/** Name of a part that is being written. */
export function openPartName(startedAt: number): string {
  return `${startedAt}.mp4.open`;
}

/** Name of a whole part. */
export function wholePartName(startedAt: number, durationMs: number): string {
  return `${startedAt}-${durationMs}.mp4`;
}

/** What a name tells; null for files that are none of ours. */
export function parsePartName(name: string): PartName | null {
  const whole = wholePattern.exec(name);
  if (whole) return { startedAt: Number(whole[1]), durationMs: Number(whole[2]) };
  const open = openPattern.exec(name);
  return open ? { startedAt: Number(open[1]), durationMs: null } : null;
}
