import type { ConsoleStream } from '../up/console.js';

/** Shows how far something is. */
export interface Progress {
  /** `done` of the total, in bytes. */
  update(done: number): void;
  /** Ends the bar, so that the next text begins on a line of its own. */
  end(): void;
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  readonly label: string;
  readonly totalBytes: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

const barChars = 24;
/** A terminal is redrawn at most this often. */
const redrawMs = 100;
/** Without a terminal, a line is written each time that this much more is done. */
const linePercent = 10;

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.4 GB`. PURE. */
export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `2:05` or `1:02:05`. PURE. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/**
 * A bar with rate and remaining time on a terminal, a line each 10 % elsewhere. The rate counts from the first `update`,
 * which for a resumed upload is not zero.
 */
export function createProgress(stream: ConsoleStream, { label, totalBytes, now }: ProgressOptions): Progress {
  let first: { readonly at: number; readonly done: number } | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let nextPercent = 0;
  let open = false;

  const describe = (done: number): string => {
    const seconds = first === null ? 0 : (now() - first.at) / 1_000;
    const rate = first === null || seconds <= 0 ? 0 : (done - first.done) / seconds;
    const percent = totalBytes === 0 ? 100 : Math.floor((done / totalBytes) * 100);
    const rest = rate <= 0 ? '' : `  ${formatBytes(rate)}/s  ${formatDuration((totalBytes - done) / rate)} left`;
    return `${String(percent).padStart(3)} %  ${formatBytes(done)} of ${formatBytes(totalBytes)}${rest}`;
  };

  return {
    update: (done) => {
      first ??= { at: now(), done };
      const percent = totalBytes === 0 ? 100 : (done / totalBytes) * 100;
      if (stream.isTTY === true) {
        if (now() - drawnAt < redrawMs && done < totalBytes) return;
        drawnAt = now();
        const filled = Math.round((percent / 100) * barChars);
        stream.write(`\r\x1b[K${label}  [${'#'.repeat(filled).padEnd(barChars, '.')}] ${describe(done)}`);
        open = true;
      } else if (percent >= nextPercent) {
        nextPercent = (Math.floor(percent / linePercent) + 1) * linePercent;
        stream.write(`${label}  ${describe(done)}\n`);
      }
    },
    end: () => {
      if (open) stream.write('\n');
      open = false;
    },
  };
}

/**
 * Bytes and rate of something whose size is not known before it is over, on a terminal; elsewhere nothing, since its end is
 * told anyway.
 */
export function createCounter(stream: ConsoleStream, options: Omit<ProgressOptions, 'totalBytes'>): Progress {
  const { label, now } = options;
  const startedAt = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let last = 0;
  const draw = (): void => {
    const seconds = (now() - startedAt) / 1_000;
    const rate = seconds <= 0 ? '' : `  ${formatBytes(last / seconds)}/s`;
    stream.write(`\r\x1b[K${label}  ${formatBytes(last)}${rate}`);
    drawnAt = now();
  };
  return {
    update: (done) => {
      last = done;
      if (stream.isTTY === true && now() - drawnAt >= redrawMs) draw();
    },
    end: () => {
      if (drawnAt === Number.NEGATIVE_INFINITY) return;
      draw();
      stream.write('\n');
    },
  };
}
