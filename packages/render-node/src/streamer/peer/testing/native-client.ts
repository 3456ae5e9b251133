import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from 'node-datachannel';
import { RtpPacket } from 'werift-rtp';
import { isRtcp } from '../../rtp/rtcp.js';

/** A client without a decoder that sees every packet and sends any RTCP it likes. */
export interface NativeClient {
  readonly offer: string;
  start(answer: string): void;
  /** RTP packets of the video m-line, in order of arrival; none for a client that only counts. */
  readonly video: RtpPacket[];
  /** Video received so far, with RTP headers. */
  readonly received: { readonly packets: number; readonly bytes: number };
  /** RTCP datagrams received. */
  readonly rtcp: Buffer[];
  sendRtcp(packet: Buffer): boolean;
  close(): Promise<void>;
}

export const nativePayloadTypes = { h264: 102, rtx: 103, opus: 111 } as const;

function addMedia(connection: PeerConnection): { video: Track; audio: Track } {
  const video = new nodeDataChannel.Video('0', 'RecvOnly');
  video.addH264Codec(nativePayloadTypes.h264, 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f');
  video.addRTXCodec(nativePayloadTypes.rtx, nativePayloadTypes.h264, 90_000);
  const audio = new nodeDataChannel.Audio('1', 'RecvOnly');
  audio.addOpusCodec(nativePayloadTypes.opus);
  return { video: connection.addTrack(video), audio: connection.addTrack(audio) };
}

function waitForOffer(connection: PeerConnection): Promise<string> {
  return new Promise((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(connection.localDescription()?.sdp ?? '');
    });
    connection.setLocalDescription('offer');
  });
}

/**
 * Creates a client with its offer. The caller closes it; native objects are referenced until then.
 * @param onlyCounts for a client that runs for long: packets are counted and forgotten.
 */
export async function openNativeClient(onlyCounts = false): Promise<NativeClient> {
  const connection = new nodeDataChannel.PeerConnection('client', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  const closed = new Promise<void>((resolve) => {
    connection.onStateChange((state) => {
      if (state === 'closed') resolve();
    });
  });
  const tracks = addMedia(connection);
  const channel: DataChannel = connection.createDataChannel('hb');
  const video: RtpPacket[] = [];
  const rtcp: Buffer[] = [];
  const received = { packets: 0, bytes: 0 };
  tracks.video.onMessage((message) => {
    if (!isRtcp(message)) {
      received.packets += 1;
      received.bytes += message.length;
    }
    if (onlyCounts) return;
    if (isRtcp(message)) rtcp.push(message);
    else video.push(RtpPacket.deSerialize(message));
  });
  const offer = await waitForOffer(connection);
  return {
    // The server must find its way without candidates, as with a browser.
    offer: offer.replace(/a=candidate.*\r\n/g, ''),
    start: (answer) => connection.setRemoteDescription(answer, 'answer'),
    video,
    received,
    rtcp,
    sendRtcp: (packet) => tracks.video.sendMessageBinary(packet),
    close: async () => {
      channel.close();
      connection.close();
      await closed;
    },
  };
}
