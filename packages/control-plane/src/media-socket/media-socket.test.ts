import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { MediaTunnel } from '@cloudstage/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenMediaOutcome } from '../services/sessions/open-media.js';
import { playLimits } from './limits.js';
import { mediaSocketUrl, registerMediaSocket } from './media-socket.js';

let server: FastifyInstance;
let port: number;
let open: (sessionId: string) => Promise<OpenMediaOutcome>;
let clients: Socket[];

/** A tunnel whose far end the test holds. */
function createTunnel() {
  const incoming = new PassThrough();
  const sent: Buffer[] = [];
  const close = vi.fn(() => void incoming.end());
  const tunnel: MediaTunnel = { incoming, send: async (bytes) => void sent.push(Buffer.from(bytes)), close };
  return { tunnel, incoming, close, text: () => Buffer.concat(sent).toString() };
}

beforeEach(async () => {
  clients = [];
  server = Fastify();
  server.post('/', async (request) => ({ echo: request.body }));
  registerMediaSocket(server, { openMedia: (id) => open(id), logger: pino({ level: 'silent' }), now: () => 0 });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const address = server.server.address();
  port = address !== null && typeof address === 'object' ? address.port : 0;
});
afterEach(async () => {
  await server.close();
  for (const client of clients) client.destroy();
});

const request = (sessionId: string) =>
  [
    `GET /play?instance_id=${sessionId}&token=t HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: media-v1',
    '\r\n',
  ].join('\r\n');

/** Connects and sends; gives what has come back so far. */
function dial(text: string) {
  const socket = connect(port, '127.0.0.1');
  clients.push(socket);
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk.toString();
  });
  socket.on('error', () => undefined);
  socket.write(text);
  return { socket, got: () => got, closed: once(socket, 'close') };
}

const soon = { timeout: 10_000 };

describe('the WebSocket path of the control plane', () => {
  it('carries bytes both ways, and the end of either side to the other', async () => {
    const far = createTunnel();
    open = async () => ({ type: 'opened', tunnel: far.tunnel });
    const client = dial(`${request('ses-1')}first`);
    await vi.waitFor(
      () => expect(far.text()).toMatch(/^GET \/play\?token=t HTTP\/1\.1\r\n[\s\S]*\r\n\r\nfirst$/),
      soon,
    );
    far.incoming.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    await vi.waitFor(() => expect(client.got()).toMatch(/^HTTP\/1\.1 101/), soon);
    client.socket.write('more');
    await vi.waitFor(() => expect(far.text()).toMatch(/more$/), soon);
    far.incoming.write('last words');
    far.incoming.end();
    await client.closed;
    expect(client.got()).toMatch(/last words$/);
    expect(far.close).toHaveBeenCalled();

    const other = createTunnel();
    open = async () => ({ type: 'opened', tunnel: other.tunnel });
    const leaving = dial(request('ses-1'));
    await vi.waitFor(() => expect(other.text()).not.toBe(''), soon);
    leaving.socket.end();
    await vi.waitFor(() => expect(other.close).toHaveBeenCalled(), soon);
  });

  it.each<[OpenMediaOutcome['type'], number]>([
    ['not-found', 404],
    ['node-unreachable', 502],
  ])('answers %s with %i', async (type, status) => {
    open = async () => ({ type }) as OpenMediaOutcome;
    const client = dial(request('ses-1'));
    await client.closed;
    expect(client.got()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('refuses requests that are none of its own without asking a node', async () => {
    open = vi.fn();
    const client = dial(request('ses-1').replace('media-v1', 'chat'));
    await client.closed;
    expect(client.got()).toMatch(/^HTTP\/1\.1 404 /);
    expect(open).not.toHaveBeenCalled();
  });

  it('bounds the handshakes of a session in a second', async () => {
    open = async () => ({ type: 'opened', tunnel: createTunnel().tunnel });
    const count = playLimits.handshakesPerSecond + 1;
    const dialled = Array.from({ length: count }, () => dial(request('ses-1')));
    await vi.waitFor(() => expect(dialled.some(({ got }) => got().startsWith('HTTP/1.1 503 '))).toBe(true), soon);
  });

  it('answers a request that offers HTTP/2 as any other', async () => {
    const body = JSON.stringify({ a: 1 });
    const head = [
      'POST / HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ];
    const client = dial(
      [...head, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body].join('\r\n'),
    );
    await vi.waitFor(() => expect(client.got()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"echo":\{"a":1\}\}$/), soon);
  });

  it('ends with the server', async () => {
    const far = createTunnel();
    open = async () => ({ type: 'opened', tunnel: far.tunnel });
    const client = dial(request('ses-1'));
    await vi.waitFor(() => expect(far.text()).not.toBe(''), soon);
    await server.close();
    await client.closed;
    await vi.waitFor(() => expect(far.close).toHaveBeenCalled(), soon);
  });
});

it('has the scheme of the public URL', () => {
  expect(mediaSocketUrl('https://play.example/x', 'ses-1', 't')).toBe(
    'wss://play.example/x/play?instance_id=ses-1&token=t',
  );
  expect(mediaSocketUrl('http://[::1]:8080', 's', 't')).toBe('ws://[::1]:8080/play?instance_id=s&token=t');
  expect(mediaSocketUrl('http://127.0.0.1:8080', 'ses-1', 't')).toBe(
    'ws://127.0.0.1:8080/play?instance_id=ses-1&token=t',
  );
});
