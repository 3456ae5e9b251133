import { decodeClientSession, encodeSessionEnvelope } from '@cloudstage/protocol';
import fc from 'fast-check';
import { Base64 } from 'js-base64';
import { describe, expect, it } from 'vitest';
import { parseAccessInfo, readReconnectReply, reconnectUrl } from './access-info.js';
import { describeClient, isMobileDevice } from './client-description.js';
import { publicStatusCode, readSdkSettings, rotateScreenConfig } from './server-config.js';
import { decodeServerSession, encodeClientSession } from './session-codec.js';

describe('ClientSession', () => {
  it('is what the server decodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 200 }), (userAgent, userId) => {
        const description = describeClient('v=0\r\n', { platform: 'pc', userAgent, userId });
        expect(decodeClientSession(encodeClientSession(description))).toEqual(description);
      }),
    );
  });

  it('leaves out what was not wished', () => {
    expect(describeClient('v=0\r\n', { platform: 'mobile', userAgent: 'x' })).toEqual({
      sdp: 'v=0\r\n',
      type: 'offer',
      deviceInfo: { platform: 'mobile', user_agent: 'x' },
      sdkType: 'JS',
      desktopResolution: null,
      streamName: 'high',
      scalesPicture: true,
    });
    expect(describeClient('v=0\r\n', { platform: 'pc', userAgent: '', speaksOnSocket: true })).toMatchObject({
      speaksOnSocket: true,
    });
    const half = describeClient('v=0\r\n', { platform: 'pc', userAgent: '', remoteDesktopResolution: { width: 1920 } });
    expect(half.desktopResolution).toBeNull();
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0', 'Linux x86_64', 0, false],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile', 'Linux armv8l', 5, true],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)', 'iPhone', 5, true],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18', 'MacIntel', 5, true],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18', 'MacIntel', 0, false],
  ])('knows mobile devices: %s', (userAgent, platform, touchPoints, mobile) => {
    expect(isMobileDevice(userAgent, platform, touchPoints)).toBe(mobile);
  });
});

describe('ServerSession', () => {
  const session = { sdp: 'v=0\r\n', message: '成功', screen_config: {} };
  const text = Base64.encode(JSON.stringify(session));

  it('is read in any dress', () => {
    for (const dressed of [
      text,
      text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
      ` ${text.slice(0, 8)}\n${text.slice(8)} `,
    ]) {
      expect(decodeServerSession(dressed)).toEqual({ kind: 'session', session });
    }
    expect(decodeServerSession(encodeSessionEnvelope(session as never))).toMatchObject({ kind: 'session' });
  });

  it('says what is wrong with others, and never throws', () => {
    expect(decodeServerSession('')).toEqual({ kind: 'undecodable' });
    expect(decodeServerSession(Base64.encode('null'))).toEqual({ kind: 'not-an-object' });
    expect(decodeServerSession(Base64.encode('[]'))).toEqual({ kind: 'not-an-object' });
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        expect(decodeServerSession(garbage)).toHaveProperty('kind');
      }),
    );
  });

  it.each([
    [{ orientation: 'landscape' }, 270],
    [{ orientation: 'portrait' }, 0],
    [{ orientation: 'landscape', degree: '0_degree' }, 0],
    [{ degree: '90_degree' }, 270],
    [{ degree: '180_degree' }, 180],
    [{ degree: '270_degree' }, 90],
    [{}, 0],
  ] as const)('%o is turned by %i', (config, deg) => {
    expect(rotateScreenConfig(config)).toEqual({ ...config, deg });
  });

  it('settings of a wrong type count as absent', () => {
    const settings = (sdk_conf: Record<string, unknown>) => readSdkSettings({ game_config: { sdk_conf } });
    expect(
      settings({ connect_timeout: 5, noflow_timeout: 3, cursor_mode: 1, keep_lastframe: true, cursor_scale: 2 }),
    ).toMatchObject({
      connectTimeoutTicks: 5,
      noflowTicks: 3,
      cursorMode: 1,
      keepLastFrame: true,
      cursorScale: 2,
    });
    expect(settings({ connect_timeout: '5', noflow_timeout: -1, cursor_mode: 'x', keep_lastframe: 1 })).toEqual(
      readSdkSettings({}),
    );
    expect([publicStatusCode(6), publicStatusCode(4_001)]).toEqual([6, 100]);
  });
});

describe('access info', () => {
  const encode = (entries: unknown) => Base64.encode(JSON.stringify({ AccessInfo: entries }));

  it('keeps http(s) addresses by instance', () => {
    const { webrtcAddresses } = parseAccessInfo(
      '1_t',
      encode([
        { InstanceIds: ['a', 'b', 5], WebRTCAddress: 'https://node.example/' },
        { InstanceIds: ['c'], WebRTCAddress: 'javascript:alert(1)' },
        null,
        {},
      ]),
    );
    expect([...webrtcAddresses]).toEqual([
      ['a', 'https://node.example'],
      ['b', 'https://node.example'],
    ]);
    for (const broken of ['', '%', Base64.encode('5'), encode('x')])
      expect(parseAccessInfo('t', broken).webrtcAddresses.size).toBe(0);
  });

  it('makes the address of a reconnect', () => {
    const query = { host: '203.0.113.7', port: undefined, token: 'a b&c', userId: 'ü' };
    expect(reconnectUrl('https://node.example', query)).toBe(
      'https://node.example/reconnect?host=203.0.113.7&port=7392&token=a%20b%26c&uid=%C3%BC',
    );
  });

  it.each([
    [
      { Code: 0, ServerSession: '{"code":0,"sdp":"v=0"}' },
      { kind: 'session', serverSession: '<{"code":0,"sdp":"v=0"}>' },
    ],
    [
      { Code: 0, ServerSession: '{"code":4000,"message":"gone"}' },
      { kind: 'refused', code: 4_000, message: 'gone' },
    ],
    [
      { Code: 0, ServerSession: '{"Code":5000,"Message":"no"}' },
      { kind: 'refused', code: 5_000, message: 'no' },
    ],
    [
      { Code: 1, Message: 'busy' },
      { kind: 'retry', message: 'busy' },
    ],
    [{ Code: 0, ServerSession: 'nonsense' }, { kind: 'retry' }],
    [null, { kind: 'retry' }],
    ['text', { kind: 'retry' }],
  ])('reads the reply %o', (reply, expected) => {
    expect(readReconnectReply(reply, (json) => `<${json}>`)).toMatchObject(expected);
  });
});
