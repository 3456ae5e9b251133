import { describe, expect, it } from 'vitest';
import { parseTc3Authorization, verifyTc3 } from '../signature/tc3-verify.js';
import { createCloudApiClient } from './client.js';

const base = { endpoint: 'http://api.test:8080', secretId: 'id', secretKey: 'key', now: () => 1_700_000_000_000 };

function replying(reply: () => Response | Promise<Response>) {
  const seen: { url: string; init: RequestInit }[] = [];
  const fetchStub = async (url: unknown, init?: RequestInit) => {
    seen.push({ url: String(url), init: init ?? {} });
    return reply();
  };
  return { seen, fetch: fetchStub as typeof fetch };
}

describe('createCloudApiClient', () => {
  it('sends a request that verifies, and returns the fields', async () => {
    const transport = replying(() => Response.json({ Response: { Total: 3, Running: 1, New: 'x', RequestId: 'r' } }));
    const client = createCloudApiClient({ ...base, fetch: transport.fetch, language: 'zh-CN' });
    expect(await client.describeConcurrentCount({ ProjectId: 'cap-1' })).toMatchObject({ Total: 3, RequestId: 'r' });
    const headers = new Headers(transport.seen[0]!.init.headers);
    const authorization = parseTc3Authorization(headers.get('authorization') ?? '');
    const request = {
      method: 'POST',
      rawPath: '/',
      rawQuery: '',
      headers: { host: 'api.test:8080', 'content-type': headers.get('content-type') ?? '' },
      body: Buffer.from(String(transport.seen[0]!.init.body)),
    } as const;
    expect(verifyTc3(request, authorization!, '1700000000', 'key')).toBe(true);
    expect(headers.get('x-tc-action')).toBe('DescribeConcurrentCount');
    expect(headers.get('x-tc-language')).toBe('zh-CN');
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    [
      'a refusal',
      () => Response.json({ Response: { Error: { Code: 'InvalidAction', Message: 'm' }, RequestId: 'r' } }),
      'InvalidAction',
    ],
    ['no JSON', () => new Response('<html>', { status: 502 }), 'cloud-api-reply-invalid'],
    ['another JSON', () => Response.json({ ok: true }), 'cloud-api-reply-invalid'],
    ['missing fields', () => Response.json({ Response: { RequestId: 'r', Total: 1 } }), 'cloud-api-reply-invalid'],
    ['an endless body', () => new Response('x'.repeat(11 * 1024 * 1024)), 'cloud-api-reply-invalid'],
    ['a broken connection', () => Promise.reject(new TypeError('fetch failed')), 'cloud-api-unreachable'],
  ])('throws for %s', async (_what, reply, code) => {
    const client = createCloudApiClient({ ...base, fetch: replying(reply).fetch });
    await expect(client.call('DescribeConcurrentCount', {})).rejects.toMatchObject({ name: 'AppError', code });
  });

  it('gives up at its deadline', async () => {
    const never = (_url: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
    const client = createCloudApiClient({ ...base, fetch: never as typeof fetch, timeoutMs: 20 });
    await expect(client.destroySession({ UserId: 'u' })).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });
});
