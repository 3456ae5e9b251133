import { networkOf } from '../services/accounts/source-ranges.js';
import { cloudApiServerLimits } from './limits.js';
import { createRateLimiter } from './rate-limit.js';

/** Slows down senders that guess keys. */
export interface AuthThrottle {
  /** False when calls from this address have failed too often; but a key that has just worked from there always may. */
  admits(address: string, secretId: string): boolean;
  /** A call from this address was not who it claimed to be. */
  failed(address: string): void;
  /** A call from this address was. */
  succeeded(address: string, secretId: string): void;
}

/**
 * Creates a throttle of bounded memory. It stands before the look-up of the key, so that guessing costs no database work.
 * @param options.failuresPerSecond lasting rate of failures of one network.
 * @param options.now Unix milliseconds.
 */
export function createAuthThrottle(options: {
  readonly failuresPerSecond: number;
  readonly now: () => number;
}): AuthThrottle {
  const { failuresPerSecond, now } = options;
  const { authNetworks, knownCallers, knownCallerMs } = cloudApiServerLimits;
  const burst = Math.max(cloudApiServerLimits.authFailureBurst, failuresPerSecond);
  const failures = createRateLimiter({ maxKeys: authNetworks, now });
  // Many services may share the address of a proxy; one that is set up wrongly must not shut out the others.
  const known = new Map<string, number>();
  return {
    admits: (address, secretId) => {
      const network = networkOf(address);
      if (failures.has(network, failuresPerSecond, burst)) return true;
      const lastMs = known.get(`${network} ${secretId}`);
      return lastMs !== undefined && now() - lastMs < knownCallerMs;
    },
    failed: (address) => {
      failures.take(networkOf(address), failuresPerSecond, burst);
    },
    succeeded: (address, secretId) => {
      const caller = `${networkOf(address)} ${secretId}`;
      known.delete(caller);
      known.set(caller, now());
      if (known.size <= knownCallers) return;
      const oldest = known.keys().next();
      if (oldest.done !== true) known.delete(oldest.value);
    },
  };
}
