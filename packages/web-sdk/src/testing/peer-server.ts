import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ClientSession, encodeSessionEnvelope, type ServerSession } from '@cloudstage/protocol';
import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from 'node-datachannel';

/** A real WebRTC server for tests of the SDK: data channels that record, and a one-picture H.264 stream. */

/** One IDR access unit, 320×180, constrained baseline, one colour. */
export const keyFrame = Buffer.from(
  'AAAAAWdCwA3aBQZ+eagQEDIAAAMAAgAAAwB5HihVQAAAAAFozjyAAAABBgX//5rcRem95tlIt5Ys2CDZI+7veDI2NCAtIGNvcmUgMTY1IC0gSC4yNjQvTVBFRy00IEFWQyBjb2RlYyAtIENvcHlsZWZ0IDIwMDMtMjAyNSAtIGh0dHA6Ly93d3cudmlkZW9sYW4ub3JnL3gyNjQuaHRtbCAtIG9wdGlvbnM6IGNhYmFjPTAgcmVmPTEgZGVibG9jaz0wOjA6MCBhbmFseXNlPTA6MCBtZT1kaWEgc3VibWU9MCBwc3k9MSBwc3lfcmQ9MS4wMDowLjAwIG1peGVkX3JlZj0wIG1lX3JhbmdlPTE2IGNocm9tYV9tZT0xIHRyZWxsaXM9MCA4eDhkY3Q9MCBjcW09MCBkZWFkem9uZT0yMSwxMSBmYXN0X3Bza2lwPTEgY2hyb21hX3FwX29mZnNldD0wIHRocmVhZHM9MSBsb29rYWhlYWRfdGhyZWFkcz0xIHNsaWNlZF90aHJlYWRzPTAgbnI9MCBkZWNpbWF0ZT0xIGludGVybGFjZWQ9MCBibHVyYXlfY29tcGF0PTAgY29uc3RyYWluZWRfaW50cmE9MCBiZnJhbWVzPTAgd2VpZ2h0cD0wIGtleWludD1pbmZpbml0ZSBrZXlpbnRfbWluPTMwIHNjZW5lY3V0PTAgaW50cmFfcmVmcmVzaD0wIHJjX2xvb2thaGVhZD0wIHJjPWNiciBtYnRyZWU9MCBiaXRyYXRlPTMwMCByYXRldG9sPTEuMCBxY29tcD0wLjYwIHFwbWluPTAgcXBtYXg9NjkgcXBzdGVwPTQgdmJ2X21heHJhdGU9MzAwIHZidl9idWZzaXplPTQ1IG5hbF9ocmQ9bm9uZSBmaWxsZXI9MCBpcF9yYXRpbz0xLjQwIGFxPTAAgAAAAWWIhAyhGKAAI70cAAQmY4AAifScnJycnJycnJycnJycnJycnJydddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddde',
  'base64',
);

/** A message that the client sent. */
export interface ReceivedMessage {
  readonly label: string;
  readonly message: Record<string, unknown>;
}

/** What the server answers; tests change it while it runs. */
export interface TestPeerBehaviour {
  /** Answers heartbeats. */
  heartbeats: boolean;
  /** Answers ack requests. */
  acks: boolean;
}

/** One accepted client. */
export interface TestPeer {
  readonly serverSession: string;
  readonly received: readonly ReceivedMessage[];
  /** Labels of opened channels, in the order of their opening. */
  readonly labels: readonly string[];
  readonly behaviour: TestPeerBehaviour;
  /** Packets of sound that came from the page. */
  soundPackets(): number;
  send(label: string, message: object): void;
  /** Says nothing any more, while the transport stays up: a hanging server. */
  freeze(): void;
  close(): Promise<void>;
}

interface OfferedMedia {
  readonly payloadType: number;
  readonly profile: string;
}

function h264Of(sdp: string): OfferedMedia {
  for (const [, pt, parameters] of sdp.matchAll(/^a=fmtp:(\d+) (.*profile-level-id=42e01f.*)\r$/gm)) {
    if (pt !== undefined && parameters?.includes('packetization-mode=1')) {
      return { payloadType: Number(pt), profile: parameters };
    }
  }
  throw new Error('the offer has no constrained baseline H.264');
}

/** Single NAL units and FU-A fragments of one access unit. @see RFC 6184 §5 */
function payloads(accessUnit: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  for (let at = 0; at + 2 < accessUnit.length; at += 1) {
    if (accessUnit[at] !== 0 || accessUnit[at + 1] !== 0 || accessUnit[at + 2] !== 1) continue;
    if (start >= 0) units.push(accessUnit.subarray(start, accessUnit[at - 1] === 0 ? at - 1 : at));
    start = at + 3;
  }
  units.push(accessUnit.subarray(start));
  return units;
}

/** Sends the picture 30 times a second with wall-clock RTP timestamps and a playout delay of zero. */
class PictureSource {
  readonly #track: Track;
  readonly #payloadType: number;
  readonly #playoutDelayId: number;
  #sequence = 1;
  readonly #timer = setInterval(() => this.#send(), 33);

  constructor(track: Track, payloadType: number, playoutDelayId: number) {
    this.#track = track;
    this.#payloadType = payloadType;
    this.#playoutDelayId = playoutDelayId;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    if (!this.#track.isOpen()) return;
    const timestamp = Math.round(Date.now() * 90) % 2 ** 32;
    const units = payloads(keyFrame);
    for (const [index, unit] of units.entries()) {
      const header = Buffer.alloc(20);
      header[0] = 0x90;
      header[1] = this.#payloadType | (index === units.length - 1 ? 0x80 : 0);
      header.writeUInt16BE(this.#sequence, 2);
      header.writeUInt32BE(timestamp, 4);
      header.writeUInt32BE(videoSsrc, 8);
      header.writeUInt16BE(0xbede, 12);
      header.writeUInt16BE(1, 14);
      // min = max = 0: three bytes of zero, length 3.
      header[16] = (this.#playoutDelayId << 4) | 2;
      this.#sequence = (this.#sequence + 1) & 0xffff;
      if (!this.#sendPacket(Buffer.concat([header, unit]))) return;
    }
  }

  /** @returns false once the track is closed, which a thread of the library may do between looking and sending. */
  #sendPacket(packet: Buffer): boolean {
    try {
      return this.#track.sendMessageBinary(packet);
    } catch (error) {
      if (this.#track.isOpen()) throw error;
      return false;
    }
  }
}

const videoSsrc = 1111;
const audioSsrc = 2222;

/** Accepts a client's offer. */
export async function acceptPeer(client: ClientSession, extra: Partial<ServerSession> = {}): Promise<TestPeer> {
  const pc = new nodeDataChannel.PeerConnection('test', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  const closed = new Promise<void>((resolve) => {
    pc.onStateChange((state) => {
      if (state === 'closed') resolve();
    });
  });
  const channels = new Map<string, DataChannel>();
  const kept: DataChannel[] = [];
  const received: ReceivedMessage[] = [];
  const labels: string[] = [];
  const behaviour: TestPeerBehaviour = { heartbeats: true, acks: true };

  function send(label: string, message: object): void {
    const channel = channels.get(label);
    try {
      if (channel?.isOpen()) channel.sendMessage(JSON.stringify(message));
    } catch (error) {
      // The page has gone meanwhile. An exception in a native callback would end the process.
      if (channel?.isOpen()) setImmediate(() => Promise.reject(error));
    }
  }

  pc.onDataChannel((channel) => {
    const label = channel.getLabel();
    kept.push(channel);
    channels.set(label, channel);
    labels.push(label);
    channel.onMessage((data) => {
      const message = JSON.parse(String(data)) as Record<string, unknown>;
      received.push({ label, message });
      if (label === 'hb' && behaviour.heartbeats) {
        const { timestamp } = message;
        send('hb', {
          timestamp,
          token: 'test-token',
          stream_push_state: 'NoStreamPushing',
          server_time_ms: performance.timeOrigin + performance.now(),
        });
      }
      if (label === 'ack' && behaviour.acks) send('ack', { seq: message.seq, data: { code: 0 } });
    });
  });

  const { sdp, tracks, source, soundPackets } = await negotiate(pc, client.sdp);
  const session: Partial<ServerSession> = {
    code: 0,
    message: 'ok',
    sdp,
    server_ip: '127.0.0.1',
    request_id: 'request-1',
    user_id: 'u1',
    instance_id: 'session-1',
    role: 'Player',
    input_seat: 1,
    screen_config: { width: 320, height: 180, orientation: 'landscape', degree: '0_degree' },
    ...extra,
  };
  return {
    serverSession: encodeSessionEnvelope(session as ServerSession),
    received,
    labels,
    behaviour,
    soundPackets,
    send,
    freeze() {
      source.stop();
      behaviour.heartbeats = false;
      behaviour.acks = false;
    },
    async close() {
      source.stop();
      pc.close();
      await closed;
      // Native objects must stay referenced until their connection is closed.
      kept.length = 0;
      tracks.length = 0;
    },
  };
}

async function negotiate(pc: PeerConnection, offer: string) {
  const { payloadType, profile } = h264Of(offer);
  const playoutDelayId = Number(/^a=extmap:(\d+) .*playout-delay\r$/m.exec(offer)?.[1] ?? 5);
  // Our SDK receives pictures only; an answer must fit that.
  const video = new nodeDataChannel.Video('0', 'SendOnly');
  video.addH264Codec(payloadType, profile);
  video.addSSRC(videoSsrc, 'test', 'stream', 'video');
  const audio = new nodeDataChannel.Audio('1', 'SendRecv');
  audio.addOpusCodec(111);
  audio.addSSRC(audioSsrc, 'test', 'stream', 'audio');
  const tracks = [pc.addTrack(video), pc.addTrack(audio)];
  let soundPackets = 0;
  tracks[1]?.onMessage((message) => {
    // RTCP has packet types from 192 to 223 in its second byte.
    const type = message[1] ?? 0;
    if (type < 192 || type > 223) soundPackets += 1;
  });
  const gathered = new Promise<void>((resolve) => {
    pc.onGatheringStateChange((state) => {
      if (state === 'complete') resolve();
    });
  });
  pc.setRemoteDescription(offer, 'offer');
  pc.setLocalDescription('answer');
  await gathered;
  const text = pc.localDescription()?.sdp ?? '';
  const extension = `a=extmap:${playoutDelayId} http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`;
  const sdp = text.replace(/(m=video[^\r]*\r\n)/, `$1${extension}\r\n`);
  const [track] = tracks;
  if (track === undefined) throw new Error('no video track');
  return {
    sdp,
    tracks,
    source: new PictureSource(track, payloadType, playoutDelayId),
    soundPackets: () => soundPackets,
  };
}

/** A page with the bundle, and `/reconnect` for `onReconnect`, which answers with a ServerSession. Nothing else. */
export interface TestSite {
  readonly url: string;
  onReconnect: ((client: unknown, query: URLSearchParams) => Promise<string>) | null;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}

/** Serves a page. */
export async function servePage(): Promise<TestSite> {
  const bundle = await readFile(fileURLToPath(new URL('../../dist/bundle/tcgsdk.min.js', import.meta.url)));
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%}#mount{width:640px;height:360px}</style>
<div id="mount"></div><input id="elsewhere"><script src="/tcgsdk.min.js"></script>`;
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://page');
    if (request.method === 'POST' && url.pathname === '/reconnect' && site.onReconnect !== null) {
      const ServerSession = await site.onReconnect(await readBody(request), url.searchParams);
      response.end(JSON.stringify({ Code: 0, ServerSession }));
      return;
    }
    const script = request.url === '/tcgsdk.min.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? bundle : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const site: TestSite = {
    url: `http://127.0.0.1:${port}/`,
    onReconnect: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}
