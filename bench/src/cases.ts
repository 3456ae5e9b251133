import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';
import { atLeast, choose } from './arguments.js';
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
  { name: '1080p30', width: 1920, height: 1080, fps: 30, maxBitrateMbps: 10 },
  { name: '1080p60', width: 1920, height: 1080, fps: 60, maxBitrateMbps: 12 },
];
/** Without `--case`; the matrix has all. */
const usualCases = ['720p30', '720p60', '1080p60'];
/** Of the matrix; `idle` comes once, at 720p60. */
const matrixContents: readonly Content[] = ['still', 'typing', 'scroll', 'game', 'noise'];

/** Ways of the media to the page. */
const transports = ['webrtc', 'websocket'] as const;
export type Transport = (typeof transports)[number];

/** One measurement: a case with what is drawn and how many watch besides the player. */
export interface BenchRun {
  readonly settings: BenchCase;
  readonly content: Content;
  readonly viewers: number;
}

/** Arguments of the bench. */
export interface BenchOptions {
  readonly runs: readonly BenchRun[];
  /** How the page receives: over WebRTC, or over a WebSocket from the beginning. */
  readonly transport: Transport;
  readonly seconds: number;
  readonly clicks: number;
  readonly json: boolean;
  /** A table with all legs instead of a line a case. */
  readonly table: boolean;
  /** Show the product's output on standard error. */
  readonly verbose: boolean;
}

/** Most of a session besides its player. */
const maxViewers = 16;

function viewerCounts(text: string): readonly number[] {
  const counts = text.split(',').map((part) => atLeast('viewers', part, 0));
  if (counts.some((count) => !Number.isInteger(count) || count > maxViewers)) {
    throw new AppError('arguments-invalid', `--viewers ${text} is not a list of whole numbers up to ${maxViewers}`);
  }
  // What one more viewer costs is the difference to none.
  return [...new Set(counts.some((count) => count > 0) ? [0, ...counts] : counts)].sort((a, b) => a - b);
}

function findCase(name: string): BenchCase {
  const found = cases.find((candidate) => candidate.name === name);
  if (found) return found;
  throw new AppError('arguments-invalid', `--case ${name} is none of ${cases.map((one) => one.name).join(', ')}`);
}

/** All cases with all contents, and the idle screen. */
function matrix(): BenchRun[] {
  const runs = cases.flatMap((settings) => matrixContents.map((content) => ({ settings, content, viewers: 0 })));
  return [{ settings: findCase('720p60'), content: 'idle', viewers: 0 }, ...runs];
}

/**
 * Parses `[--case 720p60]… [--content game]… [--viewers 1,4,16] [--matrix] [--transport webrtc] [--seconds 10] [--clicks 60] [--table] [--json] [--verbose]`.
 * @throws AppError `arguments-invalid`.
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true, default: usualCases },
      content: { type: 'string', multiple: true, default: ['game'] },
      viewers: { type: 'string', default: '0' },
      matrix: { type: 'boolean', default: false },
      transport: { type: 'string', default: 'webrtc' },
      seconds: { type: 'string', default: '10' },
      clicks: { type: 'string', default: '60' },
      table: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const named = values.case.map(findCase);
  const chosen = choose('content', contents, values.content);
  const [transport = 'webrtc'] = choose('transport', transports, [values.transport]);
  const counts = viewerCounts(values.viewers);
  const { json, verbose } = values;
  const runs = named.flatMap((settings) =>
    chosen.flatMap((content) => counts.map((viewers) => ({ settings, content, viewers }))),
  );
  return {
    runs: values.matrix ? matrix() : runs,
    seconds: atLeast('seconds', values.seconds, 1),
    clicks: atLeast('clicks', values.clicks, 1),
    ...{ json, verbose, transport },
    table: values.table || values.matrix || counts.length > 1,
  };
}
