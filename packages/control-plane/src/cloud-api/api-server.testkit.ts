import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { encodeSessionEnvelope } from '@cloudstage/protocol';
import { type FastifyInstance, fastify } from 'fastify';
import { pino } from 'pino';
import { type CloudApiConfig, cloudApiServerOptions, registerCloudApi } from './index.js';
import { createMemoryServices, type MemoryServices } from './memory-services.testkit.js';

/** Key that the test server knows. */
export const testKey = { secretId: 'AKIDtest0001', secretKey: 'secret/with+odd=characters' } as const;

/** Key that exists but is disabled. */
export const disabledKey = { secretId: 'AKIDdisabled', secretKey: 'x' } as const;

/** Key that may only describe. */
export const readerKey = { secretId: 'AKIDreader', secretKey: 'reader' } as const;

/** Key that may be used from another network only. */
export const elsewhereKey = { secretId: 'AKIDelsewhere', secretKey: 'elsewhere' } as const;

/** Key that has expired. */
export const expiredKey = { secretId: 'AKIDexpired', secretKey: 'expired' } as const;

/** ClientSession text with a small offer. */
export const testOffer = encodeSessionEnvelope({ sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n', type: 'offer' });

/** A running test server. */
export interface TestServer {
  readonly services: MemoryServices;
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** JSON log lines written so far. */
  readonly logs: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Settings of a key that may do everything from everywhere. */
const free = {
  accountId: 'account-1',
  enabled: true,
  permissions: ['car:*'],
  sourceRanges: [],
  expiresAt: null,
} as const;

/** Starts the cloud API on an ephemeral port, with two projects of two slots each. */
export async function startTestServer(
  config: Partial<CloudApiConfig> = {},
  now: () => number = Date.now,
): Promise<TestServer> {
  const services = createMemoryServices({
    keys: [
      { ...free, ...testKey },
      { ...free, ...disabledKey, enabled: false },
      { ...free, ...readerKey, permissions: ['car:Describe*'] },
      { ...free, ...elsewhereKey, sourceRanges: ['10.0.0.0/8', '2001:db8::/32'] },
      { ...free, ...expiredKey, expiresAt: 1_600_000_000_000 },
    ],
    projects: { 'cap-one': 2, 'cap-two': 2 },
  });
  const logs: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logs.push(JSON.parse(line)) });
  const server: FastifyInstance = fastify(cloudApiServerOptions);
  // All tests call from one address, and many of them fail on purpose.
  registerCloudApi(server, { services, logger, config: { authFailureRateLimit: 100_000, ...config }, now });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return { services, port, host: `127.0.0.1:${port}`, logs, close: () => server.close() };
}

/** A reply with its exact headers. */
export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends bytes with exactly the given headers, which `fetch` would not do. */
export function sendRaw(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', path = '/', headers = {}, body = '' } = options;
    const length = body.length === 0 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers: { ...length, ...headers } });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** `Response` of a reply, after checking what every reply must have. */
export function responseOf(reply: RawReply): {
  readonly RequestId: string;
  readonly Error?: { readonly Code: string; readonly Message: string };
  readonly [field: string]: unknown;
} {
  if (reply.status !== 200) throw new Error(`HTTP ${reply.status}: ${reply.text}`);
  if (reply.headers['content-type'] !== 'application/json') {
    throw new Error(`content type ${String(reply.headers['content-type'])}`);
  }
  const { Response } = JSON.parse(reply.text);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(Response.RequestId)) throw new Error('no RequestId');
  return Response;
}

/** Knobs of {@link tc3Headers}; written independently of the code under test. */
export interface Tc3TestOptions {
  readonly action?: string;
  readonly version?: string;
  readonly timestamp?: number;
  readonly secretId?: string;
  readonly secretKey?: string;
  readonly host?: string;
  readonly signedHost?: string;
  readonly path?: string;
  readonly service?: string;
  readonly contentType?: string;
  /** Values to sign besides content-type and host. */
  readonly extraSigned?: Readonly<Record<string, string>>;
  readonly extra?: Readonly<Record<string, string>>;
  readonly payload?: string;
  readonly scopeDate?: string;
}

/** Headers of a TC3 request, following the platform's recipe step by step. */
export function tc3Headers(body: string | Buffer, options: Tc3TestOptions = {}): Record<string, string> {
  const { timestamp = Math.floor(Date.now() / 1000), service = 'car', host = 'car.test' } = options;
  const { contentType = 'application/json', secretId = testKey.secretId, secretKey = testKey.secretKey } = options;
  const { action = 'DescribeConcurrentCount', version = '2022-01-10', path = '/' } = options;
  const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const signed = Object.entries({
    'content-type': contentType,
    host: options.signedHost ?? host,
    ...options.extraSigned,
  }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = `POST\n${path}\n\n${lines}\n${names}\n${sha(options.payload ?? body)}`;
  const date = options.scopeDate ?? new Date(timestamp * 1000).toISOString().slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha(canonical)}`;
  const key = hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request');
  const signature = hmac(key, text).toString('hex');
  return {
    host,
    'content-type': contentType,
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-timestamp': String(timestamp),
    authorization: `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    ...options.extra,
  };
}
