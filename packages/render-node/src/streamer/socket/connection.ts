import type { Socket } from 'node:net';
import { buildFrameHead, createFrameReader, type FrameEvent, opcodes } from './frames.js';
import { socketLimits } from './limits.js';

/** Who hears what happens on a connection. None of these may throw. */
export interface SocketListener {
  onBinary(data: Buffer): void;
  /** Once, whoever closed it. */
  onClosed(): void;
}

/** The server's end of one WebSocket after its handshake. */
export interface SocketConnection {
  /** From here on messages are read. */
  listen(listener: SocketListener): void;
  sendText(text: string): void;
  /** Sends one binary message made of parts; false when it is closed or the other end has stopped reading. */
  sendBinary(...parts: readonly Uint8Array[]): boolean;
  /** Says good-bye with a code of RFC 6455 §7.4 and ends the connection. Idempotent. */
  close(code: number): void;
}

/** Wraps a socket whose handshake is done. `first` are bytes that came with the handshake. Owns the socket. */
export function createSocketConnection(socket: Socket, first: Uint8Array, maxMessageBytes: number): SocketConnection {
  const read = createFrameReader(maxMessageBytes);
  let listener: SocketListener | undefined;
  let closed = false;

  function send(opcode: number, parts: readonly Uint8Array[]): boolean {
    if (closed || socket.writableLength > socketLimits.waitingBytes) return false;
    socket.cork();
    socket.write(
      buildFrameHead(
        opcode,
        parts.reduce((sum, part) => sum + part.length, 0),
      ),
    );
    for (const part of parts) socket.write(part);
    socket.uncork();
    return true;
  }

  function close(code: number): void {
    if (closed) return;
    send(opcodes.close, [Uint8Array.of(code >> 8, code & 0xff)]);
    closed = true;
    socket.end();
    // The client may be gone, and then nothing of this is ever read.
    setTimeout(() => socket.destroy(), socketLimits.closeMs).unref();
    listener?.onClosed();
  }

  function onEvent(event: FrameEvent): void {
    if (event.type === 'message') {
      if (event.binary) listener?.onBinary(event.data);
    } else if (event.type === 'ping') send(opcodes.pong, [event.data]);
    else if (event.type === 'close') close(1000);
    else if (event.type === 'violation') close(event.code);
  }

  function onBytes(chunk: Uint8Array): void {
    for (const event of read(chunk)) if (!closed) onEvent(event);
  }

  socket.on('error', () => socket.destroy());
  socket.on('close', () => close(1006));
  return {
    listen(given) {
      listener = given;
      if (closed) return given.onClosed();
      onBytes(first);
      socket.on('data', onBytes);
    },
    sendText: (text) => void send(opcodes.text, [Buffer.from(text)]),
    sendBinary: (...parts) => send(opcodes.binary, parts),
    close,
  };
}
