import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { serviceLimits } from '../limits.js';

/** Addresses of a host name; empty when it has none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Asks the system's resolver, at most for a while. */
export const resolveHost: ResolveHost = async (host) => {
  const timeout = new AbortController();
  const late = new Promise<readonly string[]>((resolve) => {
    const timer = setTimeout(() => resolve([]), serviceLimits.resolveMs);
    timeout.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const found = lookup(host, { all: true }).then(
    (entries) => entries.map(({ address }) => address),
    () => [],
  );
  try {
    return await Promise.race([found, late]);
  } finally {
    timeout.abort();
  }
};

/** True for an address of the internet: not loopback, private, link-local, carrier, multicast, documentation, … PURE. */
export function isPublicAddress(address: string): boolean {
  // `process` sees through IPv4 addresses that are written as IPv6.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** What a host is to callers who may reach the internet only. One address off the internet is enough to refuse it. */
export async function judgeHost(host: string, resolve: ResolveHost): Promise<'public' | 'private' | 'unknown'> {
  const addresses = ipaddr.isValid(host) ? [host] : await resolve(host);
  if (addresses.length === 0) return 'unknown';
  return addresses.every(isPublicAddress) ? 'public' : 'private';
}
