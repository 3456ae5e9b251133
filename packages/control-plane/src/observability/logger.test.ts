import { DrizzleQueryError } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './logger.js';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'info', name: 'test', destination, ...options });
  return { logger, lines, text: () => lines.join('') };
}

it('blanks out secrets wherever they are nested, and keeps the rest', () => {
  const { logger, lines, text } = capture();
  logger.info({
    secretKey: 'S3CRET',
    request: { headers: { authorization: 'S3CRET' }, body: { ClientSession: 'S3CRET', UserId: 'u1' } },
    peer: { reconnectToken: 'S3CRET', clientSession: { sdp: 'S3CRET' } },
    reply: { ServerSession: 'S3CRET' },
    token: 'S3CRET',
    credential: { TmpSecretKey: 'S3CRET', SessionToken: 'S3CRET', 'x-tc-token': 'S3CRET', secretId: 'AKIDknown' },
    deep: [{ a: { b: { c: { d: { applicationParameters: '-login S3CRET' } } } } }],
    body: Buffer.from('S3CRET'),
    launch: { parameters: '-pw S3CRET', args: ['S3CRET'] },
    audit: { parameters: { UserId: 'u1' } },
    count: 3,
  });
  expect(text()).not.toContain('S3CRET');
  expect(text()).not.toContain(Buffer.from('S3CRET').toJSON().data.join(','));
  expect(JSON.parse(lines[0]!)).toMatchObject({
    name: 'test',
    request: { body: { UserId: 'u1' } },
    credential: { secretId: 'AKIDknown' },
    audit: { parameters: { UserId: 'u1' } },
    count: 3,
  });
  logger.debug('below the level');
  expect(lines).toHaveLength(1);
});

it('blanks out the fields of children', () => {
  const { logger, text } = capture();
  logger.child({ requestId: 'r1', token: 'S3CRET', secretKey: 'S3CRET' }).info('from the child');
  expect(text()).not.toContain('S3CRET');
  expect(JSON.parse(text())).toMatchObject({ requestId: 'r1', msg: 'from the child' });
});

it('takes secrets out of URLs, in fields, messages and errors', () => {
  const { logger, lines, text } = capture();
  logger.info({ event: { message: 'cannot push to rtmp://live.example.com/app/S3CRET?k=S3CRET: refused' } }, 'push');
  logger.info('fetched https://user:S3CRET@files.example.com/game.zip?sign=S3CRET&x=1 at last');
  logger.error({
    err: new Error('connect postgres://cloudstage:S3CRET@db/main', { cause: new Error('srt://h:1/S3CRET') }),
  });
  expect(text()).not.toContain('S3CRET');
  expect(JSON.parse(lines[0]!).event.message).toBe(
    'cannot push to rtmp://live.example.com/[redacted]?[redacted] refused',
  );
  expect(JSON.parse(lines[1]!).msg).toBe('fetched https://files.example.com/game.zip?[redacted] at last');
  expect(JSON.parse(lines[2]!).err.message).toContain('postgres://db/main');
});

it('shows a failed statement without its values', () => {
  const { logger, lines, text } = capture();
  const cause = Object.assign(new Error('null value'), { code: '23502', detail: 'Failing row contains (S3CRET)' });
  const failed = new DrizzleQueryError('insert into sessions values ($1, $2)', ['S3CRET', 'and\nS3CRET: more'], cause);
  logger.error({ err: failed }, 'failed');
  logger.error({ err: new Error('outer', { cause: failed }) }, 'failed');
  expect(text()).not.toContain('S3CRET');
  for (const line of lines) {
    const { err } = JSON.parse(line);
    expect(err.message).toContain('insert into sessions');
    expect(err.message).toContain('null value');
    expect(err.stack).toContain('logger.test.ts');
  }
});

it('can leave out the addresses of users', () => {
  const fields = { userIp: '198.51.100.4', body: { UserIp: '198.51.100.4' } };
  const hidden = capture({ userIp: false });
  hidden.logger.info(fields);
  expect(hidden.text()).not.toContain('198.51.100.4');
  const shown = capture();
  shown.logger.info(fields);
  expect(shown.text()).toContain('198.51.100.4');
});

it('keeps a line valid JSON whatever URLs it holds', () => {
  const { logger, lines } = capture();
  for (const value of ['http://', 'a://b"c', "x://y\\z'", 'http://a/?q="\n', 'https://h/p?#"\\'])
    logger.info({ value }, value);
  expect(lines.map((line) => JSON.parse(line).msg)).toHaveLength(5);
});
