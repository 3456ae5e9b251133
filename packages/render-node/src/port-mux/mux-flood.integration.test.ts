import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readdir, readFile, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { muxLimits } from './limits.js';
import { buildCheck } from './stun.js';
import { buildMux, exchange, type MuxProcess, openEndpoint, startMux } from './testing/mux-process.js';

/** Floods from many addresses: what they may cost. Loopback has sixteen million addresses. */

const [pwd, wrongPwd] = ['correct-password-of-the-route', 'a-wrong-password-of-22-chars'];
const check = (serverUfrag: string, password = pwd) =>
  buildCheck({ serverUfrag, clientUfrag: 'clnt', password, transactionId: randomBytes(12) });

let bundle = '';
const cleanups: (() => Promise<unknown>)[] = [];
beforeAll(() => {
  bundle = buildMux();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rm(bundle, { force: true }));

async function endpoint(echoName?: string) {
  const opened = await openEndpoint(echoName);
  cleanups.push(() => opened.close());
  return opened;
}

/** Sockets of strangers, each on an address of its own. */
async function strangers(count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  await Promise.all(
    sockets.map((socket, index) => {
      cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
      const address = `127.${10 + Math.floor(index / 250)}.${index % 250}.7`;
      return new Promise<void>((resolve) => socket.bind(0, address, resolve));
    }),
  );
  return sockets;
}

async function residentKb(mux: MuxProcess): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${mux.child.pid}/status`, 'utf8'))?.[1]);
}
const descriptors = async (mux: MuxProcess) => (await readdir(`/proc/${mux.child.pid}/fd`)).length;

/** Two sessions of which one plays on, and as many strangers as asked. */
async function stage(strangerCount: number) {
  const mux = await startMux(bundle);
  cleanups.push(() => mux.stop());
  const [played, attacked, page] = [await endpoint('played'), await endpoint('attacked'), await endpoint()];
  await mux.setRoute('ufragPlayed', pwd, played.port);
  await mux.setRoute('ufragAttacked', pwd, attacked.port);
  const echoes = async (packet: Buffer) => {
    const wanted = `played ${packet.toString('hex')}`;
    await exchange(page, packet, mux.port, (answer) => answer.toString('latin1') === wanted);
  };
  await echoes(check('ufragPlayed'));
  return { mux, echoes, sockets: await strangers(strangerCount) };
}

/** Sends `rounds` packets from every stranger; after each round the session must go on. */
async function flood(
  { mux, echoes, sockets }: Awaited<ReturnType<typeof stage>>,
  rounds: number,
  packetOf: (round: number, index: number) => Buffer,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, socket] of sockets.entries()) socket.send(packetOf(round, index), mux.port, '127.0.0.1');
    await echoes(Buffer.from(`media ${round}`));
  }
}

describe('a flood from 1,000 addresses', () => {
  it('of garbage, broken checks, unknown names and wrong passwords ends no session and leaves nothing behind', async () => {
    const staged = await stage(1_000);
    const { mux } = staged;
    const broken = check('ufragPlayed').subarray(0, 40);
    const packets = [
      () => randomBytes(1_200),
      () => Buffer.from([128, 96, ...randomBytes(200)]),
      () => broken,
      () => check(`unknown${randomBytes(4).toString('hex')}`),
      () => check('ufragPlayed', wrongPwd),
      () => check('ufragAttacked', wrongPwd),
    ];
    const packetOf = (round: number, index: number) => packets[(round + index) % packets.length]?.() ?? broken;
    // The first rounds warm up the process: code that is compiled, buffers of sockets.
    await flood(staged, 10, packetOf);
    const before = { kb: await residentKb(mux), descriptors: await descriptors(mux) };
    await flood(staged, 40, packetOf);
    expect((await residentKb(mux)) - before.kb).toBeLessThan(64_000);
    expect(await descriptors(mux)).toBe(before.descriptors);
    const stats = await mux.stats();
    expect(stats).toMatchObject({ udpFlows: 1, routes: 2 });
    const { dropped } = stats;
    for (const reason of ['unknown-flow', 'malformed', 'unknown-ufrag', 'bad-integrity', 'rate-limited']) {
      expect(dropped[reason], reason).toBeGreaterThan(100);
    }
  });

  it('of valid checks, by somebody who knows the password of one session, has that session’s share and no more', async () => {
    const staged = await stage(1_000);
    const { mux } = staged;
    await flood(staged, 20, () => check('ufragAttacked'));
    const stats = await mux.stats();
    expect(stats.udpFlows).toBeGreaterThan(10);
    expect(stats.udpFlows).toBeLessThanOrEqual(1 + muxLimits.flowsPerRoute);
    expect(stats.dropped['rate-limited']).toBeGreaterThan(1_000);
    // Each flow is one socket; besides them the process has its own few.
    expect(await descriptors(mux)).toBeLessThan(muxLimits.flowsPerRoute + 60);
    await mux.deleteRoute('ufragAttacked');
    expect(await mux.stats()).toMatchObject({ udpFlows: 1, routes: 1 });
    await staged.echoes(Buffer.from('still there'));
  });
});
