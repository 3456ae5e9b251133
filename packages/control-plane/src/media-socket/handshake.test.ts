import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWebSocketRequest, readPlayRequest, withoutUpgrade } from './handshake.js';

const headers = {
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'media-v1',
};
const url = '/play?instance_id=ses-1&token=abc_-9';

describe('a request for the WebSocket path', () => {
  it('reaches the streamer with its token and key, and nothing else of the client', () => {
    const given = { ...headers, cookie: 'a=b', 'x-forwarded-for': '192.0.2.1' };
    const wish = readPlayRequest({ method: 'GET', url: `${url}&more=1`, headers: given });
    expect(wish?.sessionId).toBe('ses-1');
    expect(wish?.head.split('\r\n')).toEqual([
      'GET /play?token=abc_-9 HTTP/1.1',
      'Host: streamer',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: media-v1',
      '',
      '',
    ]);
  });

  it.each<[string, Partial<typeof headers>, string]>([
    ['another path', {}, '/other?instance_id=ses-1&token=abc'],
    ['no query', {}, '/play'],
    ['no session', {}, '/play?token=abc'],
    ['no token', {}, '/play?instance_id=ses-1'],
    ['a token that breaks out of its line', {}, '/play?instance_id=ses-1&token=a%0d%0ab'],
    ['a long token', {}, `/play?instance_id=ses-1&token=${'a'.repeat(129)}`],
    ['another sub-protocol', { 'sec-websocket-protocol': 'chat' }, url],
    ['another version', { 'sec-websocket-version': '8' }, url],
    ['a key that is none', { 'sec-websocket-key': 'x\r\nHost: y' }, url],
  ])('with %s is none', (_name, changed, path) => {
    expect(readPlayRequest({ method: 'GET', url: path, headers: { ...headers, ...changed } })).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.constantFrom(...Object.keys(headers)), fc.string()), (path, given) => {
        readPlayRequest({ method: 'GET', url: `/play?${path}`, headers: given });
      }),
    );
  });
});

it('an offer of HTTP/2 is no request for a WebSocket, and is read again without it', () => {
  expect(isWebSocketRequest({ method: 'GET', url: '/', headers: { upgrade: 'h2c' } })).toBe(false);
  expect(isWebSocketRequest({ method: 'GET', url: '/', headers: { upgrade: 'WebSocket' } })).toBe(true);
  const rawHeaders = [
    'Host',
    'a',
    'Connection',
    'Upgrade, HTTP2-Settings',
    'Upgrade',
    'h2c',
    'HTTP2-Settings',
    'AA',
    'X-B',
    'c',
  ];
  expect(withoutUpgrade({ method: 'POST', url: '/?x', httpVersion: '1.1', rawHeaders })).toBe(
    'POST /?x HTTP/1.1\r\nHost: a\r\nX-B: c\r\n\r\n',
  );
});
