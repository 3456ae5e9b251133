import type { PictureTimes } from './media/video-contract.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { PeerPicture } from './peer/session-peer.js';
import { packetizeAv1 } from './rtp/av1-packetizer.js';
import { packetizeH264, type RtpPayload } from './rtp/h264-packetizer.js';
import { rtpLimits } from './rtp/limits.js';
import { rtpTimestamp, videoClockRate } from './rtp/rtp-time.js';
import { packetizeVp8 } from './rtp/vp8-packetizer.js';
import type { VideoCodec } from './video-codec.js';

const packetizers: Readonly<Record<VideoCodec, (picture: Buffer, maxPayloadBytes: number) => RtpPayload[]>> = {
  H264: packetizeH264,
  VP8: packetizeVp8,
  AV1: packetizeAv1,
};

/** A picture as all peers of its codec get it. Payloads are views of its data. `nowUs`: the server's clock. */
export function toPeerPicture(picture: EncodedPicture, made: PictureTimes, nowUs: () => number): PeerPicture {
  const { codec, data, captureTimeUs } = picture;
  const payloads = packetizers[codec](data, rtpLimits.payloadBytes);
  const timestamp = rtpTimestamp(captureTimeUs, videoClockRate);
  return { ...picture, payloads, timestamp, times: { ...made, packetizedUs: nowUs() } };
}
