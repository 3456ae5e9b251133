import type { Page } from 'playwright-core';
import { type Product, until } from './product.js';
import { recordMicrophone } from './recorder.js';
import { notes } from './sdk-session.js';

async function told(page: Page, status: string): Promise<true> {
  const events = (await notes(page)).filter(({ value }) => value?.type === 'mic_status');
  if (!JSON.stringify(events.at(-1) ?? null).includes(`"${status}"`)) throw new Error(JSON.stringify(events));
  return true;
}

/** Tracks of the microphone that the page sends. */
function openTracks(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { TCGSDK } = window as unknown as { TCGSDK: { getUserMedia(): MediaStream } };
    return TCGSDK.getUserMedia().getTracks().length;
  });
}

/**
 * A program begins to record in the slot of a player whose browser has a microphone that sounds, hears it, and ends: the page opens the microphone with
 * it, and closes it.
 */
export async function isHeardWhileRecorded(product: Product, slotIndex: number, page: Page): Promise<void> {
  const recorder = recordMicrophone(product, slotIndex);
  try {
    await until('word that the program records', () => told(page, 'open'));
    // The test devices of the browsers are not loud.
    await until('a sound in the program', async () => recorder.loudest > 0.02);
    if ((await openTracks(page)) !== 1) throw new Error('heard through no open microphone');
  } finally {
    await recorder.stop();
  }
  await until('word that it has ended', () => told(page, 'close'));
  await until('a closed microphone', async () => (await openTracks(page)) === 0);
}
