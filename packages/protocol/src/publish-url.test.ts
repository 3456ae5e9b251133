import { describe, expect, it } from 'vitest';
import { limits } from './limits.js';
import { parsePublishUrl, redactPublishUrl } from './publish-url.js';

describe('parsePublishUrl', () => {
  it.each([
    ['rtmp://push.example.com/live/alice', 'push.example.com'],
    ['RTMPS://push.example.com:443/app/key?txSecret=0a&txTime=5f', 'push.example.com'],
    ['rtmp://127.0.0.1:1935/live/a/b', '127.0.0.1'],
    ['rtmp://[::1]:1935/live/a', '::1'],
  ])('takes %s', (text, host) => {
    expect(parsePublishUrl(text)).toEqual({ ok: true, target: { host } });
  });

  it.each([
    '',
    'http://example.com/live/a',
    'file:///etc/passwd',
    'rtmp://',
    'rtmp:///live/a',
    'rtmp://host',
    'rtmp://host/live',
    'rtmp://host/live/',
    'rtmp://host:99999/live/a',
    'rtmp://user:password@host/live/a',
    'rtmp://host/live/a swfUrl=x',
    'rtmp://host/live/a\r\nx',
    'rtmp://host/live/"a"',
    'rtmp://hôst/live/a',
    `rtmp://host/live/${'a'.repeat(limits.publishUrlChars)}`,
  ])('refuses %s', (text) => {
    expect(parsePublishUrl(text).ok).toBe(false);
  });
});

it.each([
  ['rtmp://push.example.com/live/alice?txSecret=abc', 'rtmp://push.example.com/live/***'],
  ['rtmps://user:pw@host:443/app/key', 'rtmps://host:443/app/***'],
  ['rtmp://host', 'rtmp://host/***'],
  ['something secret', '***'],
])('%s is logged as %s', (text, redacted) => {
  expect(redactPublishUrl(text)).toBe(redacted);
});
