import {
  type ClientSessionController,
  type CursorDecision,
  type CursorState,
  decideCursor,
  initialCursorState,
} from '@cloudstage/client-core';
import { type CursorImageMessage, cursorModes } from '@cloudstage/protocol';
import type { EventMap, EventResponse } from '../api-events.js';
import type { View } from './view.js';

/** What the cursor needs. */
export interface CursorViewDeps {
  readonly view: View;
  readonly session: ClientSessionController;
  emit(event: EventResponse): void;
  onShowStatChange(change: EventMap['CursorShowStatChange']): void;
}

/** Edge of the drawn cursor outside of mode 5, CSS pixels before scaling. */
const drawnSizePx = 16;
const dotSizePx = 3;

/** Width and height out of a PNG's header; null when it is none. PURE. @see RFC 2083 §4.1.1 */
export function pngSize(base64: string): { readonly width: number; readonly height: number } | null {
  const header = atob(base64.slice(0, 32));
  if (header.length < 24 || !header.startsWith('\x89PNG')) return null;
  const uint32 = (at: number) =>
    [0, 1, 2, 3].reduce((value, offset) => value * 256 + header.charCodeAt(at + offset), 0);
  return { width: uint32(16), height: uint32(20) };
}

/** The pointer: its look, its lock, and the position of the drawn cursor. Lives from one init to the next. */
export class CursorView {
  readonly #deps: CursorViewDeps;
  readonly #stop = new AbortController();
  #state: CursorState;
  #decision: CursorDecision;
  #scale = 1;
  #position = { x: 0, y: 0 };

  constructor(deps: CursorViewDeps, initial: Partial<CursorState>) {
    this.#deps = deps;
    this.#state = { ...initialCursorState, ...initial };
    this.#decision = decideCursor(this.#state, false);
    const { signal } = this.#stop;
    document.addEventListener('pointerlockchange', () => this.#apply(), { signal });
    document.addEventListener(
      'pointerlockerror',
      () => {
        if (deps.session.phase === 'established') deps.emit({ type: 'pointerlockerror' });
      },
      { signal },
    );
  }

  get mode(): number {
    return this.#state.mode;
  }

  /** Kind of movements to send now. */
  get moves(): CursorDecision['moves'] {
    return this.#decision.moves;
  }

  get shown(): boolean {
    return this.#decision.shown;
  }

  get locked(): boolean {
    return document.pointerLockElement === this.#deps.view.elements.video;
  }

  /** Changes what decides about the cursor. */
  update(change: Partial<CursorState>): void {
    this.#state = { ...this.#state, ...change };
    this.#apply();
    if (change.image !== undefined || change.defaultImageUrl !== undefined || change.mode !== undefined) {
      this.#drawImage();
    }
  }

  setImage(image: CursorImageMessage): void {
    this.update({ image });
  }

  setScale(scale: number): void {
    this.#scale = Math.min(Math.max(scale, 0.1), 10);
    this.#drawImage();
  }

  /** The pointer is at a position of the picture, CSS pixels. */
  moveTo(x: number, y: number): void {
    this.#position = { x, y };
    if (this.#decision.drawn) this.#place();
  }

  /** The server tells where its cursor is, remote pixels (mode 4). */
  moveToRemote(x: number, y: number): void {
    const { screen } = this.#deps.session;
    if (screen === null || screen.width === 0 || screen.height === 0) return;
    const { width, height } = this.#deps.view.pictureRect();
    this.moveTo(((x - screen.left) * width) / screen.width, ((y - screen.top) * height) / screen.height);
  }

  /** The locked pointer moved. */
  moveBy(x: number, y: number): void {
    const { width, height } = this.#deps.view.pictureRect();
    const clamp = (value: number, high: number) => Math.min(Math.max(value, 0), high);
    this.moveTo(clamp(this.#position.x + x, width), clamp(this.#position.y + y, height));
  }

  /** Takes the pointer again, when the server's cursor is hidden or the mode needs it. Call within a gesture. */
  tryLock(): void {
    if (this.locked || !this.#state.canLock || this.#state.interact === 'touch') return;
    const modeWants = this.#state.mode === cursorModes.delta && this.#state.force !== 'forceShow';
    if (this.#decision.lock === 'request' || modeWants) this.lock(true);
  }

  /** Locks or releases the pointer. A refusal is reported as `pointerlockerror`. */
  lock(locked: boolean): void {
    const { video } = this.#deps.view.elements;
    if (!locked) {
      if (this.locked) document.exitPointerLock();
      return;
    }
    // Safari on phones has no pointer lock; older browsers return nothing.
    const request: Promise<void> | undefined = video.requestPointerLock?.() as Promise<void> | undefined;
    request?.catch(() => undefined);
  }

  /** The connection ended: the pointer is the user's again. */
  release(): void {
    this.lock(false);
    this.#deps.view.elements.cursor.style.display = 'none';
    this.#deps.view.elements.video.style.cursor = 'auto';
  }

  /** Idempotent. */
  close(): void {
    this.release();
    this.#stop.abort();
  }

  #apply(): void {
    const before = this.#decision;
    this.#decision = decideCursor(this.#state, this.locked);
    if (this.#deps.session.phase !== 'established') return;
    const { css, drawn, lock, shown } = this.#decision;
    const { video, cursor } = this.#deps.view.elements;
    if (video.style.cursor !== css) video.style.cursor = css;
    cursor.style.display = drawn ? 'block' : 'none';
    if (drawn) this.#place();
    if (lock === 'request' && before.lock !== 'request' && !this.locked) this.lock(true);
    if (lock === 'release') this.lock(false);
    if (before.shown !== shown) {
      this.#deps.onShowStatChange({ oldStatus: before.shown, newStatus: shown });
    }
  }

  #place(): void {
    const { image, mode } = this.#state;
    const hotspot = mode === cursorModes.delta && image !== null ? image : { hotspotx: 0, hotspoty: 0 };
    this.#deps.view.placeCursor({
      x: this.#position.x - hotspot.hotspotx * this.#scale,
      y: this.#position.y - hotspot.hotspoty * this.#scale,
    });
  }

  #drawImage(): void {
    const { image, defaultImageUrl, mode } = this.#state;
    const { style } = this.#deps.view.elements.cursor;
    const dot = image === null && defaultImageUrl === 'dot';
    const url = image === null ? defaultImageUrl : `data:image/png;base64,${image.data}`;
    const natural = mode === cursorModes.delta && image !== null ? pngSize(image.data) : null;
    const edge = dot ? dotSizePx : drawnSizePx;
    const size = natural ?? { width: edge, height: edge };
    style.width = `${Math.round(size.width * this.#scale)}px`;
    style.height = `${Math.round(size.height * this.#scale)}px`;
    style.backgroundColor = dot ? '#1677ff' : '';
    style.borderRadius = dot ? '50%' : '';
    style.backgroundImage = dot || url === null ? '' : `url(${JSON.stringify(url)})`;
  }
}
