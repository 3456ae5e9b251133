import { type CursorImageMessage, cursorModes } from '@cloudstage/protocol';

/** Everything that decides how the pointer looks and what movements are sent. */
export interface CursorState {
  readonly mode: number;
  /** The server shows its cursor. */
  readonly visible: boolean;
  readonly force: 'auto' | 'forceShow' | 'forceLock';
  /** The page allows pointer lock. */
  readonly canLock: boolean;
  /** `touch` mode never locks and always shows. */
  readonly interact: 'cursor' | 'touch';
  readonly image: CursorImageMessage | null;
  /** Image of the page for modes without images of the server. */
  readonly defaultImageUrl: string | null;
  readonly mobile: boolean;
  readonly mobileShowCursor: boolean;
}

/** Before the first message: a visible local cursor. */
export const initialCursorState: CursorState = {
  mode: cursorModes.local,
  visible: true,
  force: 'auto',
  canLock: true,
  interact: 'cursor',
  image: null,
  defaultImageUrl: null,
  mobile: false,
  mobileShowCursor: true,
};

/** What the view must do. */
export interface CursorDecision {
  /** Value for the picture's CSS `cursor`. */
  readonly css: string;
  /** Pointer lock that is wanted; `keep` leaves it as it is. */
  readonly lock: 'request' | 'release' | 'keep';
  /** The drawn cursor (a positioned element) is shown. */
  readonly drawn: boolean;
  /** What movements are sent as; mode 5 sends positions until the pointer is locked. */
  readonly moves: 'absolute' | 'delta';
  /** Value of `getCursorShowStat`. */
  readonly shown: boolean;
}

/** Modes in which the server sends images over `cd` (the official SDK forgets mode 4). PURE. */
export function wantsImages(mode: number): boolean {
  return mode === cursorModes.remoteImage || mode === cursorModes.remoteImagePosition || mode === cursorModes.delta;
}

/** Value of `set_cursor.show` for a mode: mode 4 is announced as 1. PURE. */
export function announcedMode(mode: number): number {
  return mode === cursorModes.remoteImagePosition ? cursorModes.remoteImage : mode;
}

function cssImage(state: CursorState): string {
  if (wantsImages(state.mode) || state.mode === cursorModes.remoteCustom) {
    const { image } = state;
    if (image !== null) return `url(data:image/png;base64,${image.data}) ${image.hotspotx} ${image.hotspoty}, auto`;
  }
  const url = state.defaultImageUrl;
  if (url === null || url === 'dot') return 'auto';
  // Nothing but these ends a quoted CSS string.
  return `url("${url.replaceAll(/["\\\n\r\f]/g, encodeURIComponent)}") 0 0, auto`;
}

/** The look of the pointer and the kind of movements. PURE. */
export function decideCursor(state: CursorState, locked: boolean): CursorDecision {
  const { mode, force } = state;
  const frontDrawn = mode === cursorModes.delta;
  const touch = state.interact === 'touch';
  const shown = touch || force === 'forceShow' || (force !== 'forceLock' && state.visible);
  const deltaMode = frontDrawn || mode === cursorModes.remoteImagePosition;
  return {
    css: mode === cursorModes.remoteDrawn ? 'none' : frontDrawn ? 'auto' : shown ? cssImage(state) : 'none',
    lock: lockWish(state, shown, frontDrawn),
    drawn:
      mode === cursorModes.remoteImagePosition
        ? shown && state.mobileShowCursor
        : frontDrawn
          ? shown && locked
          : state.mobile && shown && state.mobileShowCursor && mode !== cursorModes.remoteDrawn,
    moves: touch
      ? 'absolute'
      : frontDrawn
        ? locked
          ? 'delta'
          : 'absolute'
        : deltaMode || !shown
          ? 'delta'
          : 'absolute',
    shown,
  };
}

function lockWish(state: CursorState, shown: boolean, frontDrawn: boolean): CursorDecision['lock'] {
  if (state.interact === 'touch' || !state.canLock) return 'release';
  if (state.force === 'forceShow') return 'release';
  if (state.force === 'forceLock') return 'request';
  // Mode 5 plays with a locked pointer whether the cursor shows or not; a gesture of the user begins it.
  if (frontDrawn) return 'keep';
  return shown ? 'release' : 'request';
}
