import type { Browser, Page } from 'playwright-core';

export { launchBrowser } from '@cloudstage/bench';

/** Makes a page keep its peer connections reachable for `getStats`, whatever SDK it uses; before it is opened. */
export async function keepConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Native = window.RTCPeerConnection;
    const connections: RTCPeerConnection[] = [];
    Object.assign(window, { testConnections: connections });
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
  });
}

/** Opens a page with `keepConnections`. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await keepConnections(page);
  await page.goto(url);
  return page;
}

/** How many peer connections the page has made so far. */
export function connectionCount(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { testConnections: RTCPeerConnection[] }).testConnections.length);
}

/** Luma of the decoded video frame, `width`×`height` samples by row; empty before the first frame. */
export function readLuma(page: Page, width: number, height: number): Promise<number[]> {
  return page.evaluate(
    ([w, h]) => {
      const video = document.querySelector('video');
      if (!video || video.videoWidth === 0) return [];
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) return [];
      context.drawImage(video, 0, 0, w, h);
      const { data } = context.getImageData(0, 0, w, h);
      const luma: number[] = [];
      for (let i = 0; i < data.length; i += 4) {
        luma.push(Math.round(0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0)));
      }
      return luma;
    },
    [width, height] as const,
  );
}

/** Mean absolute difference of two pictures, 0…255. */
export function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || a.length !== b.length) return 0;
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

/** Standard deviation of a picture: 0 for a uniform one. */
export function contrast(luma: readonly number[]): number {
  if (luma.length === 0) return 0;
  const mean = luma.reduce((a, b) => a + b, 0) / luma.length;
  return Math.sqrt(luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length);
}

/** Sums of the receivers' statistics over the page's live connections. */
export function receiverStats(
  page: Page,
): Promise<{ framesDecoded: number; audioEnergy: number; audioPackets: number }> {
  return page.evaluate(async () => {
    const { testConnections } = window as unknown as { testConnections: RTCPeerConnection[] };
    const sum = { framesDecoded: 0, audioEnergy: 0, audioPackets: 0 };
    for (const connection of testConnections) {
      if (connection.connectionState !== 'connected') continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        sum.framesDecoded += report.framesDecoded ?? 0;
        if (report.kind === 'audio') {
          sum.audioEnergy += report.totalAudioEnergy ?? 0;
          sum.audioPackets += report.packetsReceived ?? 0;
        }
      }
    }
    return sum;
  });
}
