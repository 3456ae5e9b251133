import type { Percentiles } from './percentiles.js';

/** PURE: what is printed about a case. */

/** Times of the parts of the way by name, as the streamer tells them, in milliseconds. */
export type Legs = Readonly<Record<string, Pick<Percentiles, 'p50' | 'p95' | 'p99'>>>;

/** Result of one case; times in milliseconds. */
export interface CaseResult {
  /** E.g. `720p60`. */
  readonly name: string;
  readonly content: string;
  /** Who watch besides the player. */
  readonly viewers: number;
  readonly captureToPresentMs: Percentiles;
  readonly clickToPhotonMs: Percentiles;
  /** Its parts before the capture, one after the other: to the program, to its drawing, to the capture. */
  readonly clickParts: Legs;
  /** Clicks whose effect was not seen within a second. */
  readonly lostClicks: number;
  readonly presentedFps: number;
  /** Processor time of the product's processes per second of measuring. */
  readonly cpuCores: number;
  /** The same by process; `program` is the stamp program itself. */
  readonly cpuByRole: Readonly<Record<string, number>>;
  /** Of all the product's processes, shared pages counted once. */
  readonly memoryBytes: number;
  readonly firstFrameMs: number;
  /** From drawing by the program to presentation: the same path including the program's own drawing and capture. */
  readonly drawToPresentMs: Percentiles;
  readonly seconds: number;
  readonly freezes: number;
  readonly longestGapMs: number;
  /** Payload of the player's video, and all that the port mux sent to clients, bits a second. */
  readonly videoBps: number;
  readonly sentBps: number;
  /** Means, from the receiver's own counters. */
  readonly jitterBufferMs: number | null;
  readonly decodeMs: number | null;
  readonly legs: Legs;
  /** True when the time of capture was read from the picture, because the RTP timestamps do not carry it. */
  readonly captureTimeFromPicture: boolean;
}

const ms = (value: number | null) => (value === null ? '-' : value.toFixed(1));
/** p50, p95 and p99 to one decimal, a dash for what is not there. */
export const three = ({ p50, p95, p99 }: Pick<Percentiles, 'p50' | 'p95' | 'p99'>) =>
  `${ms(p50)} ${ms(p95)} ${ms(p99)}`;

/** One line: name, capture→present and click→photon (p50 p95 p99 in ms), frames per second, cores, first frame in ms. */
export function formatCase(result: CaseResult): string {
  return [
    result.name,
    `capture→present ${three(result.captureToPresentMs)}`,
    `click→photon ${three(result.clickToPhotonMs)}`,
    `fps ${result.presentedFps.toFixed(1)}`,
    `cpu ${result.cpuCores.toFixed(2)}`,
    `first-frame ${ms(result.firstFrameMs)}`,
  ].join('  ');
}
