import { isAppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { VideoCodec } from '../video-codec.js';

/** Pause after the first failure in a row, doubled with each more up to the second value. */
const pauseMs = { first: 40, most: 1_000 } as const;

/** A row of failures ends when pictures have come for this long: one that fails now and then does not begin at the shortest pause each time. */
const healthyMs = 10_000;

/** How many failures in a row withdraw a codec, and for how long. */
const rules: Readonly<Record<VideoCodec, { readonly most: number; readonly withdrawnMs: number }>> = {
  // The last resort, and what live pushes and recordings are made of: tried again for ever.
  H264: { most: Number.POSITIVE_INFINITY, withdrawnMs: 0 },
  // The last resort of clients whose H.264 decoder has failed: five failures in a row, and again a minute later.
  VP8: { most: 5, withdrawnMs: 60_000 },
  // Who takes it takes another one as well.
  AV1: { most: 1, withdrawnMs: Number.POSITIVE_INFINITY },
};

/** Pause after so many failures in a row, one at least; milliseconds. PURE. */
export function failurePauseMs(failures: number): number {
  return Math.min(pauseMs.most, pauseMs.first * 2 ** Math.min(10, failures - 1));
}

/**
 * What is known of codecs that fail: which may be opened again, and when, and which are withdrawn, so that nobody is to get them. A codec that has
 * failed pauses; after too many failures in a row it is withdrawn, for a while or for the life of the process, and begins anew after that.
 */
export interface CodecFailures {
  /** Those that may be open at the moment: neither withdrawn nor pausing. */
  usable(codecs: readonly VideoCodec[]): VideoCodec[];
  /** Not to be given to anybody at the moment. */
  isWithdrawn(codec: VideoCodec): boolean;
  /** What of these clients may get; `failing` ones only if they take no other. */
  offer(codecs: readonly VideoCodec[]): { readonly available: VideoCodec[]; readonly failing: VideoCodec[] };
  /** Milliseconds until the first of these that failed may be opened again, 0 for now; null when there is none. Withdrawn ones don't count. */
  retryInMs(codecs: readonly VideoCodec[]): number | null;
  /** Its encoder could not be opened, or failed and is closed. */
  onFailure(codec: VideoCodec, error: unknown): void;
  /** Its encoder made a picture. */
  onPicture(codec: VideoCodec): void;
}

interface Row {
  failures: number;
  lastMs: number;
  /** Null when it has made a picture since. */
  retryAtMs: number | null;
  withdrawnUntilMs: number;
}

/** Creates the memory of a process in which nothing has failed yet. `nowMs`: a monotonic clock. */
export function createCodecFailures(logger: Pick<Logger, 'warn'>, nowMs: () => number): CodecFailures {
  const rows = new Map<VideoCodec, Row>();
  const isWithdrawn = (codec: VideoCodec) => nowMs() < (rows.get(codec)?.withdrawnUntilMs ?? 0);
  const retryAtMs = (codec: VideoCodec) => (isWithdrawn(codec) ? null : (rows.get(codec)?.retryAtMs ?? null));
  return {
    isWithdrawn,
    offer: (codecs) => ({
      available: codecs.filter((codec) => !isWithdrawn(codec)),
      failing: codecs.filter((codec) => retryAtMs(codec) !== null),
    }),
    usable: (codecs) => codecs.filter((codec) => !isWithdrawn(codec) && (retryAtMs(codec) ?? 0) <= nowMs()),
    retryInMs: (codecs) => {
      const times = codecs.flatMap((codec) => retryAtMs(codec) ?? []);
      return times.length === 0 ? null : Math.max(0, Math.min(...times) - nowMs());
    },
    onFailure: (codec, error) => {
      const { most, withdrawnMs } = rules[codec];
      const failures = (rows.get(codec)?.failures ?? 0) + 1;
      const lastMs = nowMs();
      const told = { codec, reason: isAppError(error) ? error.code : 'unknown', err: error };
      if (failures < most) {
        rows.set(codec, { failures, lastMs, retryAtMs: lastMs + failurePauseMs(failures), withdrawnUntilMs: 0 });
        if (failures === 1) logger.warn(told, 'a codec fails and is tried again');
        return;
      }
      rows.set(codec, { failures: 0, lastMs, retryAtMs: null, withdrawnUntilMs: lastMs + withdrawnMs });
      const message = Number.isFinite(withdrawnMs) ? 'for a while' : 'any more';
      logger.warn(told, `a codec fails and is not given to clients ${message}; those who have it are sent away`);
    },
    onPicture: (codec) => {
      const row = rows.get(codec);
      if (!row) return;
      row.retryAtMs = null;
      if (nowMs() - row.lastMs > healthyMs) row.failures = 0;
    },
  };
}
