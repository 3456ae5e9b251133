import { expect, it } from 'vitest';
import { createLogger } from './logger.js';

it('blanks out secrets wherever they are nested, and keeps the rest', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', name: 'test', destination: { write: (line) => void lines.push(line) } });
  logger.info({
    secretKey: 'S3CRET',
    request: { headers: { authorization: 'S3CRET' }, body: { ClientSession: 'S3CRET', UserId: 'u1' } },
    peer: { reconnectToken: 'S3CRET', clientSession: { sdp: 'S3CRET' } },
    reply: { ServerSession: 'S3CRET' },
    token: 'S3CRET',
  });
  expect(lines.join('')).not.toContain('S3CRET');
  expect(JSON.parse(lines[0]!)).toMatchObject({ name: 'test', request: { body: { UserId: 'u1' } } });
  logger.debug('below the level');
  expect(lines).toHaveLength(1);
});
