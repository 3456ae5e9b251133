import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { buildPublishUrl } from './publish-url.js';

const parts = {
  domain: 'rtmp://push.example.com/live',
  streamName: 'alice',
  signingKey: '',
  expiresAt: 1_700_000_000_000,
  parameters: '',
};

it('names the stream after the user', () => {
  expect(buildPublishUrl(parts)).toBe('rtmp://push.example.com/live/alice');
  expect(buildPublishUrl({ ...parts, domain: 'rtmp://push.example.com/live/', streamName: 'a b/c?' })).toBe(
    'rtmp://push.example.com/live/a%20b%2Fc%3F',
  );
});

it('signs as the platform checks it, and adds the parameters of the caller', () => {
  const txSecret = createHash('md5').update('key alice6553F100'.replace(' ', '')).digest('hex');
  expect(buildPublishUrl({ ...parts, signingKey: 'key', parameters: '?bar=1&foo=2' })).toBe(
    `rtmp://push.example.com/live/alice?txSecret=${txSecret}&txTime=6553F100&bar=1&foo=2`,
  );
  expect(buildPublishUrl({ ...parts, parameters: 'bar=1' })).toBe('rtmp://push.example.com/live/alice?bar=1');
});
