import { asNumber, asText, type Fields } from './inbound.js';

/** Remote screen, in remote pixels. */
export interface RemoteScreen {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** A `km` message of the server. */
export interface ScreenState {
  /** Null when the message lacks one of the four numbers: the last known screen stays valid. */
  readonly screen: RemoteScreen | null;
  readonly cursorShowing: boolean;
  readonly cpu: string | null;
  readonly gpu: string | null;
}

/** Reads a screen state. `cursor_showing` missing or null means showing. PURE. */
export function readScreenState(fields: Fields): ScreenState {
  const width = asNumber(fields.screen_width);
  const height = asNumber(fields.screen_height);
  const left = asNumber(fields.screen_left);
  const top = asNumber(fields.screen_top);
  const complete = width !== null && height !== null && left !== null && top !== null;
  const percent = (value: unknown) => asText(value) ?? (asNumber(value) === null ? null : String(value));
  return {
    screen: complete ? { width, height, left, top } : null,
    cursorShowing: (fields.cursor_showing ?? true) === true,
    cpu: percent(fields.cpu_usage),
    gpu: percent(fields.gpu_usage),
  };
}

/** Same numbers. PURE. */
export function sameScreen(a: RemoteScreen, b: RemoteScreen): boolean {
  return a.width === b.width && a.height === b.height && a.left === b.left && a.top === b.top;
}
