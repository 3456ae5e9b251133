import { readdirSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, receiverStats } from './support/browser.js';
import { type LossyRelay, openLossyRelay } from './support/lossy-relay.js';
import { isHeardWhileRecorded } from './support/microphone.js';
import { callNode } from './support/node-links.js';
import { streamerPid } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { connectionStats, inbound, join, leave, loudness, notes, withCandidates } from './support/sdk-session.js';
import { addStampProject, keyArrives, readStamp } from './support/stamp.js';
import { playLeft } from './support/tone.js';

/** The media path beyond the happy one: blocked UDP, loss, a NAT that forgets, clients that come and go or die. */

let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let stamp: string;
/** Of all rows with the stamp: its program is started once. */
const userId = 'guest';
/** On a machine that is busy a WebSocket would be opened before the way that is tested has connected. */
const init = { streaming: { mode: 'webrtc' } };

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

async function selectedCandidates(page: Page): Promise<{ readonly local: string; readonly remotePort: number }> {
  const entries = await connectionStats(page);
  const transport = entries.find((entry) => entry.type === 'transport');
  const pair = entries.find((entry) => entry.id === transport?.selectedCandidatePairId);
  const local = entries.find((entry) => entry.id === pair?.localCandidateId);
  const remote = entries.find((entry) => entry.id === pair?.remoteCandidateId);
  return { local: String(local?.protocol), remotePort: Number(remote?.port) };
}

async function moreFrames(page: Page, count: number): Promise<void> {
  const before = (await inbound(page, 'video')).framesDecoded ?? 0;
  await until(`${count} more frames`, async () => ((await inbound(page, 'video')).framesDecoded ?? 0) > before + count);
}

/** What the page was told of losses. */
async function failures(page: Page) {
  return (await notes(page)).filter(({ name }) => /Disconnect|Fail/.test(name));
}

interface SessionRow {
  readonly SessionId: string;
  readonly UserId: string;
  readonly State: string;
  readonly SlotIndex: number;
}
async function sessionOf(): Promise<SessionRow> {
  const sessions = await product.cli<readonly SessionRow[]>('sessions', 'list');
  const found = sessions.find((session) => session.UserId === userId);
  if (!found) throw new Error(JSON.stringify(sessions));
  return found;
}

describe('a page whose network', () => {
  const withoutUdp = (sdp: string) =>
    withCandidates(sdp, (lines) => lines.filter((line) => !/^a=candidate:\S+ \d+ udp/.test(line)));

  it('blocks UDP plays over TCP on the same port: picture and input', async () => {
    const page = await openPage(browser, site.url);
    await join(page, { product, init, projectId: stamp, userId, rewrite: withoutUdp });
    await until('a readable stamp', () => readStamp(page));
    expect(await selectedCandidates(page)).toEqual({ local: 'tcp', remotePort: product.mediaPort });
    await moreFrames(page, 60);
    await keyArrives(page, 'a', 38);
    expect(await failures(page)).toEqual([]);
    await leave(page);
    await page.context().close();
  });

  it('blocks UDP gets sound over TCP', async () => {
    const page = await openPage(browser, site.url);
    const { ProjectId } = product.demo;
    await join(page, { product, init, projectId: ProjectId, userId: 'listener', rewrite: withoutUdp });
    await until('audible energy', async () => (await receiverStats(page)).audioEnergy > 1e-4);
    expect(await selectedCandidates(page)).toMatchObject({ local: 'tcp' });
    await leave(page);
    await page.context().close();
  });

  it('cannot reach the first candidate plays over the next', async () => {
    const page = await openPage(browser, site.url);
    const dead = ['a=candidate:90 1 udp 2130706431 192.0.2.1 9 typ host'];
    const rewrite = (sdp: string) => withCandidates(sdp, (lines) => [...dead, ...lines]);
    await join(page, { product, init, projectId: stamp, userId, rewrite });
    await until('a readable stamp', () => readStamp(page));
    await page.context().close();
  });
});

describe('sound', () => {
  it('on the left comes out on the left: our SDK asks for stereo', async () => {
    const page = await openPage(browser, site.url);
    await join(page, { product, init, projectId: stamp, userId });
    const tone = playLeft(product, (await sessionOf()).SlotIndex);
    try {
      const { left, right } = await until('a tone on the left', async () => {
        const heard = await loudness(page);
        return heard.left > 0.1 && heard;
      });
      expect(right).toBeLessThan(left / 20);
    } finally {
      await tone.stop();
      await leave(page);
      await page.context().close();
    }
  });
});

describe('the microphone', () => {
  it('opens when a program begins to record, is heard by it, and closes when it ends', async () => {
    const talking = await launchBrowser(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
    try {
      const page = await openPage(talking, site.url);
      await join(page, { product, init, projectId: stamp, userId });
      await isHeardWhileRecorded(product, (await sessionOf()).SlotIndex, page);
      await leave(page);
    } finally {
      await talking.close();
    }
  });
});

describe('a page on a bad path', () => {
  let relay: LossyRelay;
  let page: Page;

  beforeAll(async () => {
    relay = await openLossyRelay({ targetPort: product.mediaPort, lossShare: 0.02, delayMs: 20, seed: 7 });
    page = await openPage(browser, site.url);
    const candidate = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${relay.port} typ host`;
    const rewrite = (sdp: string) => withCandidates(sdp, () => [candidate]);
    await join(page, { product, init, projectId: stamp, userId, rewrite });
  });
  afterAll(async () => {
    await page?.context().close();
    await relay?.close();
  });

  it('with 2 % loss keeps playing: lost packets are asked for and come again', async () => {
    await until('a readable stamp', () => readStamp(page));
    const before = await inbound(page, 'video');
    await moreFrames(page, 600);
    const after = await inbound(page, 'video');
    expect(relay.dropped()).toBeGreaterThan(20);
    expect(after.nackCount).toBeGreaterThan(before.nackCount ?? 0);
    expect(after.retransmittedPacketsReceived).toBeGreaterThan(before.retransmittedPacketsReceived ?? 0);
    // How smoothly is for `bench:impairment` to say: a busy machine alone makes pictures late.
    await keyArrives(page, 'a', 38);
    expect(await failures(page)).toEqual([]);
  });

  it('goes on in the same session when its NAT gives it another port', async () => {
    const session = await sessionOf();
    await relay.rebind();
    await moreFrames(page, 30);
    await keyArrives(page, 'b', 56);
    expect(await failures(page)).toEqual([]);
    expect(await sessionOf()).toMatchObject({ SessionId: session.SessionId, State: 'running' });
    await leave(page);
  });
});

function usage(pid: number): { readonly rssKb: number; readonly fds: number } {
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { rssKb: Number(rss?.[1]), fds: readdirSync(`/proc/${pid}/fd`).length };
}

describe('clients that come and go', () => {
  interface Mux {
    readonly routes: readonly string[];
    readonly stats: { readonly udpFlows: number; readonly tcpFlows: number };
  }
  const mux = () => callNode<Mux>(product, 'mux.sock', 'mux.describe');

  it('leave nothing behind: 30 visits of the same user', async () => {
    const page = await openPage(browser, site.url);
    const options = { product, init, projectId: stamp, userId };
    const visit = async () => {
      await join(page, options);
      await until('a readable stamp', () => readStamp(page));
      await leave(page);
      await until('the route to go', async () => {
        const { routes, stats } = await mux();
        if (routes.length + stats.udpFlows + stats.tcpFlows > 0) throw new Error(JSON.stringify({ routes, stats }));
        return true;
      });
    };
    // The first visits load what is loaded once: encoder, decoder tables, compiled code.
    for (let i = 0; i < 5; i += 1) await visit();
    const pid = await streamerPid(product, (await sessionOf()).SessionId);
    const before = usage(pid);
    for (let i = 0; i < 30; i += 1) await visit();
    const after = usage(pid);
    expect(after.fds).toBeLessThanOrEqual(before.fds + 2);
    expect(after.rssKb - before.rssKb).toBeLessThan(40_000);
    expect(await streamerPid(product, (await sessionOf()).SessionId)).toBe(pid);
    await page.context().close();
  });

  it('are missed when they die without a word', async () => {
    const page = await openPage(browser, site.url);
    await join(page, { product, init, projectId: stamp, userId });
    await until('a readable stamp', () => readStamp(page));
    const devtools = await page.context().newCDPSession(page);
    devtools.send('Page.crash').catch(() => undefined);
    await until('the session to wait', async () => (await sessionOf()).State === 'waiting-reconnect');
    await page.context().close();
  });
});
