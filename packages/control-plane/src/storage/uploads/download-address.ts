import { lookup } from 'node:dns/promises';
import { AppError } from '@cloudstage/protocol';
import ipaddr from 'ipaddr.js';

/** An address that was looked at and may be connected to. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** True for addresses of the public internet. IPv4 inside IPv6 counts as what it is. PURE. */
export function isPublicAddress(address: string): boolean {
  try {
    return ipaddr.process(address).range() === 'unicast';
  } catch {
    return false;
  }
}

/** Resolves a name, which is an address itself perhaps. */
export type Resolve = (host: string) => Promise<readonly CheckedAddress[]>;

/** Asks the system's resolver. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/**
 * Resolves a host and checks every address, so that a name cannot lead into the network of the server.
 * @param host as `URL.hostname` gives it: numbers are in their usual form, IPv6 in brackets.
 * @throws AppError `download-unreachable`, `download-address-refused`.
 */
export async function resolveChecked(
  host: string,
  options: { readonly resolve: Resolve; readonly allowPrivate: boolean },
): Promise<readonly CheckedAddress[]> {
  const name = host.replace(/^\[|\]$/g, '');
  const addresses = await options.resolve(name).catch((cause: unknown) => {
    throw new AppError('download-unreachable', `the name ${name} cannot be resolved`, { cause });
  });
  if (addresses.length === 0) throw new AppError('download-unreachable', `the name ${name} has no address`);
  const refused = options.allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
  if (refused !== undefined) {
    throw new AppError(
      'download-address-refused',
      `${name} is the address ${refused.address}, which is not on the public internet; packages.allowPrivateUrls permits it`,
    );
  }
  return addresses;
}
