import { Buffer } from 'node:buffer';

/** WebSocket frames (RFC 6455 §5) as far as a server needs them. PURE apart from the reader's own memory. */

/** Frame types. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What arrived. After a violation nothing more is read: the connection is to be closed with its code. */
export type FrameEvent =
  | { readonly type: 'message'; readonly binary: boolean; readonly data: Buffer }
  | { readonly type: 'ping'; readonly data: Buffer }
  | { readonly type: 'pong' }
  | { readonly type: 'close' }
  | { readonly type: 'violation'; readonly code: 1002 | 1009; readonly message: string };

/** Pieces of one message; browsers send one, and endless empty ones cost memory too. */
const maxFragments = 1_024;

/** Longest payload of a control frame (RFC 6455 §5.5). */
const controlBytes = 125;

/** Head of an unmasked, unfragmented frame, as a server sends it. PURE. */
export function buildFrameHead(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
  head.writeUInt32BE(length >>> 0, 6);
  return head;
}

interface Head {
  readonly fin: boolean;
  readonly opcode: number;
  readonly headBytes: number;
  readonly length: number;
}

/** Reads a head; undefined while it is incomplete. */
function readHead(bytes: Buffer): Head | { readonly violation: string } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  // No extension was negotiated, and clients must mask.
  if ((first & 0x70) !== 0) return { violation: 'a reserved bit is set' };
  if ((second & 0x80) === 0) return { violation: 'a frame is not masked' };
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const headBytes = 2 + lengthBytes + 4;
  if (bytes.length < headBytes) return undefined;
  const length =
    lengthBytes === 8
      ? bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6)
      : lengthBytes === 2
        ? bytes.readUInt16BE(2)
        : short;
  const opcode = first & 0x0f;
  const fin = (first & 0x80) !== 0;
  if (opcode > opcodes.binary && opcode < opcodes.close) return { violation: 'an unknown frame type' };
  if (opcode > opcodes.pong) return { violation: 'an unknown frame type' };
  if (opcode >= opcodes.close && (!fin || length > controlBytes)) return { violation: 'a control frame is too long' };
  return { fin, opcode, headBytes, length };
}

function unmask(payload: Buffer, key: Buffer): Buffer {
  const data = Buffer.allocUnsafe(payload.length);
  for (let i = 0; i < payload.length; i += 1) data[i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0);
  return data;
}

/**
 * Creates the reader of one connection. It keeps at most one message of `maxMessageBytes` and one chunk; feeding it after a
 * violation gives nothing.
 */
export function createFrameReader(maxMessageBytes: number): (chunk: Uint8Array) => FrameEvent[] {
  let waiting: Buffer = Buffer.alloc(0);
  let broken = false;
  /** Parts of a fragmented message. */
  let parts: { readonly binary: boolean; readonly chunks: Buffer[]; bytes: number } | null = null;

  function onData({ fin, opcode }: Head, data: Buffer): FrameEvent | undefined {
    if (opcode === opcodes.continuation) {
      if (parts === null) return violation(1002, 'a continuation of nothing');
      parts.chunks.push(data);
      parts.bytes += data.length;
    } else {
      if (parts !== null) return violation(1002, 'a message inside another');
      parts = { binary: opcode === opcodes.binary, chunks: [data], bytes: data.length };
    }
    // A message of endless empty pieces grows as well.
    if (parts.bytes > maxMessageBytes || parts.chunks.length > maxFragments)
      return violation(1009, 'a message is too long');
    if (!fin) return undefined;
    const { binary, chunks } = parts;
    parts = null;
    return { type: 'message', binary, data: chunks.length === 1 ? data : Buffer.concat(chunks) };
  }

  function violation(code: 1002 | 1009, message: string): FrameEvent {
    broken = true;
    waiting = Buffer.alloc(0);
    parts = null;
    return { type: 'violation', code, message };
  }

  function onFrame(head: Head, data: Buffer): FrameEvent | undefined {
    switch (head.opcode) {
      case opcodes.close:
        return { type: 'close' };
      case opcodes.ping:
        return { type: 'ping', data };
      case opcodes.pong:
        return { type: 'pong' };
      default:
        return onData(head, data);
    }
  }

  function next(): FrameEvent | 'skip' | undefined {
    const head = readHead(waiting);
    if (head === undefined) return undefined;
    if ('violation' in head) return violation(1002, head.violation);
    if (head.length > maxMessageBytes) return violation(1009, 'a message is too long');
    const end = head.headBytes + head.length;
    if (waiting.length < end) return undefined;
    const data = unmask(waiting.subarray(head.headBytes, end), waiting.subarray(head.headBytes - 4, head.headBytes));
    waiting = waiting.subarray(end);
    return onFrame(head, data) ?? 'skip';
  }

  return (chunk) => {
    const events: FrameEvent[] = [];
    if (broken) return events;
    waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
    for (let event = next(); event !== undefined; event = next()) {
      if (event !== 'skip') events.push(event);
      if (broken) break;
    }
    return events;
  };
}
