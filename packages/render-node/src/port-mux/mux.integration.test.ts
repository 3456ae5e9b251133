import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDeframer, frameOf } from './rfc4571.js';
import { buildCheck } from './stun.js';
import {
  buildMux,
  type Endpoint,
  eventually,
  exchange,
  type MuxProcess,
  openEndpoint,
  startMux,
} from './testing/mux-process.js';

const pwd = 'correct-password-of-the-route';
const check = (serverUfrag: string, password = pwd) =>
  buildCheck({ serverUfrag, clientUfrag: 'clnt', password, transactionId: randomBytes(12) });
const echoOf = (name: string, packet: Buffer) => (answer: Buffer) =>
  answer.toString('latin1') === `${name} ${packet.toString('hex')}`;
const isRefusal = (answer: Buffer) => answer.readUInt16BE(0) === 0x0111;

let bundle = '';
const cleanups: (() => Promise<unknown>)[] = [];
const owned = <T extends { close(): Promise<void> }>(resource: T): T => {
  cleanups.push(() => resource.close());
  return resource;
};
const client = async (host?: string) => owned(await openEndpoint(undefined, host));
const streamer = async (name: string) => owned(await openEndpoint(name));

async function mux(host?: string, like?: MuxProcess): Promise<MuxProcess> {
  const started = await startMux(bundle, host, like);
  cleanups.push(() => started.stop());
  return started;
}

async function expectEcho(from: Endpoint, port: number, name: string, packet: Buffer): Promise<void> {
  await exchange(from, packet, port, echoOf(name, packet));
}

/** A framed TCP client with what it received. */
async function tcpClient(port: number): Promise<{ socket: Socket; frames: Buffer[]; closed: Promise<unknown> }> {
  const socket = createConnection(port, '127.0.0.1');
  const frames: Buffer[] = [];
  const deframer = createDeframer(65_535, (frame) => frames.push(Buffer.from(frame)));
  socket.on('data', (chunk) => deframer.push(chunk));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  cleanups.push(async () => socket.destroy());
  return { socket, frames, closed };
}

beforeAll(() => {
  bundle = buildMux();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rm(bundle, { force: true }));

describe('UDP', () => {
  it('leads each client to its streamer, from a source address of its own', async () => {
    const [running, one, two] = [await mux(), await streamer('one'), await streamer('two')];
    await running.setRoute('ufragOne', pwd, one.port);
    await running.setRoute('ufragTwo', pwd, two.port);
    const [a, b, c] = [await client(), await client(), await client()];
    await expectEcho(a, running.port, 'one', check('ufragOne'));
    await expectEcho(b, running.port, 'one', check('ufragOne'));
    await expectEcho(c, running.port, 'two', check('ufragTwo'));
    for (const [from, name] of [
      [a, 'one'],
      [b, 'one'],
      [c, 'two'],
    ] as const) {
      await expectEcho(from, running.port, name, Buffer.from([22, 1, 2, 3, ...randomBytes(4)]));
    }
    expect(new Set(one.received.map((item) => item.fromPort)).size).toBe(2);
    expect(await running.stats()).toMatchObject({ routes: 2, udpFlows: 3, tcpFlows: 0 });
  });

  it('serves IPv6 clients', async () => {
    const [running, one] = [await mux('::1'), await streamer('one')];
    await running.setRoute('ufragOne', pwd, one.port);
    await expectEcho(await client('::1'), running.port, 'one', check('ufragOne'));
  });

  it('drops and counts what is no valid check, and lets nothing of it through', async () => {
    const [running, one, stranger] = [await mux(), await streamer('one'), await client()];
    await running.setRoute('ufragOne', pwd, one.port);
    stranger.send(Buffer.from([128, 96, 0, 1]), running.port);
    stranger.send(check('nobodyKnows'), running.port);
    stranger.send(check('ufragOne', 'a-wrong-password-of-22-chars'), running.port);
    stranger.send(check('ufragOne').subarray(0, 40), running.port);
    const stats = await eventually('four packets', async () => {
      const now = await running.stats();
      return now.packetsIn >= 4 ? now : undefined;
    });
    expect(stats.dropped).toMatchObject({ 'unknown-flow': 1, 'unknown-ufrag': 1, 'bad-integrity': 1, malformed: 1 });
    expect(stats).toMatchObject({ udpFlows: 0, packetsOut: 0 });
    expect(one.received).toEqual([]);
    expect(stranger.received).toEqual([]);
  });

  it('takes a client to another streamer when its check names another route', async () => {
    const [running, one, two, page] = [await mux(), await streamer('one'), await streamer('two'), await client()];
    await running.setRoute('ufragOne', pwd, one.port);
    await running.setRoute('ufragTwo', pwd, two.port);
    await expectEcho(page, running.port, 'one', check('ufragOne'));
    await expectEcho(page, running.port, 'two', check('ufragTwo'));
    await expectEcho(page, running.port, 'two', Buffer.from('media'));
    page.send(check('ufragOne', 'a-wrong-password-of-22-chars'), running.port);
    await expectEcho(page, running.port, 'two', Buffer.from('still here'));
    expect((await running.stats()).udpFlows).toBe(1);
  });

  it.each([
    ['port', '127.0.0.1', '127.0.0.1'],
    ['IP address, as between Wi-Fi and a mobile network', '0.0.0.0', '127.0.0.2'],
  ])(
    'follows the client’s data to another %s, and answers checks where they came from',
    async (_name, listens, moves) => {
      const [running, before, after] = [await mux(listens), await client(), await client(moves)];
      const one = owned(await openEndpoint());
      await running.setRoute('ufragOne', pwd, one.port);
      const [media, answer] = [Buffer.from([128, 96, 1, 2]), Buffer.from([1, 1, 0, 0, 7])];
      const reach = (from: Endpoint, packet: Buffer) =>
        eventually('a packet at the streamer', () => {
          const found = one.received.find(({ bytes }) => bytes.equals(packet));
          if (!found) from.send(packet, running.port);
          return found?.fromPort;
        });
      const arrives = (at: Endpoint, packet: Buffer, sourcePort: number) =>
        eventually('a packet at the client', () => {
          one.send(packet, sourcePort);
          return at.received.some(({ bytes }) => bytes.equals(packet)) || undefined;
        });
      const [checkBefore, checkAfter] = [check('ufragOne'), check('ufragOne')];
      const portBefore = await reach(before, checkBefore);
      await reach(before, Buffer.from([20, 1]));
      await arrives(before, media, portBefore);
      // The NAT gives the client another address: the streamer still sends through the first flow.
      const portAfter = await reach(after, checkAfter);
      expect(portAfter).not.toBe(portBefore);
      await reach(after, Buffer.from([20, 2]));
      await arrives(after, Buffer.from([128, 96, 3, 4]), portBefore);
      expect(before.received.some(({ bytes }) => bytes.equals(Buffer.from([128, 96, 3, 4])))).toBe(false);
      await arrives(before, answer, portBefore);
    },
  );

  it('refuses the clients of a deleted route, authentically, and stays silent to others', async () => {
    const [running, one, page] = [await mux(), await streamer('one'), await client()];
    await running.setRoute('ufragOne', pwd, one.port);
    await expectEcho(page, running.port, 'one', check('ufragOne'));
    await running.deleteRoute('ufragOne');
    expect((await running.stats()).udpFlows).toBe(0);
    const consent = check('ufragOne');
    const refusal = await exchange(page, consent, running.port, isRefusal);
    expect(refusal.subarray(8, 20)).toEqual(consent.subarray(8, 20));
    const wrong = check('ufragOne', 'a-wrong-password-of-22-chars');
    page.send(wrong, running.port);
    await eventually(
      'the wrong check',
      async () => (await running.stats()).dropped['bad-integrity'] === 1 || undefined,
    );
    // Answers arrive in order: one to the wrong check would be there before the one to a later check.
    const later = check('ufragOne');
    const answersTo = (request: Buffer) => (answer: Buffer) => answer.subarray(8, 20).equals(request.subarray(8, 20));
    await exchange(page, later, running.port, answersTo(later));
    expect(page.received.map(({ bytes }) => bytes).filter(answersTo(wrong))).toEqual([]);
  });

  it('learns its flows again after kill -9', async () => {
    const [first, one, page] = [await mux(), await streamer('one'), await client()];
    await first.setRoute('ufragOne', pwd, one.port);
    await expectEcho(page, first.port, 'one', check('ufragOne'));
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await mux('127.0.0.1', first);
    await second.setRoute('ufragOne', pwd, one.port);
    await expectEcho(page, second.port, 'one', check('ufragOne'));
    await expectEcho(page, second.port, 'one', Buffer.from('media again'));
  });

  it('carries a session through a flood of 200,000 datagrams in bounded memory', async () => {
    const [running, one, page] = [await mux(), await streamer('one'), await client()];
    await running.setRoute('ufragOne', pwd, one.port);
    await expectEcho(page, running.port, 'one', check('ufragOne'));
    const flooders = await Promise.all(Array.from({ length: 8 }, () => client()));
    const templates = [randomBytes(20), randomBytes(1_200), check('unknownUfrag'), check('ufragOne', 'x'.repeat(22))];
    let exchanges = 0;
    for (let sent = 0; sent < 200_000; sent += 2_000) {
      for (let index = 0; index < 2_000; index += 1) {
        const packet = Buffer.from(templates[index % 4]!);
        if (index % 4 < 2) packet.writeUInt32BE((sent + index) >>> 0, 0);
        flooders[index % 8]!.send(packet, running.port);
      }
      await expectEcho(page, running.port, 'one', Buffer.from(`media ${sent}`));
      exchanges += 1;
    }
    expect(exchanges).toBe(100);
    const stats = await running.stats();
    expect(stats.udpFlows).toBe(1);
    expect(stats.dropped['unknown-ufrag']).toBeGreaterThan(1_000);
    expect(stats.dropped['bad-integrity']).toBeGreaterThan(100);
    expect(stats.dropped['rate-limited']).toBeGreaterThan(100);
    const status = await readFile(`/proc/${running.child.pid}/status`, 'utf8');
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(300_000);
  });
});

describe('TCP', () => {
  it('carries framed packets both ways', async () => {
    const [running, one] = [await mux(), await streamer('one')];
    await running.setRoute('ufragOne', pwd, one.port);
    const { socket, frames } = await tcpClient(running.port);
    const first = check('ufragOne');
    const whole = Buffer.concat([frameOf(first), frameOf(Buffer.from('media'))]);
    for (const byte of whole) socket.write(Buffer.from([byte]));
    await eventually('both echoes', () => (frames.length >= 2 ? true : undefined));
    expect(frames.map(String)).toEqual([`one ${first.toString('hex')}`, `one ${Buffer.from('media').toString('hex')}`]);
    expect(await running.stats()).toMatchObject({ tcpFlows: 1, udpFlows: 0 });
    socket.destroy();
    await eventually('the flow to end', async () => (await running.stats()).tcpFlows === 0 || undefined);
  });

  it('closes connections that open with anything but a check', async () => {
    const running = await mux();
    for (const opening of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), frameOf(Buffer.from('not STUN'))]) {
      const { socket, closed } = await tcpClient(running.port);
      socket.write(opening);
      await closed;
    }
    const silent = await tcpClient(running.port);
    await silent.closed;
  });

  it('refuses a client of a deleted route on the same connection', async () => {
    const [running, one] = [await mux(), await streamer('one')];
    await running.setRoute('ufragOne', pwd, one.port);
    const { socket, frames, closed } = await tcpClient(running.port);
    socket.write(frameOf(check('ufragOne')));
    await eventually('the echo', () => (frames.length === 1 ? true : undefined));
    await running.deleteRoute('ufragOne');
    socket.write(frameOf(check('ufragOne')));
    await eventually('the refusal', () => (frames.length === 2 && isRefusal(frames[1]!) ? true : undefined));
    await closed;
  });

  it('drops media for a client that does not read, and keeps the others going', async () => {
    const [running, one] = [await mux(), await streamer('one')];
    await running.setRoute('ufragOne', pwd, one.port);
    const slow = await tcpClient(running.port);
    slow.socket.write(frameOf(check('ufragOne')));
    await eventually('the echo', () => (slow.frames.length === 1 ? true : undefined));
    slow.socket.pause();
    const flowPort = one.received.at(-1)!.fromPort;
    const media = Buffer.alloc(1_200, 0x80);
    await eventually('dropped media', async () => {
      for (let index = 0; index < 500; index += 1) one.send(media, flowPort);
      return ((await running.stats()).dropped.backpressure ?? 0) > 0 || undefined;
    });
    await expectEcho(await client(), running.port, 'one', check('ufragOne'));
  });

  it('holds no more than 64 connections of one address', async () => {
    const running = await mux();
    const sockets = Array.from({ length: 70 }, () => createConnection(running.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    await eventually('six refusals', async () => (await running.stats()).dropped['rate-limited'] === 6 || undefined);
    for (const socket of sockets) socket.destroy();
  });
});

describe('process', () => {
  it('refuses invalid routes by name and goes on', async () => {
    const running = await mux();
    const call = (params: unknown) => running.link.call('route.set', params as never, { deadlineMs: 5_000 });
    const good = { ufrag: 'abcd', pwd, address: '127.0.0.1', port: 9 };
    for (const bad of [null, {}, { ...good, address: '192.0.2.1' }, { ...good, port: 0 }, { ...good, ufrag: 'a:b!' }]) {
      await expect(call(bad)).rejects.toMatchObject({ code: 'route-invalid' });
    }
    await call(good);
    expect((await running.stats()).routes).toBe(1);
  });

  it('ends with 0 on SIGTERM, and when its run directory disappears', async () => {
    const terminated = await mux();
    terminated.child.kill('SIGTERM');
    expect(await terminated.exited).toBe(0);
    const orphaned = await mux();
    await rm(orphaned.runDir, { recursive: true, force: true });
    expect(await orphaned.exited).toBe(0);
  });

  it('fails with 1 when its port is taken, and leaves the link of the first alone', async () => {
    const first = await mux();
    await expect(
      (async () => {
        const second = await startMux(bundle, '127.0.0.1', first);
        cleanups.push(() => second.link.close());
        return second.exited;
      })(),
    ).resolves.toBe(1);
    expect((await first.stats()).routes).toBe(0);
  });
});
