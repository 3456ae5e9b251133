import type { RunResult } from './analysis.js';
import type { ImpairmentCase, Sender } from './cases.js';
import { goalsOf } from './goals.js';

/** PURE: what is printed about a path. */

/** Results of all senders on a path. */
export interface CaseReport {
  readonly settings: ImpairmentCase;
  readonly runs: readonly SenderRun[];
}

/** One sender's result. */
export interface SenderRun {
  readonly sender: Sender;
  readonly result: RunResult;
  readonly codec: string;
  /** Size of the last pictures; a sender may make them smaller. */
  readonly picture: string;
  /** What the sender says of itself; may be empty. */
  readonly note: string;
  /** How precise the relay was, ms. */
  readonly relayLateMsP99: number;
  /** Share of the packets to the client that the path dropped or lost. */
  readonly lostShare: number;
}

const columns = [
  ...[
    'sender',
    'codec',
    'picture',
    'delay p50',
    'p95',
    'p99',
    'capture→present p95',
    'network+buffer p50',
    'p95',
    'buffer',
    'Mbit/s',
    'fps',
  ],
  ...[
    'freezes',
    'longest',
    'SSIM',
    'p10',
    'PSNR',
    'lost',
    'NACK',
    'PLI',
    'ramp',
    'settled',
    'recovered',
    'relay late p99',
  ],
] as const;

const fixed = (value: number | null | undefined, digits = 1) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);

function rowOf({ sender, codec, picture, result, relayLateMsP99, lostShare }: SenderRun): string[] {
  const { p50, p95, p99 } = result.delayOverBaseMs;
  return [
    ...[sender, codec.replace('video/', '') || '-', picture, fixed(p50), fixed(p95), fixed(p99)],
    ...[
      fixed(result.captureToPresentMs.p95),
      fixed(result.networkAndBufferMs.p50),
      fixed(result.networkAndBufferMs.p95),
    ],
    ...[fixed(result.meanJitterBufferMs), fixed(result.goodputMbps, 2)],
    ...[fixed(result.fps), String(result.freezes), fixed(result.longestGapMs, 0)],
    ...[fixed(result.ssim, 4), fixed(result.ssimP10, 4), fixed(result.psnrDb)],
    ...[`${(lostShare * 100).toFixed(1)}%`, String(result.nacks), String(result.plis)],
    ...[fixed(result.rampMs, 0), fixed(result.settledMs, 0), fixed(result.recoveredMs, 0), fixed(relayLateMsP99)],
  ];
}

/** A table in Markdown, and the goals. Times are milliseconds. */
export function formatCaseReport({ settings, runs }: CaseReport): string {
  const results = Object.fromEntries(runs.map(({ sender, result }) => [sender, result]));
  const goals = goalsOf(settings, results).map(({ text, met }) => `- ${met ? 'met' : 'MISSED'}: ${text}`);
  const lines = [
    `### ${settings.name}: ${settings.about}`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => '---').join('|')}|`,
    ...runs.map((run) => `| ${rowOf(run).join(' | ')} |`),
    '',
    ...runs.flatMap(({ sender, note }) => (note === '' ? [] : [`- ${sender}: ${note}`])),
    ...goals,
  ];
  return `${lines.join('\n')}\n`;
}
