import { expect, it, vi } from 'vitest';
import { streamerLimits } from '../limits.js';
import { newEntry, pausePeer } from './attach.js';
import { createResumes } from './resumes.js';

const { resumes, resumeIntervalMs } = streamerLimits;

it('gives a key frame at once to who resumes now and then, and a few to who does it all the time', () => {
  const calm = createResumes();
  for (let minute = 0; minute < 10; minute++) expect(calm.wish(minute * 60_000)).toBe(true);
  const busy = createResumes();
  let keyFrames = 0;
  for (let ms = 0; ms < 10_000; ms += 10) if (busy.wish(ms)) keyFrames++;
  expect(keyFrames).toBeLessThanOrEqual(resumes + 10_000 / resumeIntervalMs);
});

it('makes up for a wish that was refused, unless it has been taken back', () => {
  const peer = createResumes();
  for (let wish = 0; wish < resumes; wish++) peer.wish(0);
  expect(peer.isDue(0)).toBe(false);
  expect(peer.wish(0)).toBe(false);
  expect(peer.isDue(resumeIntervalMs - 1)).toBe(false);
  expect(peer.isDue(resumeIntervalMs)).toBe(true);
  expect(peer.isDue(resumeIntervalMs * 2)).toBe(false);
  for (let wish = 0; wish <= resumes; wish++) peer.wish(resumeIntervalMs * 2);
  peer.cancel();
  expect(peer.isDue(resumeIntervalMs * 9)).toBe(false);
});

it('pauses and resumes a peer as often as it says, with few key frames', () => {
  const parts = { peer: {}, control: {}, reconnectToken: '', socketCodec: 'H264' };
  const entry = newEntry(parts as unknown as Parameters<typeof newEntry>[0]);
  vi.useFakeTimers();
  let keyFrames = 0;
  for (let count = 0; count < 1_000; count++) {
    expect(pausePeer(entry, 'all', true)).toBe(false);
    expect(entry.paused).toEqual({ audio: true, video: true });
    if (pausePeer(entry, 'video', false)) keyFrames++;
    expect(entry.paused).toEqual({ audio: true, video: false });
    pausePeer(entry, 'audio', false);
  }
  vi.useRealTimers();
  expect(keyFrames).toBe(resumes);
});
