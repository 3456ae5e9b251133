import { networkInterfaces } from 'node:os';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepConnections } from './support/browser.js';
import { showsColours } from './support/colours.js';
import { type Firefox, launchFirefox } from './support/firefox.js';
import { isHeardWhileRecorded } from './support/microphone.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { connectionStats, inbound, join, leave, notes } from './support/sdk-session.js';
import { type SoundServer, startSoundServer } from './support/sound-server.js';
import { addStampProject, keyArrives, readStamp } from './support/stamp.js';

/**
 * Firefox ESR of Debian: over WebRTC it offers VP8, VP9 and AV1 and no H.264; over a WebSocket it decodes H.264 by WebCodecs.
 * It never sends media to 127.0.0.1, so the media port is told by another address of this machine.
 */

let product: Product;
let firefox: Firefox;
let loudspeakers: SoundServer;
let site: { readonly url: string; close(): Promise<void> };
let stamp: string;
const painting = { userId: 'guest', parameters: '--content colours' };

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this test needs a machine with an IPv4 address besides 127.0.0.1');
  return found.address;
}

beforeAll(async () => {
  product = await startProduct({ env: { CLOUDSTAGE_MEDIA_PUBLIC_ADDRESSES: ownAddress() } });
  stamp = await addStampProject(product);
  site = await serveSdkPage();
  loudspeakers = await startSoundServer();
  firefox = await launchFirefox(loudspeakers.address);
  await keepConnections(firefox.page);
  await firefox.page.goto(site.url);
});
afterAll(async () => {
  await firefox?.close();
  await loudspeakers?.close();
  await site?.close();
  await disposeProduct(product);
});

const failures = async (page: Page) => (await notes(page)).filter(({ name }) => /Disconnect|Fail/.test(name));

it('plays in Firefox over WebRTC with VP8: picture, colours, input, latency', async () => {
  const { page } = firefox;
  await join(page, { product, projectId: stamp, ...painting, init: { streaming: { mode: 'webrtc' } } });
  await until('a readable stamp', () => readStamp(page));
  await showsColours(page);
  await keyArrives(page, 'a', 38);
  const { codecId } = await inbound(page, 'video');
  const codec = (await connectionStats(page)).find(({ id }) => id === codecId);
  expect(codec?.mimeType).toBe('video/VP8');
  await until('frames of known latency', () =>
    page.evaluate(() => {
      const { TCGSDK } = window as unknown as { TCGSDK: { getLatencyStats(): { frames: number } | null } };
      return (TCGSDK.getLatencyStats()?.frames ?? 0) > 100;
    }),
  );
  expect(await failures(page)).toEqual([]);
  await leave(page);
});

it('plays in Firefox over a WebSocket with H.264: picture, colours, input', async () => {
  const { page } = firefox;
  await join(page, { product, projectId: stamp, ...painting, init: { streaming: { mode: 'websocket' } } });
  await until('a readable stamp', () => readStamp(page));
  await showsColours(page);
  await keyArrives(page, 'b', 56);
  expect(await connectionStats(page)).toEqual([]);
  expect(await failures(page)).toEqual([]);
  await leave(page);
});

it.each(['webrtc', 'websocket'] as const)(
  'a program hears the microphone of Firefox over %s: it opens and closes with the recording',
  async (mode) => {
    const { page } = firefox;
    await join(page, { product, projectId: stamp, ...painting, init: { streaming: { mode } } });
    const sessions = await product.cli<readonly { UserId: string; SlotIndex: number }[]>('sessions', 'list');
    const session = sessions.find(({ UserId }) => UserId === painting.userId);
    if (!session) throw new Error(JSON.stringify(sessions));
    await isHeardWhileRecorded(product, session.SlotIndex, page);
    expect(await failures(page)).toEqual([]);
    await leave(page);
  },
);
