import { BlockList, isIP, isIPv6 } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { MuxConfig, MuxRoute } from '../links/mux-link.js';

/** What enters the mux from its starter and from its link, checked once. */

const Address = Type.String({ minLength: 2, maxLength: 64 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
/** @see RFC 8445 §5.3 (4 to 256 characters; at least 22 for the password) */
const Ufrag = Type.String({ minLength: 4, maxLength: 256, pattern: '^[A-Za-z0-9+/=_-]+$' });

const ConfigSchema = Type.Object({
  runDir: Type.String({ minLength: 1, maxLength: 4096 }),
  listenAddresses: Type.Array(Address, { minItems: 1, maxItems: 16 }),
  udpPort: Port,
  tcpPort: Port,
  logLevel: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
  ),
});
const RouteSchema = Type.Object({
  ufrag: Ufrag,
  pwd: Type.String({ minLength: 22, maxLength: 256 }),
  address: Address,
  port: Port,
});
const DeleteSchema = Type.Object({ ufrag: Ufrag });

/** The mux forwards to this machine only, so that a wrong route cannot turn it against others. */
function isLoopback(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return isIP(address) !== 0 && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Parses the start argument.
 * @throws AppError `mux-config-invalid`.
 */
export function parseMuxConfig(text: string | undefined): MuxConfig {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (cause) {
    throw new AppError('mux-config-invalid', 'the port mux takes its configuration as one JSON argument', { cause });
  }
  if (!Value.Check(ConfigSchema, value)) {
    const first = Value.Errors(ConfigSchema, value)[0];
    throw new AppError(
      'mux-config-invalid',
      `wrong at ${first?.instancePath || '/'}: ${first?.message ?? 'not an object'}`,
    );
  }
  const notAnAddress = value.listenAddresses.find((address) => isIP(address) === 0);
  if (notAnAddress !== undefined) {
    throw new AppError('mux-config-invalid', `listen address ${notAnAddress} is not an IP address`);
  }
  return value;
}

/** @throws AppError `route-invalid`. */
export function checkRoute(value: unknown): MuxRoute {
  if (!Value.Check(RouteSchema, value) || !isLoopback(value.address)) {
    throw new AppError('route-invalid', 'a route has an ICE ufrag and pwd, and leads to a loopback address and port');
  }
  return value;
}

/** @throws AppError `route-invalid`. */
export function checkUfrag(value: unknown): string {
  if (!Value.Check(DeleteSchema, value)) throw new AppError('route-invalid', 'route.delete takes an ICE ufrag');
  return value.ufrag;
}
