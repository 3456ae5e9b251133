import type { Readable } from 'node:stream';
import { cloudApiServerLimits } from './limits.js';

/** A request body, or why there is none. */
export type BodyOutcome =
  | { readonly type: 'read'; readonly bytes: Buffer }
  | { readonly type: 'too-large' }
  /** The sender stopped or was too slow. */
  | { readonly type: 'incomplete' };

/**
 * Collects a body of at most `maxBytes`. What comes after is read and dropped for a while: a sender that writes before it
 * reads would otherwise see a reset connection and not the answer. Never rejects.
 */
export function readBody(stream: Readable, maxBytes: number): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const finish = (outcome: BodyOutcome) => {
      clearTimeout(timer);
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onBroken);
      // Without a listener it would go on flowing, to nobody.
      stream.pause();
      // The listener for errors stays: a late one without a listener would end the process.
      chunks = [];
      resolve(outcome);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
      } else {
        chunks = [];
        if (size > maxBytes + cloudApiServerLimits.drainBytes) finish({ type: 'too-large' });
      }
    };
    const onEnd = () =>
      finish(size > maxBytes ? { type: 'too-large' } : { type: 'read', bytes: Buffer.concat(chunks, size) });
    const onBroken = () => finish({ type: 'incomplete' });
    const timer = setTimeout(onBroken, cloudApiServerLimits.bodyDeadlineMs);
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('close', onBroken);
    stream.on('error', onBroken);
  });
}
