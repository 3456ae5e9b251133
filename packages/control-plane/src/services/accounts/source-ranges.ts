import { AppError } from '@cloudstage/protocol';
import ipaddr from 'ipaddr.js';

const { IPv4, IPv6 } = ipaddr;

/**
 * Writes an address or CIDR range in its one form: `10.0.0.7` → `10.0.0.7/32`.
 * @throws AppError `access-key-invalid` when it is neither.
 */
export function normaliseSourceRange(text: string): string {
  // The parser also takes forms such as `10.1` or octal numbers, which people do not mean.
  if (IPv4.isValidFourPartDecimal(text)) return `${text}/32`;
  if (IPv4.isValidCIDRFourPartDecimal(text)) return text;
  if (text.includes(':') && !text.includes('%')) {
    if (IPv6.isValid(text)) return `${IPv6.parse(text).toString()}/128`;
    if (IPv6.isValidCIDR(text)) {
      const [address, bits] = IPv6.parseCIDR(text);
      return `${address.toString()}/${bits}`;
    }
  }
  throw new AppError('access-key-invalid', `"${text.slice(0, 64)}" is neither an IP address nor a CIDR range`);
}

/** An address as it is compared: IPv4 inside IPv6 is IPv4; null when the text is no address. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

/** Whether an address lies in one of normalised ranges. What is no address lies in none. */
export function isInSourceRanges(address: string, ranges: readonly string[]): boolean {
  const parsed = parseAddress(address);
  if (parsed === null) return false;
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}

/**
 * The network that one sender controls: an IPv4 address, or the /64 of an IPv6 address, inside which a sender may take
 * any address it likes.
 */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null || parsed.kind() === 'ipv4') return parsed?.toString() ?? address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}
