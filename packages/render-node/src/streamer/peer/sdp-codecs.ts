import { type MediaDescription, parseParams } from 'sdp-transform';
import type { VideoCodec } from '../video-codec.js';
import { type OfferedRepair, repairOf } from './sdp-repair.js';

/** Choice of a codec in one m-line of an offer. PURE. Values come from a stranger and are checked here, see `sdp-offer.ts`. */

/** Texts of `a=rtpmap`: encoding name, clock rate in Hz, channels. */
export const encodings = { H264: 'H264/90000', VP8: 'VP8/90000', AV1: 'AV1/90000', opus: 'opus/48000/2' } as const;

/** Main profile, and the level that stands for all: receivers do not hold a sender to it. */
const av1Parameters = 'level-idx=5;profile=0;tier=0';

/** An RTP codec as offered. */
export interface OfferedCodec extends OfferedRepair {
  readonly name: VideoCodec | 'opus';
  readonly payloadType: number;
  /** Text of `a=fmtp` in the answer: as offered, or our own; empty when absent. */
  readonly parameters: string;
  /** Feedback kinds both sides know, e.g. `nack pli`. */
  readonly feedback: readonly string[];
  /** Payload type of its retransmission stream. */
  readonly rtxPayloadType?: number;
}

const parameterText = /^[\x20-\x7e]{0,512}$/;
const knownFeedback: ReadonlySet<string> = new Set(['transport-cc', 'nack', 'nack pli', 'ccm fir', 'goog-remb']);

const isPayloadType = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 127;

/** `profile-level-id` prefixes by preference: constrained baseline first; every listed profile decodes baseline. */
const profilePreference = [/^42e0/i, /^42[4c-f]0/i, /^42/i, /^4d/i, /^58/i, /^64/i] as const;

function feedbackOf(media: MediaDescription, payloadType: number): string[] {
  const offered = (media.rtcpFb ?? [])
    .filter((entry) => String(entry.payload) === String(payloadType) || String(entry.payload) === '*')
    .map((entry) => (entry.subtype ? `${entry.type} ${entry.subtype}` : entry.type));
  return [...new Set(offered)].filter((entry) => knownFeedback.has(entry));
}

function parametersOf(media: MediaDescription, payloadType: number): string {
  const text = (media.fmtp ?? []).find((entry) => entry.payload === payloadType)?.config ?? '';
  return parameterText.test(text) ? text : '';
}

function rtxOf(media: MediaDescription, payloadType: number): number | undefined {
  const rtx = media.rtp.find(
    (entry) =>
      entry.codec.toLowerCase() === 'rtx' &&
      String(parseParams(parametersOf(media, entry.payload)).apt) === String(payloadType),
  );
  return isPayloadType(rtx?.payload) ? rtx.payload : undefined;
}

function codecOf(media: MediaDescription, payloadType: number, name: OfferedCodec['name']): OfferedCodec {
  const rtxPayloadType = rtxOf(media, payloadType);
  return {
    name,
    payloadType,
    parameters: parametersOf(media, payloadType),
    feedback: feedbackOf(media, payloadType),
    ...repairOf(media, payloadType),
    ...(rtxPayloadType === undefined ? {} : { rtxPayloadType }),
  };
}

/** H.264 with packetization-mode 1, the nearest profile to constrained baseline; undefined when there is none. */
function chooseH264(media: MediaDescription): OfferedCodec | undefined {
  const ranked = media.rtp
    .filter((entry) => entry.codec.toUpperCase() === 'H264' && isPayloadType(entry.payload))
    .map((entry) => {
      const parameters = parseParams(parametersOf(media, entry.payload));
      // RFC 6184 §8.1: without a profile the offer means baseline level 1; without a mode it means 0.
      const profile = String(parameters['profile-level-id'] ?? '42000a');
      const rank = profilePreference.findIndex((pattern) => pattern.test(profile));
      return { payloadType: entry.payload, rank, mode: String(parameters['packetization-mode'] ?? 0) };
    })
    .filter((entry) => entry.mode === '1' && entry.rank >= 0)
    .sort((a, b) => a.rank - b.rank);
  const best = ranked[0];
  return best && codecOf(media, best.payloadType, 'H264');
}

function chooseVp8(media: MediaDescription): OfferedCodec | undefined {
  const vp8 = media.rtp.find((entry) => entry.codec.toUpperCase() === 'VP8' && isPayloadType(entry.payload));
  // What a receiver says of itself (max-fr, max-fs) is not for us to repeat.
  return vp8 && { ...codecOf(media, vp8.payload, 'VP8'), parameters: '' };
}

/** AV1 in the main profile, which alone is encoded; undefined when there is none. @see RTP Payload Format For AV1 §7.2 */
function chooseAv1(media: MediaDescription): OfferedCodec | undefined {
  const av1 = media.rtp.find(
    (entry) =>
      entry.codec.toUpperCase() === 'AV1' &&
      isPayloadType(entry.payload) &&
      String(parseParams(parametersOf(media, entry.payload)).profile ?? 0) === '0',
  );
  return av1 && { ...codecOf(media, av1.payload, 'AV1'), parameters: av1Parameters };
}

const choosers = { H264: chooseH264, VP8: chooseVp8, AV1: chooseAv1 } as const;

/** The first of `codecs` that the m-line offers in a form we send. PURE. */
export function chooseVideo(media: MediaDescription, codecs: readonly VideoCodec[]): OfferedCodec | undefined {
  for (const codec of codecs) {
    const chosen = choosers[codec](media);
    if (chosen) return chosen;
  }
  return undefined;
}

/** Opus, if it is offered. PURE. */
export function chooseOpus(media: MediaDescription): OfferedCodec | undefined {
  const opus = media.rtp.find((entry) => entry.codec.toLowerCase() === 'opus' && isPayloadType(entry.payload));
  return opus && codecOf(media, opus.payload, 'opus');
}
