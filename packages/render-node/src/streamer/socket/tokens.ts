import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { socketLimits } from './limits.js';

/** Tokens by which clients open their WebSocket path: each is good for one peer, once, for a minute. */
export interface SocketTokens<T> {
  /** Makes a token that stands for `value`. */
  issue(value: T, nowMs: number): string;
  /** Uses a token up; undefined when it is unknown, used or too old. Takes the same time for every wrong one. */
  claim(token: string, nowMs: number): T | undefined;
  /** Withdraws the tokens of a value. */
  withdraw(value: T): void;
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();

/** Creates an empty set; it holds as many tokens as there are values, which the owner bounds. */
export function createSocketTokens<T>(): SocketTokens<T> {
  const entries = new Map<T, { readonly hash: Buffer; readonly untilMs: number }>();
  return {
    issue(value, nowMs) {
      const token = randomBytes(32).toString('base64url');
      entries.set(value, { hash: hashOf(token), untilMs: nowMs + socketLimits.tokenMs });
      return token;
    },
    claim(token, nowMs) {
      const hash = hashOf(token);
      let found: T | undefined;
      for (const [value, entry] of entries)
        if (timingSafeEqual(entry.hash, hash) && nowMs < entry.untilMs) found = value;
      if (found !== undefined) entries.delete(found);
      return found;
    },
    withdraw: (value) => void entries.delete(value),
  };
}
