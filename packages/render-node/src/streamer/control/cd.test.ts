import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cursorPngOf } from '../input/cursor-watch.js';
import { createCursorChannel, cursorMessage } from './cd.js';

const image = (red: number) =>
  cursorPngOf({ image: { width: 1, height: 1, data: new Uint8Array([red, 0, 0, 255]) }, hotspotX: 0, hotspotY: 0 });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('repeats the latest image once, after a second', () => {
  const sent: string[] = [];
  const channel = createCursorChannel((text) => sent.push(text) > 0);
  const [first, second] = [image(1), image(2)];
  channel.onChange({ visible: true, image: first });
  channel.onChange({ visible: true, image: second });
  expect(sent).toEqual([first, second].map(cursorMessage));
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual([first, second, second].map(cursorMessage));
});

it('sends an image only when it changed, and again on every open', () => {
  const sent: string[] = [];
  const channel = createCursorChannel((text) => sent.push(text) > 0);
  const only = image(1);
  channel.onOpen(undefined);
  channel.onChange({ visible: false });
  channel.onChange({ visible: true, image: only });
  channel.onChange({ visible: false, image: only });
  expect(sent).toHaveLength(1);
  channel.onOpen({ visible: true, image: only });
  expect(sent).toHaveLength(2);
  channel.close();
  vi.advanceTimersByTime(10_000);
  expect(sent).toHaveLength(2);
});
