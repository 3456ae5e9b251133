import {
  clientLatencyLegs,
  createLatencyHistogram,
  type LatencyCounts,
  type LatencyHistogram,
  type LatencyLeg,
} from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';

/** A presented frame, as far as its transport knows it. Milliseconds, moments on the platform's clock. */
export interface MeasuredFrame {
  readonly presentedAtMs: number;
  /** When the last byte of it had arrived. */
  readonly receivedAtMs?: number;
  /** Time in the decoder. */
  readonly decodeMs?: number;
  /** Time in a buffer before the decoder; WebRTC tells only means, by statistics. */
  readonly bufferedMs?: number;
  /** Null while the server's clock is unknown. */
  readonly captureToPresentMs: number | null;
}

/** What statistics say of the frames since the last reading, milliseconds per frame. */
export interface FrameMeans {
  readonly frames: number;
  readonly jitterBufferMs: number;
  readonly decodeMs: number;
}

/** The client's part of the latency account: counted here, sent with each heartbeat, kept by the server. */
export interface ClientLatency {
  /** Takes in a presented frame. */
  frame(frame: MeasuredFrame): void;
  /** Takes in statistics; they fill in what frames do not tell. */
  means(means: FrameMeans): void;
  /** The user pressed something; `tripMs` is the time until the server has it. */
  input(sentAtMs: number, tripMs: number): void;
  /** Everything since the last call. */
  takeCounts(): LatencyCounts;
}

/** Something that the user pressed and whose effect has not been seen. */
interface PendingInput {
  readonly sentAtMs: number;
  readonly arrivesAtMs: number;
}

/** Whether an input message is one whose effect users wait for: something pressed, not moved or let go. PURE. */
export function isPress(message: object): boolean {
  const { type, down, event_type } = message as Readonly<Record<string, unknown>>;
  return down === true ? typeof type === 'string' : type === 'event_touch' && event_type === 0;
}

/** Creates the account of one connection. Time comes in as an argument. */
export function createClientLatency(): ClientLatency {
  const legs = new Map<LatencyLeg, LatencyHistogram>(clientLatencyLegs.map((leg) => [leg, createLatencyHistogram()]));
  const record = (leg: LatencyLeg, ms: number, count = 1) => legs.get(leg)?.record(Math.max(0, ms), count);
  let pending: PendingInput | null = null;
  let meanBufferMs = 0;
  let framesTellDecoding = false;
  let framesTellBuffering = false;

  function reaction({ presentedAtMs, captureToPresentMs }: MeasuredFrame): void {
    if (pending === null || captureToPresentMs === null) return;
    const { sentAtMs, arrivesAtMs } = pending;
    if (presentedAtMs - sentAtMs > clientLimits.reactionMs) pending = null;
    // The first frame captured after the input had arrived is taken for its effect.
    else if (presentedAtMs - captureToPresentMs >= arrivesAtMs) {
      record('input_to_photon', presentedAtMs - sentAtMs);
      pending = null;
    }
  }

  return {
    frame: (frame) => {
      const { presentedAtMs, receivedAtMs, decodeMs, bufferedMs, captureToPresentMs } = frame;
      if (captureToPresentMs !== null) record('capture_to_present', captureToPresentMs);
      if (decodeMs !== undefined) {
        framesTellDecoding = true;
        record('decode', decodeMs);
      }
      if (bufferedMs !== undefined) {
        framesTellBuffering = true;
        record('jitter_buffer', bufferedMs);
      }
      if (receivedAtMs !== undefined && decodeMs !== undefined) {
        record('present', presentedAtMs - receivedAtMs - decodeMs - (bufferedMs ?? meanBufferMs));
      }
      reaction(frame);
    },
    means: ({ frames, jitterBufferMs, decodeMs }) => {
      if (frames <= 0) return;
      meanBufferMs = jitterBufferMs;
      if (!framesTellBuffering) record('jitter_buffer', jitterBufferMs, frames);
      if (!framesTellDecoding) record('decode', decodeMs, frames);
    },
    input: (sentAtMs, tripMs) => {
      if (pending !== null && sentAtMs - pending.sentAtMs <= clientLimits.reactionMs) return;
      pending = { sentAtMs, arrivesAtMs: sentAtMs + tripMs };
    },
    takeCounts: () => {
      const counts: { [L in LatencyLeg]?: LatencyCounts[L] } = {};
      for (const [leg, histogram] of legs) {
        if (histogram.count > 0) counts[leg] = histogram.counts();
        histogram.clear();
      }
      return counts;
    },
  };
}
