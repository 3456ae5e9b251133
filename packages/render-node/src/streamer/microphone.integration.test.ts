/// <reference lib="dom" />
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserClient, openBrowserClient } from './peer/testing/browser-client.js';
import { stageMedia, stageSettings } from './peer/testing/grey-program.js';
import { direct, eventually, openStage, type Stage } from './peer/testing/stage.js';

const deadline = { deadlineMs: 20_000 };

let stage: Stage;
let browser: BrowserClient;
let program: ChildProcess;
/** What the program has recorded in the last piece: samples, and how loud they are. */
let heard = { samples: 0, peak: 0, crossings: 0 };

/** Sends a tone as the official SDK sends a microphone: into the audio transceiver that is there already. */
async function speak(hertz: number): Promise<void> {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: hertz });
  const target = context.createMediaStreamDestination();
  oscillator.connect(target);
  oscillator.start();
  const { pc } = (globalThis as unknown as { client: { pc: RTCPeerConnection } }).client;
  const audio = pc.getTransceivers().find(({ receiver }) => receiver.track.kind === 'audio');
  await audio?.sender.replaceTrack(target.stream.getAudioTracks()[0] ?? null);
}

async function fallSilent(): Promise<void> {
  const { pc } = (globalThis as unknown as { client: { pc: RTCPeerConnection } }).client;
  for (const { sender } of pc.getTransceivers()) await sender.replaceTrack(null);
}

/** What the server has told a client of the program's recording; each is said twice. */
const told = async (client: BrowserClient): Promise<string[]> => {
  const messages = (await client.messages('svr')).map((text) => JSON.parse(text) as { type: string; data: unknown });
  return messages
    .filter(({ type }) => type === 'mic_status')
    .map(({ data }) => (data as { status: string }).status)
    .filter((status, index, all) => status !== all[index - 1]);
};
const isTold = (client: BrowserClient, ...statuses: readonly string[]) =>
  eventually(`told: ${statuses}`, async () => JSON.stringify(await told(client)) === JSON.stringify(statuses));

/** A program that records from the default source, as games do. */
function record(): ChildProcess {
  const format = ['--raw', '--format=s16le', '--rate=48000', '--channels=1', '--latency-msec=20'];
  const child = spawn('parec', format, {
    env: { ...process.env, PULSE_SERVER: stage.pulseServer },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    let peak = 0;
    let crossings = 0;
    let before = 0;
    for (let at = 0; at + 1 < chunk.length; at += 2) {
      const sample = chunk.readInt16LE(at);
      peak = Math.max(peak, Math.abs(sample));
      if (before < 0 && sample >= 0) crossings++;
      before = sample;
    }
    heard = { samples: heard.samples + chunk.length / 2, peak, crossings: (crossings * 48_000) / (chunk.length / 2) };
  });
  return child;
}

async function connect(
  role: 'Player' | 'Viewer',
  userId: string,
  client: BrowserClient,
  peerId = userId,
): Promise<void> {
  const clientSession = { sdp: await client.offer(), type: 'offer' };
  const peer = { peerId, userId, role, seat: role === 'Player' ? 1 : 0, reconnectToken: 'token' } as const;
  const answer = await stage.link.call('peer.add', { ...peer, clientSession }, deadline);
  await client.start(direct(answer));
  await eventually('the connection', async () => (await client.connectionState()) === 'connected');
}

beforeAll(async () => {
  stage = await openStage();
  browser = await openBrowserClient();
  const request = {
    sessionId: 'one',
    settings: stageSettings,
    window: null,
    media: stageMedia,
    recordingDirectory: null,
  };
  await stage.link.call('stream.configure', request, deadline);
  program = record();
});
afterAll(async () => {
  program?.kill('SIGKILL');
  await browser?.close();
  await stage?.close();
});

it('a program that records hears silence, and does not wait, while nobody speaks', async () => {
  await eventually('a second of silence', () => heard.samples > 48_000);
  expect(heard.peak).toBe(0);
});

it('it hears the player', async () => {
  await connect('Player', 'alice', browser);
  await browser.page.evaluate(speak, 1_000);
  await eventually('a tone', () => heard.peak > 5_000 && Math.abs(heard.crossings - 1_000) < 100);
});

it('the player is told that it records, once connected', () => isTold(browser, 'open'));

it('it hears silence again when the player closes the microphone', async () => {
  await browser.page.evaluate(fallSilent);
  await eventually('silence', () => heard.peak === 0);
});

it('it does not hear viewers', async () => {
  const viewer = await openBrowserClient();
  try {
    await connect('Viewer', 'bob', viewer);
    await viewer.page.evaluate(speak, 1_000);
    const sent = () =>
      viewer.page.evaluate(async () => {
        const { pc } = (globalThis as unknown as { client: { pc: RTCPeerConnection } }).client;
        const reports = [...(await pc.getStats()).values()];
        return reports.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio')?.packetsSent ?? 0;
      });
    await eventually('packets of the viewer', async () => (await sent()) > 50);
    expect(heard.peak).toBe(0);
    await eventually('the beginning', async () => (await viewer.messages('svr')).length > 0);
    program.kill('SIGKILL');
    await isTold(browser, 'open', 'close');
    expect(await told(viewer)).toEqual([]);
  } finally {
    await viewer.close();
  }
});

it('a program that begins to record hears what is said then, and nothing of what was said before', async () => {
  program = record();
  await browser.page.evaluate(speak, 1_000);
  await eventually('a tone', () => heard.peak > 5_000);
  await isTold(browser, 'open', 'close', 'open');
  program.kill('SIGKILL');
  // Said to nobody for a second: more than the pipe holds.
  await isTold(browser, 'open', 'close', 'open', 'close');
  await browser.page.evaluate(fallSilent);
  // The server says this once a second: by the second time its voice, of 100 ms at most, has run dry.
  const states = (await browser.messages('km')).length;
  await eventually('two seconds of the server', async () => (await browser.messages('km')).length >= states + 2);
  let loudest = 0;
  heard = { samples: 0, peak: 0, crossings: 0 };
  program = record();
  await eventually('a second of sound', () => {
    loudest = Math.max(loudest, heard.peak);
    return heard.samples > 48_000;
  });
  expect(loudest).toBe(0);
  await isTold(browser, 'open', 'close', 'open', 'close', 'open');
});

it('a user who comes back while it records is told so again, and one who comes back after it has ended is told that', async () => {
  const taken = browser;
  browser = await openBrowserClient();
  await connect('Player', 'alice', browser, 'alice-2');
  await taken.close();
  await isTold(browser, 'open');
  await browser.close();
  program.kill('SIGKILL');
  browser = await openBrowserClient();
  await connect('Player', 'alice', browser, 'alice-3');
  await eventually('that it ended', async () => (await told(browser)).at(-1) === 'close');
});
