import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  buildChannelMessage,
  buildMediaHead,
  buildVoiceReceived,
  mediaSocketProtocol,
  parseMediaMessage,
} from '@cloudstage/protocol';
import { keyFrame } from './peer-server.js';

/** The server's end of the WebSocket path for tests of the SDK: one picture again and again, answers to heartbeats and requests. */

/** A packet of the page's microphone. */
export interface HeardPacket {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly bytes: number;
}

/** A server for one client after another; tests change its behaviour before and while it runs. */
export interface TestSocketServer {
  readonly url: string;
  readonly behaviour: { takesVoice: boolean; acknowledgesVoice: boolean };
  /** Of all clients, in their order. */
  readonly voice: HeardPacket[];
  /** Requests on `ack`. */
  readonly requests: { readonly type?: string; readonly status?: string }[];
  /** Heartbeats so far. */
  heartbeats(): number;
  close(): Promise<void>;
}

const pictureMs = 33;

function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, length] : [0x80 | opcode, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Messages of a browser, which sends each in one masked frame. @see RFC 6455 §5.2 */
function createReader(onBinary: (payload: Buffer) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const short = (waiting[1] ?? 0) & 0x7f;
      const start = (short === 126 ? 4 : 2) + 4;
      if (waiting.length < start) return;
      const end = start + (short === 126 ? waiting.readUInt16BE(2) : short);
      if (waiting.length < end) return;
      const key = waiting.subarray(start - 4, start);
      const payload = waiting.subarray(start, end).map((byte, index) => byte ^ (key[index & 3] ?? 0));
      if (((waiting[0] ?? 0) & 0x0f) === 2) onBinary(Buffer.from(payload));
      waiting = waiting.subarray(end);
    }
  };
}

function shakeHands(socket: Socket, key: string): void {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\nSec-WebSocket-Protocol: ${mediaSocketProtocol}\r\n\r\n`,
  );
}

function hello(takesVoice: boolean): string {
  const Audio = { Codec: 'opus', Channels: 2, SampleRate: 48_000, PcmFrameSize: 480 };
  const Data = { Code: 0, Video: 'h264', Audio, ...(takesVoice ? { Voice: { Codec: 'opus' } } : {}) };
  return JSON.stringify({ Type: 'CreateSession', Data });
}

/** Serves on a port of its own. */
export async function serveMediaSocket(): Promise<TestSocketServer> {
  const behaviour = { takesVoice: true, acknowledgesVoice: true };
  const voice: HeardPacket[] = [];
  const requests: { type?: string; status?: string }[] = [];
  const sockets = new Set<Socket>();
  let heartbeats = 0;

  function onText(send: (label: string, message: object) => void, label: string, text: string): void {
    const message = JSON.parse(text) as {
      readonly timestamp?: unknown;
      readonly seq?: unknown;
      readonly data?: object;
    };
    if (label === 'hb') {
      heartbeats += 1;
      send('hb', { timestamp: message.timestamp, token: 'test-token', stream_push_state: 'NoStreamPushing' });
    }
    if (label !== 'ack') return;
    requests.push(message.data ?? {});
    send('ack', { seq: message.seq, data: { code: 0 } });
  }

  function serve(socket: Socket): void {
    sockets.add(socket);
    const sendBinary = (payload: Uint8Array) => void (socket.writable && socket.write(frame(2, payload)));
    const send = (label: string, message: object) =>
      sendBinary(buildChannelMessage(label, Buffer.from(JSON.stringify(message))));
    socket.write(frame(1, Buffer.from(hello(behaviour.takesVoice))));
    const pictures = setInterval(() => {
      sendBinary(Buffer.concat([buildMediaHead('h264', Date.now() * 90), keyFrame]));
    }, pictureMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(pictures);
      sockets.delete(socket);
    });
    const read = createReader((payload) => {
      const message = parseMediaMessage(payload);
      if (message === null) throw new Error(`a malformed message of the SDK: ${payload.toString('hex')}`);
      if (message.type === 'message') onText(send, message.label, Buffer.from(message.data).toString());
      if (message.type !== 'voice') return;
      const { sequenceNumber, timestamp, data } = message;
      voice.push({ sequenceNumber, timestamp, bytes: data.length });
      if (behaviour.acknowledgesVoice) sendBinary(buildVoiceReceived(sequenceNumber));
    });
    socket.on('data', read);
  }

  const server = createServer();
  server.on('upgrade', (request, stream) => {
    shakeHands(stream as Socket, request.headers['sec-websocket-key'] ?? '');
    serve(stream as Socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/play?token=t`,
    behaviour,
    voice,
    requests,
    heartbeats: () => heartbeats,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
