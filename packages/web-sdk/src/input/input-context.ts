import type { ClientSessionController } from '@cloudstage/client-core';
import type { EventMap, EventResponse } from '../api-events.js';
import type { InitOptions } from '../api-options.js';
import type { CursorView } from '../dom/cursor-view.js';
import type { View } from '../dom/view.js';

/** Input settings that the page may change at any time; kept across connections. */
export interface InputSettings {
  keyboard: boolean;
  mouse: boolean;
  bannedKeys: readonly number[];
  paste: boolean;
  sensitivity: number;
  interact: 'cursor' | 'touch';
  webDraftLevel: number;
}

/** What every listener needs. */
export interface InputContext {
  readonly options: InitOptions;
  readonly settings: InputSettings;
  readonly view: View;
  readonly session: ClientSessionController;
  readonly cursor: CursorView;
  readonly mobile: boolean;
  readonly mac: boolean;
  /** Aborted when the connection ends: every listener goes away with it. */
  readonly signal: AbortSignal;
  emit(event: EventResponse): void;
  trigger<T extends keyof EventMap>(type: T, response: EventMap[T]): void;
  sendText(content: string): void;
}

/** Settings of a fresh SDK. */
export function defaultInputSettings(): InputSettings {
  return {
    keyboard: true,
    mouse: true,
    bannedKeys: [],
    paste: true,
    sensitivity: 1,
    interact: 'cursor',
    webDraftLevel: 0,
  };
}

/**
 * Whether an event is for the picture: its target lies within three levels of the mount and is the picture or the cursor (keys:
 * or the container). `enableEventIntercept: false` lifts the test of the class.
 */
export function isOurs(context: InputContext, target: EventTarget | null, kind: 'pointer' | 'key'): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const { mount } = context.view.elements;
  let ancestor = target.parentElement;
  for (let level = 1; level <= 3 && ancestor !== mount; level += 1) ancestor = ancestor?.parentElement ?? null;
  if (ancestor !== mount) return false;
  if (context.options.enableEventIntercept === false) return true;
  const classes = ['video-stream', 'cursor', ...(kind === 'key' ? ['cloud-gaming-container'] : [])];
  return classes.some((name) => target.classList.contains(name));
}
