import { AppError } from '@cloudstage/protocol';
import nodeDataChannel, {
  type Audio,
  type Direction as LibraryDirection,
  type PeerConnection,
  type Track,
  type Video,
} from 'node-datachannel';
import { streamerLimits } from '../limits.js';
import { buildLibraryOffer, type LocalStream, type LocalTransport, readLocalTransport, ssrcsOf } from './sdp-answer.js';
import type { Direction, Offer, OfferedMedia } from './sdp-offer.js';

/** Library objects of one peer and its side of the transport. All must stay referenced until the connection is closed. */
export interface Connection {
  readonly connection: PeerConnection;
  readonly video: Track;
  readonly audio: Track | undefined;
  readonly transport: LocalTransport & { readonly address: string; readonly port: number };
}

/** What {@link openConnection} needs. */
export interface OpenConnectionOptions {
  readonly name: string;
  readonly offer: Offer;
  readonly loopbackAddress: string;
  readonly maxMessageSize: number;
  readonly cname: string;
  readonly video: LocalStream;
  readonly audio: LocalStream;
  /** Attaches handlers before anything can happen. */
  readonly onCreated: (connection: PeerConnection) => void;
}

const directions: Readonly<Record<Direction, LibraryDirection>> = {
  sendrecv: 'SendRecv',
  recvonly: 'SendOnly',
  sendonly: 'RecvOnly',
  inactive: 'Inactive',
};

function addSsrcs(media: Video | Audio, offered: OfferedMedia, stream: LocalStream, cname: string): void {
  for (const ssrc of ssrcsOf(offered, stream)) media.addSSRC(ssrc, cname, cname, cname);
}

function addTracks(connection: PeerConnection, options: OpenConnectionOptions) {
  const { offer, cname } = options;
  const video = new nodeDataChannel.Video(offer.video.mid, directions[offer.video.direction]);
  const { payloadType } = offer.video.codec;
  if (offer.videoCodec === 'H264') video.addH264Codec(payloadType);
  else if (offer.videoCodec === 'VP8') video.addVP8Codec(payloadType);
  else video.addAV1Codec(payloadType);
  addSsrcs(video, offer.video, options.video, cname);
  const videoTrack = connection.addTrack(video);
  if (!offer.audio) return { video: videoTrack, audio: undefined };
  const audio = new nodeDataChannel.Audio(offer.audio.mid, directions[offer.audio.direction]);
  audio.addOpusCodec(offer.audio.codec.payloadType);
  addSsrcs(audio, offer.audio, options.audio, cname);
  return { video: videoTrack, audio: connection.addTrack(audio) };
}

/** Resolves with the local description once it has its candidate. There is no trickling: the answer must be complete. */
function gathered(connection: PeerConnection): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new AppError('webrtc-failed', 'the WebRTC library did not finish its answer in time')),
      streamerLimits.localDescriptionMs,
    );
    connection.onGatheringStateChange((state) => {
      if (state !== 'complete') return;
      clearTimeout(timer);
      const sdp = connection.localDescription()?.sdp;
      if (sdp) resolve(sdp);
      else reject(new AppError('webrtc-failed', 'the WebRTC library gave no answer'));
    });
  });
}

/**
 * Creates a connection that answers `offer`: one UDP socket of its own on loopback, no STUN server, no TCP (the port mux
 * does that). The library sees a rebuilt offer only.
 * @throws AppError `webrtc-failed`; the connection is closed then
 */
export async function openConnection(options: OpenConnectionOptions): Promise<Connection> {
  const connection = new nodeDataChannel.PeerConnection(options.name, {
    iceServers: [],
    bindAddress: options.loopbackAddress,
    enableIceTcp: false,
    enableIceUdpMux: false,
    disableAutoNegotiation: true,
    maxMessageSize: options.maxMessageSize,
  });
  try {
    options.onCreated(connection);
    const tracks = addTracks(connection, options);
    const answered = gathered(connection);
    // Claimed here, so that an exception below leaves no unhandled rejection behind.
    answered.catch(() => undefined);
    connection.setRemoteDescription(buildLibraryOffer(options.offer), 'offer');
    connection.setLocalDescription('answer');
    return { connection, ...tracks, transport: readLocalTransport(await answered) };
  } catch (cause) {
    connection.close();
    if (cause instanceof AppError) throw cause;
    throw new AppError('webrtc-failed', 'the WebRTC library refused the offer', { cause });
  }
}
