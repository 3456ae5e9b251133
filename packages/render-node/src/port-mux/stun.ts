import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * PURE: the part of STUN that a port mux needs: recognise a connectivity check, read whom it is for, verify it, refuse it.
 * @see RFC 8489 §5 (message), §14.3 (USERNAME), §14.5 (MESSAGE-INTEGRITY), §14.7 (FINGERPRINT), §14.8 (ERROR-CODE)
 * @see RFC 8445 §7.2.2 (USERNAME is `<ufrag of the receiver>:<ufrag of the sender>`, keyed with the receiver's password)
 */

const headerBytes = 20;
const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingErrorResponse = 0x0111;
const integrityBytes = 20;
const fingerprintXor = 0x5354554e;

const attribute = { username: 0x0006, integrity: 0x0008, errorCode: 0x0009, fingerprint: 0x8028 } as const;

/** A well-formed connectivity check. The buffer is a view into the packet. */
export interface StunCheck {
  /** First part of USERNAME: the ufrag that the server side put into its answer. */
  readonly serverUfrag: string;
  readonly clientUfrag: string;
  /** Offset of the MESSAGE-INTEGRITY attribute, or -1 when there is none. */
  readonly integrityOffset: number;
  readonly packet: Buffer;
}

/** True when the packet claims to be a STUN Binding request; reads the first 8 bytes only, for the hot path. */
export function isBindingRequest(packet: Buffer): boolean {
  return (
    packet.length >= headerBytes && packet.readUInt16BE(0) === bindingRequest && packet.readUInt32BE(4) === magicCookie
  );
}

/** True for STUN by its first byte. @see RFC 7983 §7 */
export function isStun(packet: Buffer): boolean {
  const first = packet[0];
  return first !== undefined && first <= 3;
}

/** True for SRTP and SRTCP by their first byte. @see RFC 7983 §7 */
export function isMedia(packet: Buffer): boolean {
  const first = packet[0];
  return first !== undefined && first >= 128 && first <= 191;
}

function splitUsername(value: string): { serverUfrag: string; clientUfrag: string } | null {
  const colon = value.indexOf(':');
  if (colon <= 0 || colon === value.length - 1) return null;
  return { serverUfrag: value.slice(0, colon), clientUfrag: value.slice(colon + 1) };
}

/**
 * Parses a Binding request with a USERNAME of two ufrags. The whole packet must be one message; a FINGERPRINT, when
 * present, must be last and right. Attributes behind MESSAGE-INTEGRITY are not looked at.
 * @returns null for anything else; never throws.
 */
export function parseCheck(packet: Buffer): StunCheck | null {
  if (!isBindingRequest(packet)) return null;
  const length = packet.readUInt16BE(2);
  if (length % 4 !== 0 || headerBytes + length !== packet.length) return null;
  let username: string | null = null;
  let integrityOffset = -1;
  let offset = headerBytes;
  while (offset < packet.length) {
    const type = packet.readUInt16BE(offset);
    const valueBytes = packet.readUInt16BE(offset + 2);
    const value = offset + 4;
    const next = value + valueBytes + ((4 - (valueBytes % 4)) % 4);
    if (next > packet.length) return null;
    if (type === attribute.fingerprint) {
      if (valueBytes !== 4 || next !== packet.length || !fingerprintMatches(packet, offset)) return null;
    } else if (integrityOffset < 0) {
      if (type === attribute.username && username === null)
        username = packet.toString('latin1', value, value + valueBytes);
      if (type === attribute.integrity) {
        if (valueBytes !== integrityBytes) return null;
        integrityOffset = offset;
      }
    }
    offset = next;
  }
  const ufrags = username === null ? null : splitUsername(username);
  return ufrags ? { ...ufrags, integrityOffset, packet } : null;
}

function fingerprintMatches(packet: Buffer, offset: number): boolean {
  const expected = (crc32(packet.subarray(0, offset)) ^ fingerprintXor) >>> 0;
  return packet.readUInt32BE(offset + 4) === expected;
}

/** HMAC over the message up to `integrityOffset`, with the length field as if MESSAGE-INTEGRITY were the last attribute. */
function integrityOf(packet: Buffer, integrityOffset: number, password: string): Buffer {
  const head = Buffer.from(packet.subarray(0, 4));
  head.writeUInt16BE(integrityOffset + 4 + integrityBytes - headerBytes, 2);
  return createHmac('sha1', password).update(head).update(packet.subarray(4, integrityOffset)).digest();
}

/** True when the check carries a MESSAGE-INTEGRITY made with `password` (constant-time comparison). */
export function hasValidIntegrity(check: StunCheck, password: string): boolean {
  if (check.integrityOffset < 0) return false;
  const start = check.integrityOffset + 4;
  const given = check.packet.subarray(start, start + integrityBytes);
  return timingSafeEqual(given, integrityOf(check.packet, check.integrityOffset, password));
}

/** Closes a message: appends MESSAGE-INTEGRITY under `password`, then FINGERPRINT, and sets the length. */
function seal(head: Buffer, password: string): Buffer {
  const packet = Buffer.concat([head, Buffer.alloc(4 + integrityBytes + 8)]);
  const integrity = head.length;
  packet.writeUInt16BE(attribute.integrity, integrity);
  packet.writeUInt16BE(integrityBytes, integrity + 2);
  integrityOf(packet, integrity, password).copy(packet, integrity + 4);
  const fingerprint = integrity + 4 + integrityBytes;
  packet.writeUInt16BE(packet.length - headerBytes, 2);
  packet.writeUInt16BE(attribute.fingerprint, fingerprint);
  packet.writeUInt16BE(4, fingerprint + 2);
  packet.writeUInt32BE((crc32(packet.subarray(0, fingerprint)) ^ fingerprintXor) >>> 0, fingerprint + 4);
  return packet;
}

function encodeAttribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

/**
 * Builds the authenticated refusal of a check.
 *
 * Chromium destroys a candidate pair at once on every code but 401, 420, 487 and 500, provided the response has the
 * request's transaction id and a MESSAGE-INTEGRITY under the same password.
 * @param code e.g. 400; 300–699. @param reason ASCII text, ≤ 127 characters.
 */
export function buildCheckRefusal(check: StunCheck, password: string, code: number, reason: string): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(bindingErrorResponse, 0);
  check.packet.copy(header, 4, 4, headerBytes);
  const value = Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason, 'ascii')]);
  return seal(Buffer.concat([header, encodeAttribute(attribute.errorCode, value)]), password);
}

/** What {@link buildCheck} needs. */
export interface CheckParams {
  readonly serverUfrag: string;
  readonly clientUfrag: string;
  readonly password: string;
  /** 12 bytes. */
  readonly transactionId: Buffer;
}

/** Builds a connectivity check as a client sends it (for probes and tests). */
export function buildCheck(params: CheckParams): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(bindingRequest, 0);
  header.writeUInt32BE(magicCookie, 4);
  params.transactionId.copy(header, 8, 0, 12);
  const username = Buffer.from(`${params.serverUfrag}:${params.clientUfrag}`, 'latin1');
  return seal(Buffer.concat([header, encodeAttribute(attribute.username, username)]), params.password);
}
