import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';
import { type MuxProcess, startMux } from '@cloudstage/render-node/testing/mux-process';
import { atLeast } from '../arguments.js';
import { runBench } from '../bench-main.js';
import { parseStat } from '../cpu.js';
import { type HelperProcess, startHelper } from '../helper-process.js';
import { repository } from '../product.js';
import { floodKinds, type TrafficAnswer, type TrafficRequest, type TrafficRoute } from './traffic-main.js';

type Request = TrafficRequest extends infer One ? (One extends TrafficRequest ? Omit<One, 'id'> : never) : never;
type Traffic = HelperProcess<Request, TrafficAnswer>;

const muxMain = join(repository, 'packages/render-node/dist/port-mux/main.js');
const packetBytes = 1_200;
/** Sessions of a busy machine. */
const sessions = 16;
/** Of the streams that floods and restarts are to disturb: a session of 8 Mbit/s has 900. */
const steadyPacketsPerSecond = 5_000;
/** Of the goals. */
const goals = { packetsPerSecond: 20_000, lostShare: 0.001, floodMemoryMib: 64, restartGapMs: 1_500 } as const;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface Usage {
  readonly cpuSeconds: number;
  readonly memoryMib: number;
  readonly descriptors: number;
}

function usageOf(pid: number | undefined): Usage {
  const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return {
    cpuSeconds: (stat?.ticks ?? 0) / ticksPerSecond,
    memoryMib: Number(memory ?? 0) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const verdict = (text: string, met: boolean) => print(`- ${met ? 'met' : 'MISSED'}: ${text}`);

async function setRoutes(mux: MuxProcess, routes: readonly TrafficRoute[]): Promise<void> {
  for (const { ufrag, pwd, port } of routes) await mux.setRoute(ufrag, pwd, port);
}

interface Streamed {
  readonly lostShare: number;
  readonly packetsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly longestGapMs: number;
}

/** Streams from all streamers to their clients. */
async function stream(mux: MuxProcess, traffic: Traffic, packetsPerSecond: number, seconds: number): Promise<Streamed> {
  const before = usageOf(mux.child.pid);
  const answer = await traffic.ask({ kind: 'stream', packetsPerSecond, seconds, bytes: packetBytes });
  const { sent = 0, received = 0, longestGapMs = 0 } = answer;
  const cpu = usageOf(mux.child.pid).cpuSeconds - before.cpuSeconds;
  const lostShare = sent > 0 ? 1 - received / sent : 1;
  return {
    ...{ lostShare, longestGapMs, packetsPerSecond: received / seconds },
    cpuMicroseconds: received > 0 ? (cpu * 1e6) / received : 0,
  };
}

async function measureThroughput(mux: MuxProcess, traffic: Traffic, rates: readonly number[], seconds: number) {
  print(`\n${sessions} sessions, packets of ${packetBytes} bytes from streamers to clients`);
  print(
    '| asked for, packets/s | arrived, packets/s | lost | processor time a packet | memory |\n|---|---|---|---|---|',
  );
  let reached = 0;
  for (const rate of rates) {
    const { packetsPerSecond, lostShare, cpuMicroseconds } = await stream(mux, traffic, rate, seconds);
    if (lostShare <= goals.lostShare) reached = Math.max(reached, packetsPerSecond);
    const cells = [`${rate}`, packetsPerSecond.toFixed(0), percent(lostShare), `${cpuMicroseconds.toFixed(1)} µs`];
    print(`| ${cells.join(' | ')} | ${usageOf(mux.child.pid).memoryMib.toFixed(0)} MiB |`);
  }
  const text = `${goals.packetsPerSecond} packets/s with at most ${percent(goals.lostShare)} lost (${reached.toFixed(0)})`;
  verdict(text, reached >= goals.packetsPerSecond * 0.99);
}

async function measureFloods(
  mux: MuxProcess,
  traffic: Traffic,
  flooder: Traffic,
  addresses: number,
  perSecond: number,
  seconds: number,
) {
  print(
    `\n${steadyPacketsPerSecond} packets/s of sessions, and floods of ${perSecond} packets/s from ${addresses} addresses`,
  );
  print(
    '| flood | sent | session packets lost | longest gap | processor, cores | memory before → after | flows |\n|---|---|---|---|---|---|---|',
  );
  const first = usageOf(mux.child.pid);
  const ufrag = (await mux.link.call('mux.describe', {}, { deadlineMs: 5_000 })).routes[0] ?? '';
  for (const what of floodKinds) {
    const before = usageOf(mux.child.pid);
    const request = {
      kind: 'flood',
      what,
      ufrag,
      muxPort: mux.port,
      packetsPerSecond: perSecond,
      seconds,
      addresses,
    } as const;
    const [flooded, streamed] = await Promise.all([
      flooder.ask(request),
      stream(mux, traffic, steadyPacketsPerSecond, seconds),
    ]);
    const after = usageOf(mux.child.pid);
    const { udpFlows } = await mux.stats();
    const cores = (after.cpuSeconds - before.cpuSeconds) / seconds;
    const cells = [what, `${flooded.sent}`, percent(streamed.lostShare), `${streamed.longestGapMs.toFixed(0)} ms`];
    const memory = `${before.memoryMib.toFixed(0)} → ${after.memoryMib.toFixed(0)} MiB`;
    print(`| ${[...cells, cores.toFixed(2), memory, String(udpFlows)].join(' | ')} |`);
    verdict(`${what}: no flow of a flood (${udpFlows} flows)`, udpFlows === sessions);
  }
  const last = usageOf(mux.child.pid);
  const grown = last.memoryMib - first.memoryMib;
  verdict(`floods leave at most ${goals.floodMemoryMib} MiB (${grown.toFixed(0)})`, grown <= goals.floodMemoryMib);
  verdict(
    `floods leave no descriptor (${last.descriptors - first.descriptors})`,
    last.descriptors <= first.descriptors,
  );
  print(`dropped so far: ${JSON.stringify((await mux.stats()).dropped)}`);
}

/** Kills the mux while sessions stream, and starts it again as the agent does. @returns the new one. */
async function measureRestart(mux: MuxProcess, traffic: Traffic, routes: readonly TrafficRoute[]): Promise<MuxProcess> {
  print(`\nkill -9 and restart under ${steadyPacketsPerSecond} packets/s`);
  const seconds = 6;
  const streaming = traffic.ask({
    kind: 'stream',
    packetsPerSecond: steadyPacketsPerSecond,
    seconds,
    bytes: packetBytes,
  });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  mux.child.kill('SIGKILL');
  await mux.exited;
  const next = await startMux(muxMain, '127.0.0.1', mux);
  await setRoutes(next, routes);
  const { sent = 0, received = 0, longestGapMs = 0 } = await streaming;
  const text = `gap of at most ${goals.restartGapMs} ms (${longestGapMs.toFixed(0)} ms, ${sent - received} of ${sent} packets lost)`;
  verdict(text, received > 0 && longestGapMs <= goals.restartGapMs);
  return next;
}

/**
 * `npm run bench:mux`: what the port mux carries, what floods cost it, and the gap of a restart.
 * `[--rates 5000,10000,20000,40000] [--seconds 4] [--flood 20000] [--addresses 5000]`
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rates: { type: 'string', default: '5000,10000,20000,40000' },
      seconds: { type: 'string', default: '4' },
      flood: { type: 'string', default: '20000' },
      addresses: { type: 'string', default: '5000' },
    },
  });
  const rates = values.rates.split(',').map((rate) => atLeast('rates', rate, 1));
  const seconds = atLeast('seconds', values.seconds, 1);
  let mux = await startMux(muxMain);
  cleanups.push(() => mux.stop());
  const entry = new URL('./traffic-main.js', import.meta.url);
  const [traffic, flooder]: Traffic[] = [startHelper(entry, 0), startHelper(entry, 0)];
  if (!traffic || !flooder) throw new AppError('helper-failed', 'no traffic');
  cleanups.push(() => Promise.all([traffic.close(), flooder.close()]));
  const { routes = [] } = await traffic.ask({ kind: 'open', sessions });
  await setRoutes(mux, routes);
  const { joined } = await traffic.ask({ kind: 'join', muxPort: mux.port });
  if (joined !== sessions) throw new AppError('deadline-exceeded', `${joined} of ${sessions} sessions came through`);
  await measureThroughput(mux, traffic, rates, seconds);
  const addresses = atLeast('addresses', values.addresses, 1);
  await measureFloods(mux, traffic, flooder, addresses, atLeast('flood', values.flood, 1), seconds);
  mux = await measureRestart(mux, traffic, routes);
  print(`\nload ${loadavg()[0]?.toFixed(1)}`);
}

runBench('bench:mux', run);
