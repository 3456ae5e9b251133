/**
 * PURE: packets over a byte stream, each behind its length in 16 bits, big-endian.
 * @see RFC 4571 §2; RFC 6544 §3 (ICE-TCP uses it for STUN as well as for media)
 */

/** Takes bytes in chunks of any size and hands out whole frames. */
export interface Deframer {
  /**
   * @returns false when a frame is longer than allowed; the stream cannot be followed any more and must be closed.
   * Frames handed to `onFrame` may be views into `chunk`; empty frames are skipped. `onFrame` may call `stop`.
   */
  push(chunk: Buffer): boolean;
  /** Ends the hand-out: frames that are still buffered are forgotten. */
  stop(): void;
}

/** Creates a deframer that buffers at most one frame of `maxFrameBytes`. */
export function createDeframer(maxFrameBytes: number, onFrame: (frame: Buffer) => void): Deframer {
  let rest: Buffer | null = null;
  let stopped = false;
  return {
    push: (chunk) => {
      const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
      rest = null;
      let offset = 0;
      while (!stopped && offset + 2 <= bytes.length) {
        const length = bytes.readUInt16BE(offset);
        if (length > maxFrameBytes) return false;
        if (offset + 2 + length > bytes.length) break;
        if (length > 0) onFrame(bytes.subarray(offset + 2, offset + 2 + length));
        offset += 2 + length;
      }
      if (!stopped && offset < bytes.length) rest = bytes.subarray(offset);
      return true;
    },
    stop: () => {
      stopped = true;
      rest = null;
    },
  };
}

/** Prepends the length. @param packet at most 65,535 bytes. */
export function frameOf(packet: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + packet.length);
  frame.writeUInt16BE(packet.length, 0);
  packet.copy(frame, 2);
  return frame;
}
