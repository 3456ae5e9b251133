/** Vendor names of the Fullscreen API that are still met. */
interface LegacyElement extends HTMLElement {
  webkitRequestFullscreen?: () => Promise<void> | undefined;
}
interface LegacyDocument extends Document {
  webkitExitFullscreen?: () => Promise<void> | undefined;
  readonly webkitFullscreenElement?: Element | null;
}
/** iPhones know full screen for video only. */
interface LegacyVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}
interface KeyboardLock {
  lock(codes: readonly string[]): Promise<void>;
  unlock(): void;
}

const keyboardLock = () => (navigator as Navigator & { readonly keyboard?: KeyboardLock }).keyboard;

/** Whether anything is shown full screen. */
export function isFullscreen(): boolean {
  const page: LegacyDocument = document;
  return (page.fullscreenElement ?? page.webkitFullscreenElement ?? null) !== null;
}

/**
 * Enters full screen, and keeps Escape and F11 for the program where the browser allows it (top-level pages, Chromium).
 * Rejects when the browser refuses, as it does without a gesture.
 */
export async function enterFullscreen(target: HTMLElement, video: HTMLVideoElement | null): Promise<void> {
  const legacy: LegacyElement = target;
  if (typeof target.requestFullscreen === 'function') await target.requestFullscreen();
  else if (legacy.webkitRequestFullscreen) await legacy.webkitRequestFullscreen();
  else (video as LegacyVideo | null)?.webkitEnterFullscreen?.();
  if (window.self !== window.top) return;
  // A refusal leaves Escape to the browser, which is no failure.
  await keyboardLock()
    ?.lock(['Escape', 'F11'])
    .catch(() => undefined);
}

/** Leaves full screen; without one, nothing happens. */
export async function leaveFullscreen(): Promise<void> {
  const page: LegacyDocument = document;
  keyboardLock()?.unlock();
  if (!isFullscreen()) return;
  if (typeof page.exitFullscreen === 'function') await page.exitFullscreen();
  else await page.webkitExitFullscreen?.();
}
