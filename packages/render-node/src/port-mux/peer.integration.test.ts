import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { cleanup, type DataChannel, PeerConnection } from 'node-datachannel';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createDeframer, frameOf } from './rfc4571.js';
import { buildMux, eventually, type MuxProcess, openEndpoint, startMux } from './testing/mux-process.js';

/** Real WebRTC through the real mux: ICE, DTLS and SCTP of libdatachannel on both sides. */

let bundle = '';
const cleanups: (() => unknown)[] = [];
beforeAll(() => {
  bundle = buildMux();
});
afterEach(async () => {
  for (const act of cleanups.splice(0).reverse()) await act();
});
afterAll(async () => {
  cleanup();
  await rm(bundle, { force: true });
});

/** A peer whose candidates are on loopback; closed at the end of the test. */
function openPeer(name: string, bindAddress = '127.0.0.1'): PeerConnection {
  const peer = new PeerConnection(name, { iceServers: [], bindAddress, disableAutoNegotiation: true });
  // Listened for from the start: a peer also closes by itself once the other has gone, and says so once.
  const closed = new Promise<void>((resolve) => {
    peer.onStateChange((state) => state === 'closed' && resolve());
  });
  cleanups.push(() => {
    peer.close();
    return closed;
  });
  return peer;
}

async function gathered(peer: PeerConnection): Promise<string> {
  await eventually('gathering', () => (peer.gatheringState() === 'complete' ? true : undefined));
  return peer.localDescription()?.sdp ?? '';
}

const lineOf = (sdp: string, pattern: RegExp) => pattern.exec(sdp)?.[1] ?? '';

interface Pair {
  readonly channel: DataChannel;
  readonly echoes: string[];
  readonly route: readonly [ufrag: string, pwd: string, port: number];
}

/** Connects a client to a server that it can reach through `publicPort` only; the server echoes its channel. */
async function connectPair(running: MuxProcess, publicPort: number, host = '127.0.0.1'): Promise<Pair> {
  const [server, client] = [openPeer('server'), openPeer('client', host)];
  const serverChannels: DataChannel[] = [];
  cleanups.push(() => serverChannels.length);
  server.onDataChannel((channel) => {
    serverChannels.push(channel);
    // Out of the native callback, where an exception would end the process.
    channel.onMessage((message) => setImmediate(() => channel.sendMessage(`echo ${String(message)}`)));
  });
  const channel = client.createDataChannel('km');
  const echoes: string[] = [];
  channel.onMessage((message) => echoes.push(String(message)));
  client.setLocalDescription('offer');
  const offer = (await gathered(client)).replaceAll(/a=candidate:.*\r\n/g, '');
  server.setRemoteDescription(offer, 'offer');
  server.setLocalDescription('answer');
  const answer = await gathered(server);
  const port = Number(lineOf(answer, /a=candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 (\d+) /));
  const route = [lineOf(answer, /a=ice-ufrag:(.*)\r/), lineOf(answer, /a=ice-pwd:(.*)\r/), port] as const;
  await running.setRoute(...route);
  client.setRemoteDescription(answer.replace(` 127.0.0.1 ${port} `, ` ${host} ${publicPort} `), 'answer');
  await eventually('the channel', () => (channel.isOpen() ? true : undefined));
  return { channel, echoes, route };
}

async function expectEcho({ channel, echoes }: Pair, text: string): Promise<void> {
  channel.sendMessage(text);
  await eventually(`the echo of ${text}`, () => (echoes.includes(`echo ${text}`) ? true : undefined));
}

async function openMux(like?: MuxProcess, host = '127.0.0.1'): Promise<MuxProcess> {
  const running = await startMux(bundle, host, like);
  cleanups.push(() => running.stop());
  return running;
}

it('connects two peers over UDP, and the connection outlives the mux', async () => {
  const first = await openMux();
  const pair = await connectPair(first, first.port);
  await expectEcho(pair, 'hello');
  expect(await first.stats()).toMatchObject({ udpFlows: 1, dropped: { 'bad-integrity': 0, malformed: 0 } });
  await eventually('the flow to be written down', async () => {
    const text = await readFile(join(first.runDir, 'mux-flows.json'), 'utf8').catch(() => '');
    return text.includes(pair.route[0]) || undefined;
  });
  first.child.kill('SIGKILL');
  await first.exited;
  const second = await openMux(first);
  await second.setRoute(...pair.route);
  await expectEcho(pair, 'after the restart');
  expect((await second.stats()).udpFlows).toBe(1);
});

it('connects a client that has only IPv6', async () => {
  const running = await openMux(undefined, '::1');
  const pair = await connectPair(running, running.port, '::1');
  await expectEcho(pair, 'over IPv6');
  expect(await running.stats()).toMatchObject({ udpFlows: 1, dropped: { 'bad-integrity': 0, malformed: 0 } });
});

it('connects two peers over one TCP connection', async () => {
  const running = await openMux();
  const socket = createConnection(running.port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  const bridge = await openEndpoint();
  cleanups.push(() => bridge.close());
  let clientPort = 0;
  const deframer = createDeframer(65_535, (packet) => bridge.send(packet, clientPort));
  socket.on('data', (chunk) => deframer.push(chunk));
  const pump = setInterval(() => {
    for (const { bytes, fromPort } of bridge.received.splice(0)) {
      clientPort = fromPort;
      socket.write(frameOf(bytes));
    }
  }, 5);
  cleanups.push(() => clearInterval(pump));
  const pair = await connectPair(running, bridge.port);
  await expectEcho(pair, 'over TCP');
  await expectEcho(pair, 'x'.repeat(50_000));
  expect(await running.stats()).toMatchObject({ tcpFlows: 1, udpFlows: 0 });
});
