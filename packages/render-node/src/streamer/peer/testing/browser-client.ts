/// <reference lib="dom" />
import { createServer, type Server } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What the page's connection says of itself. */
export interface BrowserStats {
  readonly framesDecoded: number;
  readonly keyFramesDecoded: number;
  readonly audioEnergy: number;
  readonly width: number;
  readonly height: number;
  /** MIME type of the pictures; '' before the first. */
  readonly videoCodec: string;
  /** What the video-timing extension told of a picture; '' when no picture had it. */
  readonly timingFrame: string;
}

/** A client page in a real Chromium, with the channels and transceivers of the official SDK. */
export interface BrowserClient {
  readonly page: Page;
  /** @returns the SDP offer of a new connection. */
  offer(): Promise<string>;
  /** Applies an answer whose candidate leads straight to the streamer. */
  start(answer: string): Promise<void>;
  stats(): Promise<BrowserStats>;
  /** Mean colour of the shown picture's middle, 0–255 each. */
  middle(): Promise<{ r: number; g: number; b: number }>;
  /** When the last picture was captured, as its packets tell: NTP milliseconds; null when they do not. */
  captureTime(): Promise<number | null>;
  /** Sends a text message, once the channel is open. */
  send(label: string, text: string): Promise<void>;
  /** Text messages received on a channel so far. */
  messages(label: string): Promise<string[]>;
  connectionState(): Promise<string>;
  close(): Promise<void>;
}

/** State that the page functions keep on `window`. */
interface PageState {
  pc: RTCPeerConnection;
  messages: Record<string, string[]>;
  readonly channels: Readonly<Record<string, RTCDataChannel>>;
}
type PageWindow = typeof globalThis & { client: PageState };

/** As in the draft "WebRTC Extensions"; not yet in the types. */
type CapturedSource = RTCRtpSynchronizationSource & { readonly captureTimestamp?: number };
type NegotiatingTransceiver = RTCRtpTransceiver & {
  getHeaderExtensionsToNegotiate?(): { readonly uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate?(extensions: readonly object[]): void;
};

/* The functions below run inside the page. */

async function createOffer(): Promise<string> {
  const pc = new RTCPeerConnection();
  const messages: Record<string, string[]> = {};
  const channels: Record<string, RTCDataChannel> = {};
  (globalThis as PageWindow).client = { pc, messages, channels };
  for (const label of ['km', 'hb', 'ack', 'svr', 'cloud_device']) {
    const list: string[] = [];
    messages[label] = list;
    const maxRetransmits = label === 'km' || label === 'ack' ? 10 : 0;
    const channel = pc.createDataChannel(label, { maxRetransmits });
    channel.onmessage = (event) => list.push(String(event.data));
    channels[label] = channel;
  }
  const video = pc.addTransceiver('video', { direction: 'sendrecv' }) as NegotiatingTransceiver;
  // Chromium offers the time of capture only when it is asked to.
  const extensions = video.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const extension of extensions) {
    if (extension.uri.endsWith('/abs-capture-time')) extension.direction = 'sendrecv';
  }
  video.setHeaderExtensionsToNegotiate?.(extensions);
  pc.addTransceiver('audio', { direction: 'sendrecv' });
  pc.ontrack = ({ track, streams }) => {
    const element = document.querySelector<HTMLMediaElement>(track.kind);
    if (element) element.srcObject = streams[0] ?? null;
  };
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription?.sdp ?? '';
}

async function readStats(): Promise<BrowserStats> {
  const none = { framesDecoded: 0, keyFramesDecoded: 0, audioEnergy: 0, width: 0, height: 0 };
  const stats = { ...none, videoCodec: '', timingFrame: '' };
  const reports = await (globalThis as PageWindow).client.pc.getStats();
  for (const report of reports.values()) {
    if (report.type !== 'inbound-rtp') continue;
    if (report.kind === 'audio') stats.audioEnergy = report.totalAudioEnergy ?? 0;
    else {
      stats.framesDecoded = report.framesDecoded ?? 0;
      stats.keyFramesDecoded = report.keyFramesDecoded ?? 0;
      stats.width = report.frameWidth ?? 0;
      stats.height = report.frameHeight ?? 0;
      stats.videoCodec = reports.get(report.codecId)?.mimeType ?? '';
      stats.timingFrame = report.googTimingFrameInfo ?? '';
    }
  }
  return stats;
}

async function sendText([label, text]: readonly [string, string]): Promise<void> {
  const channel = (globalThis as PageWindow).client.channels[label];
  if (!channel) throw new Error(`there is no channel ${label}`);
  // Channels open after the first pictures on a machine that is busy.
  if (channel.readyState === 'connecting') await new Promise((resolve) => channel.addEventListener('open', resolve));
  channel.send(text);
}

function lastCaptureTime(): number | null {
  const video = (globalThis as PageWindow).client.pc.getReceivers().find(({ track }) => track.kind === 'video');
  const [source]: CapturedSource[] = video?.getSynchronizationSources() ?? [];
  return source?.captureTimestamp ?? null;
}

function readMiddle(): { r: number; g: number; b: number } {
  const video = document.querySelector('video');
  const context = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d');
  if (!video || !context || video.videoWidth === 0) return { r: 0, g: 0, b: 0 };
  context.drawImage(video, video.videoWidth / 2 - 4, video.videoHeight / 2 - 4, 8, 8, 0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  const mean = (channel: number) => {
    let sum = 0;
    for (let index = channel; index < data.length; index += 4) sum += data[index] ?? 0;
    return Math.round(sum / (data.length / 4));
  };
  return { r: mean(0), g: mean(1), b: mean(2) };
}

/* End of the page functions. */

async function servePage(): Promise<{ server: Server; url: string }> {
  const html = '<!doctype html><video autoplay muted playsinline width=640></video><audio autoplay></audio>';
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { server, url: `http://127.0.0.1:${port}/` };
}

/** Starts Debian's Chromium with a client page. The caller closes it. */
export async function openBrowserClient(): Promise<BrowserClient> {
  const { server, url } = await servePage();
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  const page = await browser.newPage();
  await page.goto(url);
  return {
    page,
    offer: () => page.evaluate(createOffer),
    start: (sdp) =>
      page.evaluate(
        (text) => (globalThis as PageWindow).client.pc.setRemoteDescription({ type: 'answer', sdp: text }),
        sdp,
      ),
    stats: () => page.evaluate(readStats),
    middle: () => page.evaluate(readMiddle),
    captureTime: () => page.evaluate(lastCaptureTime),
    send: (label, text) => page.evaluate(sendText, [label, text] as const),
    messages: (label) => page.evaluate((name) => (globalThis as PageWindow).client.messages[name] ?? [], label),
    connectionState: () => page.evaluate(() => (globalThis as PageWindow).client.pc.connectionState),
    close: async () => {
      await browser.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
