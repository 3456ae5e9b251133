import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';

/** Archive formats that the bench can make. */
export const ingestFormats = ['zip', 'tar.gz', 'tar.zst', '7z'] as const;
/** One of them. */
export type IngestFormat = (typeof ingestFormats)[number];

/** Choices of one run. */
export interface IngestBenchOptions {
  /** Unpacked sizes, GiB, smallest first. */
  readonly sizes: readonly number[];
  readonly formats: readonly IngestFormat[];
  /** Where archives and store lie; empty: the temporary directory. */
  readonly directory: string;
  readonly json: boolean;
}

function size(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new AppError('usage', '--sizes are positive numbers of GiB');
  return value;
}

function format(text: string): IngestFormat {
  const found = ingestFormats.find((name) => name === text);
  if (found === undefined) throw new AppError('usage', `--formats are ${ingestFormats.join(', ')}`);
  return found;
}

/** Reads the command line. PURE. @throws AppError `usage`. */
export function parseIngestBenchOptions(args: readonly string[]): IngestBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: 'string', default: '0.25,10' },
      formats: { type: 'string', default: ingestFormats.join(',') },
      directory: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    sizes: values.sizes
      .split(',')
      .map(size)
      .sort((a, b) => a - b),
    formats: values.formats.split(',').map(format),
    directory: values.directory,
    json: values.json,
  };
}
