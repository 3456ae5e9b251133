import { AppError } from '@cloudstage/protocol';
import ipaddr from 'ipaddr.js';

/** Addresses whose users are served from certain regions first. */
export interface RegionRule {
  /** `203.0.113.0/24` or `2001:db8::/32`. */
  readonly cidr: string;
  /** Nearest first. */
  readonly regions: readonly string[];
}

/** Regions for a user's address, nearest first. Regions that are not in the list come after it. */
export type OrderRegions = (userIp: string) => readonly string[];

interface ParsedRule {
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefixLength: number;
  readonly isPublic: boolean;
  readonly regions: readonly string[];
}

function parseRule(rule: RegionRule): ParsedRule {
  try {
    const [network, prefixLength] = ipaddr.parseCIDR(rule.cidr);
    return { network, prefixLength, isPublic: isPublicNetwork(network, prefixLength), regions: rule.regions };
  } catch (cause) {
    throw new AppError('region-map-invalid', `"${rule.cidr}" is not a network such as 203.0.113.0/24`, { cause });
  }
}

const isPublicAddress = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean => address.range() === 'unicast';

/** The whole address space counts as public: it is meant for the world, not for a local network. */
function isPublicNetwork(network: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number): boolean {
  return prefixLength === 0 || isPublicAddress(network);
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // Four decimal parts only: `10` or `0x7f.1` are addresses to old C libraries and mistakes here.
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  return ipaddr.process(text);
}

function matches(rule: ParsedRule, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return rule.network.kind() === address.kind() && address.match(rule.network, rule.prefixLength);
}

/**
 * Builds the order of regions: the longest matching network's regions, then the default order. An address that cannot be
 * read gets the default order; so does a private one, unless a network of private addresses is mapped itself.
 * @throws AppError `region-map-invalid`.
 */
export function createOrderRegions(options: {
  readonly map: readonly RegionRule[];
  readonly order: readonly string[];
}): OrderRegions {
  const rules = options.map.map(parseRule).sort((a, b) => b.prefixLength - a.prefixLength);
  return (userIp) => {
    const address = parseAddress(userIp);
    if (address === null) return options.order;
    const isPublic = isPublicAddress(address);
    const rule = rules.find((candidate) => candidate.isPublic === isPublic && matches(candidate, address));
    return rule === undefined ? options.order : [...new Set([...rule.regions, ...options.order])];
  };
}
