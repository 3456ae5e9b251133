import { AppError, assertNever } from '@cloudstage/protocol';
import { parse } from 'sdp-transform';
import { extensionUris } from '../rtp/rtp-packet.js';
import { encodings } from './sdp-codecs.js';
import type { Direction, Offer, OfferedApplication, OfferedMedia, OfferedSection } from './sdp-offer.js';
import { sectionMid } from './sdp-offer.js';

/** RTP identity of one of our streams. */
export interface LocalStream {
  readonly ssrc: number;
  /** Only used when the offer has a retransmission payload type. */
  readonly rtxSsrc: number;
  /** Only used when the offer has a payload type for parity packets. */
  readonly fecSsrc: number;
}

/** Our side of the transport, as the WebRTC library made it. */
export interface LocalTransport {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: string;
  readonly setup: 'active' | 'passive';
}

/** Everything that an answer states. */
export interface AnswerOptions {
  readonly transport: LocalTransport;
  readonly video: LocalStream;
  readonly audio: LocalStream;
  readonly cname: string;
  /** Public addresses: each becomes a UDP and a TCP candidate. */
  readonly candidates: { readonly addresses: readonly string[]; readonly udpPort: number; readonly tcpPort: number };
  /** Largest data channel message that this server takes. */
  readonly maxMessageSize: number;
}

/** Our direction for an offered one: what they receive we send; what they send we receive. */
const answerDirection: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  recvonly: 'sendonly',
  sendonly: 'recvonly',
  inactive: 'inactive',
};

const crlf = '\r\n';
/** Stereo is stated to clients that asked for it; the others decode our stereo packets to one channel. @see RFC 7587 §7.1 */
const opusParameters = ({ codec }: OfferedMedia) =>
  `minptime=10;useinbandfec=1${/(?:^|;)\s*stereo=1/.test(codec.parameters) ? ';stereo=1;sprop-stereo=1' : ''}`;

/** RFC 8445 §5.1.2.1; UDP before TCP, earlier addresses before later ones. */
function priority(typePreference: number, localPreference: number): number {
  return typePreference * 2 ** 24 + localPreference * 2 ** 8 + 255;
}

function candidateLines({ addresses, udpPort, tcpPort }: AnswerOptions['candidates']): string[] {
  const lines = addresses.flatMap((address, index) => [
    `a=candidate:${index * 2 + 1} 1 udp ${priority(126, 65_535 - index)} ${address} ${udpPort} typ host`,
    // RFC 6544 §4.2: direction preference 4 for passive, in the upper three bits.
    `a=candidate:${index * 2 + 2} 1 tcp ${priority(90, (4 << 13) - index)} ${address} ${tcpPort} typ host tcptype passive`,
  ]);
  return [...lines, 'a=end-of-candidates'];
}

function transportLines({ iceUfrag, icePwd, fingerprint, setup }: LocalTransport): string[] {
  return [`a=ice-ufrag:${iceUfrag}`, `a=ice-pwd:${icePwd}`, `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`];
}

function extmapLines({ extensions }: OfferedMedia): string[] {
  return (Object.keys(extensionUris) as (keyof typeof extensionUris)[]).flatMap((name) =>
    extensions[name] === undefined ? [] : [`a=extmap:${extensions[name]} ${extensionUris[name]}`],
  );
}

/** Sources that we send a stream with. PURE. */
export function ssrcsOf({ codec }: OfferedMedia, { ssrc, rtxSsrc, fecSsrc }: LocalStream): number[] {
  return [
    ssrc,
    ...(codec.rtxPayloadType === undefined ? [] : [rtxSsrc]),
    ...(codec.fecPayloadType === undefined ? [] : [fecSsrc]),
  ];
}

function streamLines(media: OfferedMedia, stream: LocalStream, streamId: string, cname: string): string[] {
  const direction = answerDirection[media.direction];
  if (direction === 'recvonly' || direction === 'inactive') return [];
  const withRtx = media.codec.rtxPayloadType !== undefined;
  const withFec = media.codec.fecPayloadType !== undefined;
  return [
    `a=msid:${streamId} ${streamId}-track`,
    ...(withRtx ? [`a=ssrc-group:FID ${stream.ssrc} ${stream.rtxSsrc}`] : []),
    // RFC 5956 §4.3, in the spelling that browsers read.
    ...(withFec ? [`a=ssrc-group:FEC-FR ${stream.ssrc} ${stream.fecSsrc}`] : []),
    ...ssrcsOf(media, stream).flatMap((ssrc) => [
      `a=ssrc:${ssrc} cname:${cname}`,
      `a=ssrc:${ssrc} msid:${streamId} ${streamId}-track`,
    ]),
  ];
}

function codecLines(media: OfferedMedia, parameters: string): string[] {
  const { name, payloadType, rtxPayloadType, fecPayloadType, redPayloadType, feedback } = media.codec;
  const encoding = encodings[name];
  const clock = encoding.split('/')[1] ?? '90000';
  return [
    `a=rtpmap:${payloadType} ${encoding}`,
    ...feedback.map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
    ...(parameters ? [`a=fmtp:${payloadType} ${parameters}`] : []),
    ...(rtxPayloadType === undefined
      ? []
      : [`a=rtpmap:${rtxPayloadType} rtx/${clock}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]),
    // The window is in microseconds; browsers ask for the parameter and do not read it.
    ...(fecPayloadType === undefined
      ? []
      : [
          `a=rtpmap:${fecPayloadType} flexfec-03/${clock}`,
          ...feedback.filter((kind) => kind === 'transport-cc').map((kind) => `a=rtcp-fb:${fecPayloadType} ${kind}`),
          `a=fmtp:${fecPayloadType} repair-window=10000000`,
        ]),
    ...(redPayloadType === undefined
      ? []
      : [`a=rtpmap:${redPayloadType} red/48000/2`, `a=fmtp:${redPayloadType} ${payloadType}/${payloadType}`]),
  ];
}

function mediaLines(kind: 'video' | 'audio', media: OfferedMedia, options: AnswerOptions): string[] {
  const { payloadType, rtxPayloadType, fecPayloadType, redPayloadType, parameters } = media.codec;
  const payloadTypes = [payloadType, rtxPayloadType, fecPayloadType, redPayloadType]
    .filter((entry) => entry !== undefined)
    .join(' ');
  const codec = codecLines(media, kind === 'video' ? parameters : opusParameters(media));
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadTypes}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...transportLines(options.transport),
    `a=mid:${media.mid}`,
    ...extmapLines(media),
    `a=${answerDirection[media.direction]}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...codec,
    // Video and sound in streams of their own: a browser would otherwise delay one to match the other.
    ...streamLines(media, kind === 'video' ? options.video : options.audio, `cloudstage-${kind}`, options.cname),
  ];
}

function applicationLines(application: OfferedApplication, options: AnswerOptions): string[] {
  return [
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...transportLines(options.transport),
    `a=mid:${application.mid}`,
    'a=sctp-port:5000',
    `a=max-message-size:${options.maxMessageSize}`,
  ];
}

function sectionLines(section: OfferedSection, options: AnswerOptions): string[] {
  switch (section.kind) {
    case 'video':
    case 'audio':
      return mediaLines(section.kind, section.media, options);
    case 'application':
      return applicationLines(section.application, options);
    case 'rejected':
      return [
        `m=${section.type} 0 ${section.protocol} ${section.type === 'application' ? 'webrtc-datachannel' : '0'}`,
        'c=IN IP4 0.0.0.0',
        `a=mid:${section.mid}`,
        'a=inactive',
      ];
    default:
      return assertNever(section, 'section');
  }
}

/**
 * The answer to an offer: same m-lines in the same order, one codec each, candidates of the node in the first accepted
 * m-line (all are bundled). PURE.
 * @see RFC 8829 §5.3.1, RFC 8839, RFC 9143
 */
export function buildAnswer(offer: Offer, options: AnswerOptions): string {
  const accepted = offer.sections.filter((section) => section.kind !== 'rejected');
  const first = accepted[0];
  const lines = [
    'v=0',
    `o=- ${options.video.ssrc} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${accepted.map(sectionMid).join(' ')}`,
    ...(offer.extmapAllowMixed ? ['a=extmap-allow-mixed'] : []),
    'a=msid-semantic: WMS *',
    'a=ice-options:trickle',
    ...offer.sections.flatMap((section) => [
      ...sectionLines(section, options),
      ...(section === first ? candidateLines(options.candidates) : []),
    ]),
  ];
  return lines.join(crlf) + crlf;
}

function libraryMediaLines(kind: 'video' | 'audio', media: OfferedMedia): string[] {
  const { name, payloadType } = media.codec;
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${media.mid}`,
    `a=${media.direction}`,
    'a=rtcp-mux',
    `a=rtpmap:${payloadType} ${encodings[name]}`,
    ...media.ssrcs.map((ssrc) => `a=ssrc:${ssrc} cname:client`),
  ];
}

/**
 * The offer as the WebRTC library gets it: only what was checked, so that no stranger's text reaches native code. PURE.
 * Rejected sections are left out, as the library has nothing to do for them.
 */
export function buildLibraryOffer(offer: Offer): string {
  const accepted = offer.sections.filter((section) => section.kind !== 'rejected');
  const lines = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${accepted.map(sectionMid).join(' ')}`,
    `a=ice-ufrag:${offer.iceUfrag}`,
    `a=ice-pwd:${offer.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${offer.fingerprint.algorithm} ${offer.fingerprint.value}`,
    `a=setup:${offer.setup}`,
    ...accepted.flatMap((section) =>
      section.kind === 'application'
        ? [
            'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
            'c=IN IP4 0.0.0.0',
            `a=mid:${section.application.mid}`,
            `a=sctp-port:${section.application.sctpPort}`,
            `a=max-message-size:${section.application.maxMessageSize}`,
          ]
        : libraryMediaLines(section.kind, section.media),
    ),
  ];
  return lines.join(crlf) + crlf;
}

/** Our side of the transport, from the library's own answer. @throws AppError `webrtc-failed` */
export function readLocalTransport(sdp: string): LocalTransport & { readonly address: string; readonly port: number } {
  const description = parse(sdp);
  const all = [description, ...description.media];
  const find = <T>(get: (part: (typeof all)[number]) => T | undefined): T | undefined =>
    all.map(get).find((value) => value !== undefined);
  const iceUfrag = find((part) => part.iceUfrag);
  const icePwd = find((part) => part.icePwd);
  const fingerprint = find((part) => part.fingerprint);
  const setup = find((part) => part.setup);
  const candidates = description.media.flatMap((media) => media.candidates ?? []);
  const host = candidates.find((entry) => entry.type === 'host' && entry.transport.toLowerCase() === 'udp');
  if (!iceUfrag || !icePwd || fingerprint?.type.toLowerCase() !== 'sha-256' || host === undefined) {
    throw new AppError('webrtc-failed', 'the WebRTC library gave an incomplete answer');
  }
  return {
    iceUfrag: String(iceUfrag),
    icePwd: String(icePwd),
    fingerprint: fingerprint.hash.toUpperCase(),
    setup: setup === 'passive' ? 'passive' : 'active',
    address: host.ip,
    port: host.port,
  };
}
