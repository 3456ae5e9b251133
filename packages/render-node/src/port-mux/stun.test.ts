import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCheck, buildCheckRefusal, hasValidIntegrity, isBindingRequest, isMedia, parseCheck } from './stun.js';

/** Sample request of RFC 5769 §2.1 (short-term credentials). */
const sampleRequest = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36' +
    '000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);
const samplePassword = 'VOkJxbRl1RmTxUk/WvJxBt';

const iceText = (minLength: number) =>
  fc.string({
    unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
    minLength,
    maxLength: 64,
  });
const checkParams = fc.record({
  serverUfrag: iceText(4),
  clientUfrag: iceText(4),
  password: iceText(22),
  transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
});

/** A Binding request with nothing but a USERNAME. */
function plainRequest(username: string): Buffer {
  const value = Buffer.alloc(Math.ceil(username.length / 4) * 4);
  value.write(username);
  const packet = Buffer.concat([sampleRequest.subarray(0, 20), Buffer.from([0, 6, 0, username.length]), value]);
  packet.writeUInt16BE(packet.length - 20, 2);
  return packet;
}

describe('parseCheck', () => {
  it('reads the sample request of RFC 5769 and verifies it', () => {
    const check = parseCheck(sampleRequest);
    expect(check).toMatchObject({ serverUfrag: 'evtj', clientUfrag: 'h6vY' });
    expect(hasValidIntegrity(check!, samplePassword)).toBe(true);
    expect(hasValidIntegrity(check!, `${samplePassword}x`)).toBe(false);
  });

  it('reads what buildCheck writes', () => {
    fc.assert(
      fc.property(checkParams, (params) => {
        const check = parseCheck(buildCheck(params));
        expect(check).toMatchObject({ serverUfrag: params.serverUfrag, clientUfrag: params.clientUfrag });
        expect(hasValidIntegrity(check!, params.password)).toBe(true);
        expect(hasValidIntegrity(check!, `${params.password}A`)).toBe(false);
      }),
    );
  });

  it('accepts no changed byte up to the end of MESSAGE-INTEGRITY', () => {
    fc.assert(
      fc.property(checkParams, fc.nat(), fc.integer({ min: 1, max: 255 }), (params, position, change) => {
        const packet = buildCheck(params);
        const index = position % (packet.length - 8);
        packet[index] = (packet[index] ?? 0) ^ change;
        const check = parseCheck(packet);
        expect(check !== null && hasValidIntegrity(check, params.password)).toBe(false);
      }),
    );
  });

  it('never throws on arbitrary or truncated bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        parseCheck(Buffer.from(bytes));
        const withHeader = Buffer.concat([sampleRequest.subarray(0, 20), Buffer.from(bytes)]);
        withHeader.writeUInt16BE(bytes.length, 2);
        const check = parseCheck(withHeader);
        if (check) hasValidIntegrity(check, samplePassword);
      }),
      { numRuns: 2_000 },
    );
    for (let length = 0; length < sampleRequest.length; length += 1) {
      expect(parseCheck(sampleRequest.subarray(0, length))).toBeNull();
    }
  });

  it.each([
    ['a username without a colon', 'abcdefgh'],
    ['an empty server part', ':abcd'],
    ['an empty client part', 'abcd:'],
  ])('refuses %s', (_name, username) => {
    expect(parseCheck(plainRequest('abcd:efgh'))).not.toBeNull();
    expect(parseCheck(plainRequest(username))).toBeNull();
  });

  it('does not take a message without MESSAGE-INTEGRITY as authentic', () => {
    const check = parseCheck(plainRequest('abcd:efgh'));
    expect(check?.serverUfrag).toBe('abcd');
    expect(hasValidIntegrity(check!, samplePassword)).toBe(false);
  });
});

describe('buildCheckRefusal', () => {
  it('answers the transaction with an authentic error of the asked code', () => {
    const request = parseCheck(sampleRequest)!;
    const response = buildCheckRefusal(request, samplePassword, 400, 'Session Gone');
    expect(response.readUInt16BE(0)).toBe(0x0111);
    expect(response.readUInt16BE(2)).toBe(response.length - 20);
    expect(response.subarray(4, 20)).toEqual(sampleRequest.subarray(4, 20));
    expect(response.readUInt16BE(20)).toBe(0x0009);
    expect([response[26], response[27]]).toEqual([4, 0]);
    expect(response.subarray(28, 40).toString()).toBe('Session Gone');
    const integrity = 40;
    expect(response.readUInt16BE(integrity)).toBe(0x0008);
    const signed = Buffer.from(response.subarray(0, integrity));
    signed.writeUInt16BE(integrity + 24 - 20, 2);
    const expected = createHmac('sha1', samplePassword).update(signed).digest();
    expect(response.subarray(integrity + 4, integrity + 24)).toEqual(expected);
    expect(response.readUInt16BE(integrity + 24)).toBe(0x8028);
    expect(response.length).toBe(integrity + 32);
  });
});

describe('first-byte classes', () => {
  it('tells checks, DTLS and media apart', () => {
    expect(isBindingRequest(sampleRequest)).toBe(true);
    expect(isBindingRequest(buildCheckRefusal(parseCheck(sampleRequest)!, samplePassword, 400, 'x'))).toBe(false);
    expect(isBindingRequest(Buffer.alloc(0))).toBe(false);
    expect(isMedia(Buffer.from([128]))).toBe(true);
    expect(isMedia(Buffer.from([191]))).toBe(true);
    expect(isMedia(Buffer.from([22]))).toBe(false);
    expect(isMedia(Buffer.alloc(0))).toBe(false);
  });
});
