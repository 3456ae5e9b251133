import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';
import { type Content, contents } from './stamp/options.js';

/** PURE: what is measured. */

/** One case: a project's settings and the program's frame rate. */
export interface BenchCase {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly maxBitrateMbps: number;
}

const cases: readonly BenchCase[] = [
  { name: '720p30', width: 1280, height: 720, fps: 30, maxBitrateMbps: 6 },
  { name: '720p60', width: 1280, height: 720, fps: 60, maxBitrateMbps: 8 },
  { name: '1080p60', width: 1920, height: 1080, fps: 60, maxBitrateMbps: 12 },
];

/** Arguments of the bench. */
export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  readonly content: Content;
  readonly seconds: number;
  readonly clicks: number;
  readonly json: boolean;
  /** Show the product's output on standard error. */
  readonly verbose: boolean;
}

function atLeast(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (value >= minimum) return value;
  throw new AppError('arguments-invalid', `--${name} ${text} is not a number of at least ${minimum}`);
}

/**
 * Parses `[--case 720p60]… [--content game] [--seconds 10] [--clicks 60] [--json] [--verbose]`.
 * @throws AppError `arguments-invalid`.
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true, default: cases.map(({ name }) => name) },
      content: { type: 'string', default: 'game' },
      seconds: { type: 'string', default: '10' },
      clicks: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const chosen = values.case.map((name) => {
    const found = cases.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new AppError('arguments-invalid', `--case ${name} is none of ${cases.map((one) => one.name).join(', ')}`);
  });
  const content = contents.find((name) => name === values.content);
  if (!content)
    throw new AppError('arguments-invalid', `--content ${values.content} is none of ${contents.join(', ')}`);
  const { json, verbose } = values;
  const [seconds, clicks] = [atLeast('seconds', values.seconds, 1), atLeast('clicks', values.clicks, 1)];
  return { cases: chosen, content, seconds, clicks, json, verbose };
}
