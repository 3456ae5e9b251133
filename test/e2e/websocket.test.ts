import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './support/browser.js';
import { showsColours } from './support/colours.js';
import { isHeardWhileRecorded } from './support/microphone.js';
import { streamerPid } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { answerOf, join, leave, notes, withCandidates } from './support/sdk-session.js';
import { addStampProject, keyArrives, readStamp } from './support/stamp.js';

/** The WebSocket path: where neither UDP nor the media port's TCP passes, the page plays through the control plane's port. */

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let stamp: string;
const guest = { userId: 'guest', parameters: '--content colours' };

beforeAll(async () => {
  product = await startProduct();
  browser = await launchBrowser();
  site = await serveSdkPage();
  stamp = await addStampProject(product);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
});

/** Nobody answers there. */
const blocked = (sdp: string) => withCandidates(sdp, () => ['a=candidate:90 1 udp 2130706431 192.0.2.1 9 typ host']);

interface SessionRow {
  readonly SessionId: string;
  readonly UserId: string;
  readonly SlotIndex: number;
}

/** The session of the stamp program. */
async function sessionOf(): Promise<SessionRow> {
  const sessions = await product.cli<readonly SessionRow[]>('sessions', 'list');
  const found = sessions.find((session) => session.UserId === guest.userId);
  if (!found) throw new Error(JSON.stringify(sessions));
  return found;
}

/** Opens a page that counts the WebSockets it opens. */
async function openCountingPage(from = browser): Promise<{ readonly page: Page; readonly sockets: string[] }> {
  const page = await openPage(from, site.url);
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  return { page, sockets };
}

/** Loudest sample that the page's element for sound gets within about a second. */
function loudest(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const stream = document.querySelector('audio')?.srcObject;
    if (!(stream instanceof MediaStream)) return 0;
    const context = new AudioContext();
    const meter = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(2_048);
    let peak = 0;
    for (let look = 0; look < 50; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      meter.getFloatTimeDomainData(samples);
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    }
    await context.close();
    return peak;
  });
}

interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly frames: number;
}
const latency = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { TCGSDK: { getLatencyStats(): Latency | null } }).TCGSDK.getLatencyStats(),
  );

/** What the page was told of losses. */
const failures = async (page: Page) => (await notes(page)).filter(({ name }) => /Disconnect|Fail/.test(name));

const connections = async (page: Page) => (await notes(page)).filter(({ name }) => name === 'onConnectSuccess').length;

/** Gives the page the way to another ServerSession for the same session. */
async function reconnecting(page: Page, projectId: string): Promise<void> {
  await page.exposeFunction('newServerSession', async (clientSession: string) => {
    const answer = await answerOf({ product, projectId, ...guest }, clientSession);
    return Buffer.from(JSON.stringify({ ...answer, sdp: blocked(answer.sdp) })).toString('base64');
  });
}

describe('a page whose network lets only HTTP pass', () => {
  it('plays over a WebSocket: picture, input, latency; and comes back the same way when it is cut', async () => {
    const { page, sockets } = await openCountingPage();
    await reconnecting(page, stamp);
    await join(page, { product, projectId: stamp, ...guest, rewrite: blocked, reconnect: true });
    await until('a readable stamp', () => readStamp(page));
    expect(sockets).toHaveLength(1);
    await keyArrives(page, 'a', 38);
    await until('frames of known latency', async () => ((await latency(page))?.frames ?? 0) > 100);
    expect(await failures(page)).toEqual([]);

    process.kill(await streamerPid(product, (await sessionOf()).SessionId), 'SIGKILL');
    await until('another connection', async () => (await connections(page)) > 1);
    await keyArrives(page, 'b', 56);
    expect(sockets.length).toBeGreaterThan(1);
    await leave(page);
    await page.context().close();
  });

  it('comes back when the server has been killed and started again', async () => {
    const { page, sockets } = await openCountingPage();
    await reconnecting(page, stamp);
    await join(page, { product, projectId: stamp, ...guest, rewrite: blocked, reconnect: true });
    await keyArrives(page, 'a', 38);

    await product.kill();
    product = await startProduct({ previous: product });
    await until('another connection', async () => (await connections(page)) > 1);
    await keyArrives(page, 'b', 56);
    expect(sockets.length).toBeGreaterThan(1);
    await leave(page);
    await page.context().close();
  });

  it('hears sound', async () => {
    const { page } = await openCountingPage();
    const { ProjectId } = product.demo;
    await join(page, { product, projectId: ProjectId, userId: 'listener', rewrite: blocked });
    await until('audible sound', async () => (await loudest(page)) > 0.01);
    await leave(page);
    await page.context().close();
  });
});

describe('the microphone of a page whose network lets only HTTP pass', () => {
  it.each([
    ['by a track processor', false],
    ['by a worklet, where the browser has no other way', true],
  ])(
    'opens when a program begins to record, is heard by it, and closes when it ends: read %s',
    async (_, byWorklet) => {
      const talking = await launchBrowser(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
      try {
        const { page, sockets } = await openCountingPage(talking);
        if (byWorklet) await page.evaluate(() => Reflect.deleteProperty(window, 'MediaStreamTrackProcessor'));
        await join(page, { product, projectId: stamp, ...guest, rewrite: blocked });
        await isHeardWhileRecorded(product, (await sessionOf()).SlotIndex, page);
        expect(sockets).toHaveLength(1);
        await keyArrives(page, 'a', 38);
        expect(await failures(page)).toEqual([]);
        await leave(page);
      } finally {
        await talking.close();
      }
    },
  );
});

describe('a page whose network lets UDP pass', () => {
  it('opens no WebSocket, also after the time in which it would, and shows true colours', async () => {
    const { page, sockets } = await openCountingPage();
    // Long enough for the way over UDP on a machine that is busy.
    const socketDelayMs = 5_000;
    await join(page, { product, projectId: stamp, ...guest, init: { streaming: { socketDelayMs } } });
    const connectedMs = await page.evaluate(() => performance.now());
    await until('frames of known latency', async () => ((await latency(page))?.frames ?? 0) > 100);
    await showsColours(page);
    await until('that time', () => page.evaluate((ms) => performance.now() > ms, connectedMs + socketDelayMs));
    expect(sockets).toEqual([]);
    await leave(page);
    await page.context().close();
  });

  it('opens one at once when it wants to, with true colours', async () => {
    const { page, sockets } = await openCountingPage();
    await join(page, { product, projectId: stamp, ...guest, init: { streaming: { mode: 'websocket' } } });
    await showsColours(page);
    expect(sockets).toHaveLength(1);
    await leave(page);
    await page.context().close();
  });
});
