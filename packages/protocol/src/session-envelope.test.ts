import fc from 'fast-check';
import { Base64 } from 'js-base64';
import { describe, expect, it } from 'vitest';
import { isAppError } from './errors.js';
import {
  type ClientSession,
  checkClientSession,
  decodeClientSession,
  decodeServerSession,
  encodeSessionEnvelope,
} from './session-envelope.js';

const offer: ClientSession = {
  sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n',
  type: 'offer',
  sdkType: 'JS',
  streamName: 'high',
};

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return isAppError(error) ? error.code : `not an AppError: ${String(error)}`;
  }
  return 'no error';
}

describe('ClientSession', () => {
  it('survives encoding, with or without padding, in either alphabet', () => {
    const text = encodeSessionEnvelope({ ...offer, userId: '用户?>~ÿ' });
    const variants = [text, text.replace(/=+$/, ''), text.replaceAll('+', '-').replaceAll('/', '_'), ` ${text}\n`];
    for (const variant of variants) expect(decodeClientSession(variant)).toEqual({ ...offer, userId: '用户?>~ÿ' });
  });

  it('keeps null fields that the official SDK sends', () => {
    const text = encodeSessionEnvelope({
      ...offer,
      desktopResolution: null,
      streamProfile: { fps: 30, max_bitrate: null },
    });
    expect(decodeClientSession(text).desktopResolution).toBeNull();
  });

  it.each([
    ['empty', ''],
    ['not base64', '{"sdp":"v=0"}'],
    ['not JSON', Base64.encode('hello')],
    ['a number', Base64.encode('42')],
    ['null', Base64.encode('null')],
    ['an array', Base64.encode('[]')],
    ['no sdp', Base64.encode('{"type":"offer"}')],
    ['sdp that is no session description', Base64.encode('{"sdp":"hello"}')],
    ['sdp of a wrong type', Base64.encode('{"sdp":7}')],
    ['too long', 'A'.repeat(200_000)],
    [
      'a codec list that is too long',
      Base64.encode(JSON.stringify({ ...offer, preferredCodecList: Array(1000).fill('H264') })),
    ],
  ])('refuses %s by name', (_, text) => {
    expect(codeOf(() => decodeClientSession(text))).toBe('session-envelope-invalid');
  });

  it('never fails otherwise, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => Base64.encode(json)),
        ),
        (text) => {
          expect(['no error', 'session-envelope-invalid']).toContain(codeOf(() => decodeClientSession(text)));
        },
      ),
    );
  });

  it('never fails otherwise, whatever the object', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(['no error', 'session-envelope-invalid']).toContain(codeOf(() => checkClientSession(value)));
      }),
    );
  });
});

describe('ServerSession', () => {
  it('refuses what is not an object', () => {
    expect(codeOf(() => decodeServerSession(Base64.encode('null')))).toBe('session-envelope-invalid');
    expect(codeOf(() => decodeServerSession(Base64.encode('[]')))).toBe('session-envelope-invalid');
  });

  it('accepts a foreign server that sends only what is needed', () => {
    expect(decodeServerSession(Base64.encode('{"sdp":"v=0","screen_config":{}}')).sdp).toBe('v=0');
  });
});
