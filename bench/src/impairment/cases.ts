import { parseArgs } from 'node:util';
import { burstLossOf, type LinkOptions } from '@cloudstage/render-node/testing/link-model';
import { atLeast, choose } from '../arguments.js';

/** PURE: paths with trouble, and what is compared on them. */

/** Change of the path towards the client. */
export interface PathChange {
  /** Behind the warm-up. */
  readonly atSeconds: number;
  readonly down: Partial<LinkOptions>;
}

/** A path. */
export interface ImpairmentCase {
  readonly name: string;
  readonly about: string;
  readonly down: Partial<LinkOptions>;
  readonly up: Partial<LinkOptions>;
  readonly changes: readonly PathChange[];
  /** Of the baseline with a fixed bitrate. */
  readonly fixedMbps: number;
  /** At least this long, so that all changes are seen. */
  readonly minSeconds: number;
}

const mbps = (value: number) => value * 1_000_000;
const ms = (value: number) => value * 1_000;

/** A bottleneck that holds up to `queueMs` of its own rate. */
function bottleneck(megabits: number, delayMs: number, queueMs: number): Partial<LinkOptions> {
  return { bandwidthBps: mbps(megabits), delayUs: ms(delayMs), queueUs: ms(queueMs) };
}

/** Way back: never the bottleneck, with the same delay and losses. */
function wayBack(delayMs: number, more: Partial<LinkOptions> = {}): Partial<LinkOptions> {
  return { bandwidthBps: mbps(5), queueUs: ms(200), delayUs: ms(delayMs), ...more };
}

const steady = { changes: [], minSeconds: 0 } as const;

/** All paths. The fixed baseline has what a careful operator would set: four fifths of the bottleneck, 8 Mbit/s at most. */
export const impairmentCases: readonly ImpairmentCase[] = [
  {
    ...steady,
    name: 'clean',
    about: '20 Mbit/s, RTT 20 ms, nothing lost',
    down: bottleneck(20, 10, 200),
    up: wayBack(10),
    fixedMbps: 8,
  },
  {
    ...steady,
    name: 'loss2',
    about: '4 Mbit/s, RTT 30 ms, 2 % of all packets lost at random',
    down: { ...bottleneck(4, 15, 150), loss: 0.02 },
    up: wayBack(15, { loss: 0.02 }),
    fixedMbps: 3,
  },
  {
    name: 'step',
    about: '20 → 4 → 20 Mbit/s, RTT 30 ms, queue of 250 ms',
    down: bottleneck(20, 15, 250),
    up: wayBack(15),
    changes: [
      { atSeconds: 10, down: { bandwidthBps: mbps(4) } },
      { atSeconds: 20, down: { bandwidthBps: mbps(20) } },
    ],
    fixedMbps: 8,
    minSeconds: 30,
  },
  {
    ...steady,
    name: 'burst',
    about: '10 Mbit/s, RTT 40 ms, 2 % lost in bursts of 5',
    down: { ...bottleneck(10, 20, 200), burstLoss: burstLossOf(0.02, 5) },
    up: wayBack(20),
    fixedMbps: 8,
  },
  {
    ...steady,
    name: 'wifi',
    about: '15 Mbit/s, RTT 20 ms, jitter to 15 ms, 1 % overtaken by 15 ms, 0.5 % lost',
    down: { ...bottleneck(15, 10, 200), jitterUs: ms(15), reorder: 0.01, reorderUs: ms(15), loss: 0.005 },
    up: wayBack(10, { jitterUs: ms(15), loss: 0.005 }),
    fixedMbps: 8,
  },
  {
    ...steady,
    name: 'mobile',
    about: '6 Mbit/s, RTT 80 ms, jitter to 20 ms, queue of 600 ms, 1 % lost in bursts of 3',
    down: { ...bottleneck(6, 40, 600), jitterUs: ms(20), burstLoss: burstLossOf(0.01, 3) },
    up: wayBack(40, { jitterUs: ms(20) }),
    fixedMbps: 4.8,
  },
];

/** Who sends: the product, the product at a fixed bitrate, Chromium's own sender. */
export const senders = ['product', 'fixed', 'chromium'] as const;
export type Sender = (typeof senders)[number];

/** Arguments of the bench. */
export interface ImpairmentOptions {
  readonly cases: readonly ImpairmentCase[];
  readonly senders: readonly Sender[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly json: boolean;
  readonly verbose: boolean;
  /** File for a chart of every case; `%` in it stands for the case's name. */
  readonly svg: string | null;
}

/**
 * Parses `[--case step]… [--sender product]… [--seconds 20] [--warm-up 8] [--seed 1] [--fps 30] [--json] [--svg FILE] [--verbose]`.
 * @throws AppError `arguments-invalid`.
 */
export function parseImpairmentOptions(args: readonly string[]): ImpairmentOptions {
  const names = impairmentCases.map(({ name }) => name);
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true, default: names },
      sender: { type: 'string', multiple: true, default: [...senders] },
      seconds: { type: 'string', default: '20' },
      'warm-up': { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      fps: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      svg: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const chosen = choose('case', names, values.case);
  return {
    cases: impairmentCases.filter(({ name }) => chosen.includes(name)),
    senders: choose('sender', senders, values.sender),
    seconds: atLeast('seconds', values.seconds, 2),
    warmUpSeconds: atLeast('warm-up', values['warm-up'], 0),
    seed: atLeast('seed', values.seed, 0),
    ...{ width: 1_280, height: 720 },
    fps: atLeast('fps', values.fps, 1),
    json: values.json,
    verbose: values.verbose,
    svg: values.svg ?? null,
  };
}
