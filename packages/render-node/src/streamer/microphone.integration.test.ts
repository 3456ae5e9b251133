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

async function connect(role: 'Player' | 'Viewer', userId: string, client: BrowserClient): Promise<void> {
  const clientSession = { sdp: await client.offer(), type: 'offer' };
  const peer = { peerId: userId, userId, role, seat: role === 'Player' ? 1 : 0, reconnectToken: 'token' } as const;
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
  } finally {
    await viewer.close();
  }
});
