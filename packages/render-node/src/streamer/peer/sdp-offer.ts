import { AppError } from '@cloudstage/protocol';
import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { type ExtensionIds, extensionUris, maxTwoByteId, videoOnlyExtensions } from '../rtp/rtp-packet.js';
import { type VideoCodec, videoCodecs } from '../video-codec.js';
import { chooseOpus, chooseVideo, type OfferedCodec } from './sdp-codecs.js';

/**
 * What the server needs of a client's offer, checked. PURE. Everything here was written by a stranger: each value that goes
 * into an answer or into native code is matched against the grammar of RFC 8866/8839/8122 first.
 */

/** Direction of a media section, from its writer's side (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m-line of audio or video that will be accepted. */
export interface OfferedMedia {
  readonly mid: string;
  readonly direction: Direction;
  readonly codec: OfferedCodec;
  readonly extensions: ExtensionIds;
  /** Sources that the client announced for its own sending. */
  readonly ssrcs: readonly number[];
}

/** The data channel m-line. */
export interface OfferedApplication {
  readonly mid: string;
  readonly sctpPort: number;
  readonly maxMessageSize: number;
}

/** One m-line in the offer's order; the answer has the same ones. */
export type OfferedSection =
  | { readonly kind: 'video'; readonly media: OfferedMedia }
  | { readonly kind: 'audio'; readonly media: OfferedMedia }
  | { readonly kind: 'application'; readonly application: OfferedApplication }
  | { readonly kind: 'rejected'; readonly mid: string; readonly type: string; readonly protocol: string };

/** A usable offer. */
export interface Offer {
  readonly sections: readonly OfferedSection[];
  readonly video: OfferedMedia;
  /** What the client gets. */
  readonly videoCodec: VideoCodec;
  readonly audio?: OfferedMedia;
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: { readonly algorithm: string; readonly value: string };
  readonly setup: 'actpass' | 'active' | 'passive';
  /** One-byte and two-byte header extensions may be mixed (`a=extmap-allow-mixed`). */
  readonly extmapAllowMixed: boolean;
}

const invalid = (what: string) => new AppError('offer-invalid', `the offer is not usable: ${what}`);

/** More m-lines than any client makes (ten streams of a group, audio, data). */
const maxSections = 16;
const maxSsrcs = 8;
const token = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const iceText = /^[A-Za-z0-9+/]{4,256}$/;
const fingerprintText = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){19,63}$/;
const fingerprintAlgorithm = /^sha-(?:1|224|256|384|512)$/i;

function extensionsOf(media: MediaDescription): ExtensionIds {
  const ids: { -readonly [K in keyof ExtensionIds]: number } = {};
  const taken = new Set<number>();
  for (const [name, uri] of Object.entries(extensionUris) as [keyof ExtensionIds, string][]) {
    const id = (media.ext ?? []).find((entry) => entry.uri === uri)?.value;
    if (media.type !== 'video' && videoOnlyExtensions.has(name)) continue;
    // Ids above 14 are offered by clients that read the two-byte form; 15 means something else in the one-byte form.
    const isId = typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= maxTwoByteId && id !== 15;
    if (!isId || taken.has(id)) continue;
    taken.add(id);
    ids[name] = id;
  }
  return ids;
}

function ssrcsOf(media: MediaDescription): number[] {
  const ids = (media.ssrcs ?? []).map((entry) => Number(entry.id));
  const valid = ids.filter((id) => Number.isInteger(id) && id > 0 && id <= 0xffff_ffff);
  return [...new Set(valid)].slice(0, maxSsrcs);
}

function midOf(media: MediaDescription): string {
  const mid = String(media.mid ?? '');
  if (!token.test(mid) || mid.length > 16) throw invalid('an m-line has no usable a=mid');
  return mid;
}

const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const isDirection = (value: unknown): value is Direction => directions.includes(String(value));

function mediaOf(media: MediaDescription, codec: OfferedCodec): OfferedMedia {
  const direction: unknown = media.direction ?? 'sendrecv';
  if (!isDirection(direction)) throw invalid('an m-line has an unknown direction');
  return { mid: midOf(media), direction, codec, extensions: extensionsOf(media), ssrcs: ssrcsOf(media) };
}

function rejected(media: MediaDescription): OfferedSection {
  const type = token.test(media.type) ? media.type : 'application';
  const protocol = /^[A-Z0-9/]{1,32}$/.test(media.protocol) ? media.protocol : 'UDP/TLS/RTP/SAVPF';
  return { kind: 'rejected', mid: midOf(media), type, protocol };
}

function applicationOf(media: MediaDescription): OfferedSection {
  const sctpPort = Number(media.sctpPort ?? 5_000);
  const maxMessageSize = Number(media.maxMessageSize ?? 65_536);
  if (!Number.isInteger(sctpPort) || sctpPort < 1 || sctpPort > 65_535) throw invalid('a=sctp-port is out of range');
  if (!Number.isInteger(maxMessageSize) || maxMessageSize < 0) throw invalid('a=max-message-size is no number');
  return { kind: 'application', application: { mid: midOf(media), sctpPort, maxMessageSize } };
}

/** Takes the first m-line of each kind; the others are rejected. */
function sectionsOf(description: SessionDescription, codecs: readonly VideoCodec[]): OfferedSection[] {
  const taken = new Set<string>();
  return description.media.map((media): OfferedSection => {
    const closed = media.port === 0 && !/bundle-only/.test(String(media.bundleOnly ?? ''));
    if (taken.has(media.type) || closed) return rejected(media);
    if (media.type === 'application' && /SCTP/.test(media.protocol)) {
      taken.add(media.type);
      return applicationOf(media);
    }
    const codec =
      media.type === 'video' ? chooseVideo(media, codecs) : media.type === 'audio' ? chooseOpus(media) : undefined;
    if (!codec) return rejected(media);
    taken.add(media.type);
    return { kind: media.type === 'video' ? 'video' : 'audio', media: mediaOf(media, codec) };
  });
}

/** The parser makes numbers of texts that look like one, in a codec's name or its parameters too: texts again. */
function withTexts(media: SessionDescription['media'][number]): SessionDescription['media'][number] {
  return {
    ...media,
    type: String(media.type),
    protocol: String(media.protocol),
    rtp: media.rtp.map((entry) => ({ ...entry, codec: String(entry.codec) })),
    fmtp: media.fmtp.map((entry) => ({ ...entry, config: String(entry.config) })),
  };
}

function parseText(sdp: string): SessionDescription {
  try {
    const description = parse(sdp);
    if (!Array.isArray(description.media) || description.media.length === 0) throw invalid('it has no m-line');
    if (description.media.length > maxSections) throw invalid(`it has more than ${maxSections} m-lines`);
    for (const media of description.media) {
      if (!Array.isArray(media.rtp) || !Array.isArray(media.fmtp)) throw invalid('an m-line cannot be read');
    }
    return { ...description, media: description.media.map(withTexts) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalid('it cannot be parsed');
  }
}

function transportOf(description: SessionDescription) {
  const carrier = description.media.find((media) => media.iceUfrag !== undefined);
  const iceUfrag = String(carrier?.iceUfrag ?? description.iceUfrag ?? '');
  const icePwd = String(carrier?.icePwd ?? description.icePwd ?? '');
  if (!iceText.test(iceUfrag) || !iceText.test(icePwd) || icePwd.length < 22)
    throw invalid('it has no ICE credentials');
  const fingerprints = [description.fingerprint, ...description.media.map((media) => media.fingerprint)];
  const fingerprint = fingerprints.find((entry) => entry !== undefined);
  if (!fingerprint || !fingerprintAlgorithm.test(fingerprint.type) || !fingerprintText.test(fingerprint.hash)) {
    throw invalid('it has no DTLS fingerprint');
  }
  const setup = String(
    description.media.find((media) => media.setup !== undefined)?.setup ?? description.setup ?? 'actpass',
  );
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') throw invalid('a=setup is unknown');
  const value = { algorithm: fingerprint.type.toLowerCase(), value: fingerprint.hash.toUpperCase() };
  return { iceUfrag, icePwd, fingerprint: value, setup } as const;
}

/**
 * Reads an offer.
 * @param codecs those that the client may get, best first; it gets the first that it offers
 * @throws AppError `offer-invalid` saying what is missing; `codec-unsupported` when there is video, but none of `codecs`
 */
export function parseOffer(sdp: string, codecs: readonly VideoCodec[] = videoCodecs): Offer {
  const description = parseText(sdp);
  const transport = transportOf(description);
  const sections = sectionsOf(description, codecs);
  const mids = sections.map(sectionMid);
  if (new Set(mids).size !== mids.length) throw invalid('two m-lines have the same a=mid');
  const video = sections.find((section) => section.kind === 'video');
  const videoCodec = videoCodecs.find((codec) => codec === video?.media.codec.name);
  if (!video || !videoCodec) {
    if (!description.media.some((media) => media.type === 'video')) throw invalid('it has no video m-line');
    const reason =
      codecs.length === 0
        ? `every codec that the client takes is disabled in the project or fails here; this node has ${videoCodecs.join(', ')}`
        : `the offer has none of ${codecs.join(', ')}; H264 needs packetization-mode=1`;
    throw new AppError('codec-unsupported', reason);
  }
  if (!sections.some((section) => section.kind === 'application')) throw invalid('it has no data channel m-line');
  const audio = sections.find((section) => section.kind === 'audio');
  return {
    sections,
    video: video.media,
    videoCodec,
    ...(audio ? { audio: audio.media } : {}),
    ...transport,
    extmapAllowMixed: description.extmapAllowMixed !== undefined,
  };
}

/** The a=mid of any section. */
export function sectionMid(section: OfferedSection): string {
  switch (section.kind) {
    case 'video':
    case 'audio':
      return section.media.mid;
    case 'application':
      return section.application.mid;
    case 'rejected':
      return section.mid;
  }
}
