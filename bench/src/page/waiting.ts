import type { Frame, FrameSource } from './frames.js';

/** Waits of pages, each with its bound. */

/** Resolves after `ms`. */
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Resolves with what `begin` gives. @throws Error that names what did not come in time. */
export function withDeadline<T>(
  what: string,
  deadlineMs: number,
  begin: (resolve: (value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Calls `pick` for every frame until it gives a value. */
export function firstOf<T>(
  frames: FrameSource,
  what: string,
  deadlineMs: number,
  pick: (frame: Frame) => T | null,
): Promise<T> {
  return withDeadline(what, deadlineMs, (resolve) => {
    const stop = frames.onFrame((frame) => {
      const value = pick(frame);
      if (value === null) return;
      stop();
      resolve(value);
    });
    setTimeout(stop, deadlineMs);
  });
}

/** The video element that the SDK made. */
export function findVideo(): HTMLVideoElement {
  const video = document.querySelector('video');
  if (!video) throw new Error('the page has no video element');
  return video;
}
