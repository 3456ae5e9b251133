import { findSigningKey, touchAccessKey } from '../../db/access-keys.js';
import type { AccessKey } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/** Keys as the signature check needs them, on the path of every call. */
export interface SigningKeys {
  /** Looks up a key; null when there is none. What another control plane changed is seen after a second at the latest. */
  find(secretId: string): Promise<AccessKey | null>;
  /** Remembers that a key was used: written in the background, at most once a minute for each key. */
  noteUse(secretId: string): void;
  /** Forgets what it has read: this control plane has changed a key or an account. */
  forget(): void;
}

interface CachedKey {
  readonly readAt: number;
  readonly key: Promise<AccessKey | null>;
}

/** Adds to a map that keeps the newest `bound` entries. */
function putBounded<Value>(map: Map<string, Value>, key: string, value: Value, bound: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= bound) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

async function readKey(deps: ServiceDeps, secretId: string): Promise<AccessKey | null> {
  const found = await findSigningKey(deps.database.executor, secretId);
  if (found === null) return null;
  const { key, accountEnabled } = found;
  return {
    secretId,
    secretKey: deps.secrets.open(key.secretCipher, secretId),
    accountId: key.accountId,
    enabled: key.enabled && accountEnabled,
    permissions: key.permissions,
    sourceRanges: key.sourceRanges,
    expiresAt: key.expiresAt,
  };
}

/** Creates the look-up over a small cache of keys that exist: guessed ids never push out real ones. */
export function createSigningKeys(deps: ServiceDeps): SigningKeys {
  const cache = new Map<string, CachedKey>();
  const usedAt = new Map<string, number>();
  return {
    find: (secretId) => {
      const cached = cache.get(secretId);
      const now = deps.now();
      if (cached !== undefined && Math.abs(now - cached.readAt) < serviceLimits.signingKeyMs) return cached.key;
      const entry: CachedKey = { readAt: now, key: readKey(deps, secretId) };
      putBounded(cache, secretId, entry, serviceLimits.signingKeys);
      const drop = () => {
        if (cache.get(secretId) === entry) cache.delete(secretId);
      };
      entry.key.then((key) => {
        if (key === null) drop();
      }, drop);
      return entry.key;
    },
    noteUse: (secretId) => {
      const now = deps.now();
      const notAfter = now - serviceLimits.lastUsedMs;
      if ((usedAt.get(secretId) ?? Number.NEGATIVE_INFINITY) > notAfter) return;
      putBounded(usedAt, secretId, now, serviceLimits.signingKeys);
      deps.background.run('access-key.last-used', () =>
        touchAccessKey(deps.database.executor, secretId, { usedAt: now, notAfter }),
      );
    },
    forget: () => cache.clear(),
  };
}
