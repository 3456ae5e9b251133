import type { StatsEntry } from '../platform.js';

/** Cumulative counters of one received stream, as `getStats()` gives them; 0 when a browser lacks one. */
export interface InboundCounters {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly bytesReceived: number;
  readonly nackCount: number;
  /** Seconds. */
  readonly jitterBufferDelayS: number;
  readonly jitterBufferEmittedCount: number;
  readonly codec: string;
}

/** Video counters. */
export interface VideoCounters extends InboundCounters {
  readonly framesReceived: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  /** Seconds. */
  readonly totalDecodeTimeS: number;
  readonly width: number;
  readonly height: number;
}

/** Audio counters. */
export interface AudioCounters extends InboundCounters {
  readonly concealedSamples: number;
  readonly concealmentEvents: number;
  readonly sampleRate: number;
  readonly channels: number;
}

/** One reading of `getStats()`. */
export interface StatsSample {
  /** Platform time of the reading. */
  readonly atMs: number;
  readonly video: VideoCounters | null;
  readonly audio: AudioCounters | null;
  /** Round trip of the selected candidate pair, milliseconds; null before one is selected. */
  readonly pairRttMs: number | null;
}

function count(entry: StatsEntry, field: string): number {
  const value = entry[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function inboundCounters(entry: StatsEntry, codec: StatsEntry | undefined): InboundCounters {
  return {
    packetsReceived: count(entry, 'packetsReceived'),
    packetsLost: count(entry, 'packetsLost'),
    bytesReceived: count(entry, 'bytesReceived'),
    nackCount: count(entry, 'nackCount'),
    jitterBufferDelayS: count(entry, 'jitterBufferDelay'),
    jitterBufferEmittedCount: count(entry, 'jitterBufferEmittedCount'),
    codec: String(codec?.mimeType ?? '').replace(/^(video|audio)\//, ''),
  };
}

function readVideo(entry: StatsEntry, codec: StatsEntry | undefined): VideoCounters {
  return {
    ...inboundCounters(entry, codec),
    framesReceived: count(entry, 'framesReceived'),
    framesDecoded: count(entry, 'framesDecoded'),
    framesDropped: count(entry, 'framesDropped'),
    totalDecodeTimeS: count(entry, 'totalDecodeTime'),
    width: count(entry, 'frameWidth'),
    height: count(entry, 'frameHeight'),
  };
}

function readAudio(entry: StatsEntry, codec: StatsEntry | undefined): AudioCounters {
  return {
    ...inboundCounters(entry, codec),
    concealedSamples: count(entry, 'concealedSamples'),
    concealmentEvents: count(entry, 'concealmentEvents'),
    sampleRate: codec === undefined ? 0 : count(codec, 'clockRate'),
    channels: codec === undefined ? 0 : count(codec, 'channels'),
  };
}

function selectedPairRttMs(entries: readonly StatsEntry[], byId: ReadonlyMap<unknown, StatsEntry>): number | null {
  const transport = entries.find((entry) => entry.type === 'transport' && entry.selectedCandidatePairId !== undefined);
  const pair =
    byId.get(transport?.selectedCandidatePairId) ??
    // Firefox has no transport entry and marks the pair itself.
    entries.find((entry) => entry.type === 'candidate-pair' && (entry.selected === true || entry.nominated === true));
  const rtt = pair?.currentRoundTripTime;
  return typeof rtt === 'number' ? rtt * 1000 : null;
}

/** Picks what we need out of the entries of `getStats()`. PURE. */
export function readStats(entries: readonly StatsEntry[], atMs: number): StatsSample {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const inbound = (kind: string) => entries.find((entry) => entry.type === 'inbound-rtp' && entry.kind === kind);
  const video = inbound('video');
  const audio = inbound('audio');
  return {
    atMs,
    video: video === undefined ? null : readVideo(video, byId.get(video.codecId)),
    audio: audio === undefined ? null : readAudio(audio, byId.get(audio.codecId)),
    pairRttMs: selectedPairRttMs(entries, byId),
  };
}
