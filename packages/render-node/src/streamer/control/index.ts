import { cursorModes } from '@cloudstage/protocol';
import { createClipboard } from '../input/clipboard.js';
import { createCursorWatch } from '../input/cursor-watch.js';
import { createKeyboard } from '../input/keyboard.js';
import { createTextInput } from '../input/text.js';
import { createInjector } from '../input/x11-injector.js';
import type { Control, ControlOptions, ControlPeer } from './contract.js';
import { screenState } from './km.js';
import { controlLimits } from './limits.js';
import { createMicStatus } from './mic-status.js';
import { type AttachedPeer, createPeerControl, type PeerControlDeps } from './peer-control.js';
import { createSeats } from './seats.js';

const lockMask = 2;

/** Cursor mode 2 puts the pointer into the picture all peers share: one player that wants it is enough. */
function createCursorModes(drawCursor: (enabled: boolean) => void) {
  const drawing = new Set<string>();
  let isDrawn = false;
  const apply = () => {
    if (drawing.size > 0 === isDrawn) return;
    isDrawn = !isDrawn;
    drawCursor(isDrawn);
  };
  return {
    set(peer: ControlPeer, mode: number) {
      if (peer.role === 'Player' && mode === cursorModes.remoteDrawn) drawing.add(peer.peerId);
      else drawing.delete(peer.peerId);
      apply();
    },
    remove(peerId: string) {
      drawing.delete(peerId);
      apply();
    },
  };
}

/** Everything that acts on the display, created and closed together. */
function createInputDevices({ display, logger, now }: ControlOptions) {
  const injector = createInjector(display);
  const keyboard = createKeyboard(display, logger);
  const clipboard = createClipboard(display);
  const cursorWatch = createCursorWatch(display, logger);
  const text = createTextInput({ display, injector, keyboard, clipboard, logger, now });
  injector.releaseStale().catch((error: unknown) => {
    if (!display.isClosed) logger.warn({ err: error }, 'cannot release keys of a former streamer');
  });
  const close = async () => {
    text.close();
    await text.settled();
    cursorWatch.close();
    keyboard.close();
    clipboard.close();
  };
  return { injector, keyboard, cursorWatch, text, close };
}

/**
 * Starts the data channels of a streamer: input to the display, state and cursor from it. Works on one display connection,
 * which must outlive it.
 */
export function createControl(options: ControlOptions): Control {
  const { stream, logger, now } = options;
  const devices = createInputDevices(options);
  const peers = new Map<string, AttachedPeer>();
  const seats = createSeats();
  const micStatus = createMicStatus(options.microphone);
  const modes = createCursorModes((enabled) => stream.drawCursor(enabled));
  const cursorShowing = () => devices.cursorWatch.current()?.visible ?? true;
  const state = () => JSON.stringify(screenState(stream.screen(), cursorShowing(), stream.cpuUsagePercent()));
  const forEachPeer = (act: (peer: AttachedPeer) => void) => {
    for (const peer of [...peers.values()]) act(peer);
  };

  let wasShowing = cursorShowing();
  const stopCursor = devices.cursorWatch.onChange((cursor) => {
    forEachPeer((peer) => peer.onCursorChange(cursor));
    if (cursor.visible !== wasShowing) forEachPeer((peer) => peer.sendState());
    wasShowing = cursor.visible;
  });
  const stopScreen = stream.onScreenChange(() => forEachPeer((peer) => peer.onScreenChange()));
  const timer = setInterval(() => forEachPeer((peer) => peer.sendState()), controlLimits.stateIntervalMs);
  timer.unref();

  const depsOf = (peer: ControlPeer): PeerControlDeps => ({
    injector: devices.injector,
    keyboard: devices.keyboard,
    text: devices.text,
    seats,
    micStatus,
    stream,
    logger,
    now,
    cursor: () => devices.cursorWatch.current(),
    unlockCapsLock: () => devices.injector.setLocks(lockMask, 0),
    state,
    onCursorMode: (mode) => modes.set(peer, mode),
    onClose(peerId) {
      peers.delete(peerId);
      seats.remove(peerId);
      modes.remove(peerId);
    },
  });
  return {
    attachPeer(peer) {
      peers.get(peer.peerId)?.close();
      const attached = createPeerControl(depsOf(peer), peer);
      peers.set(peer.peerId, attached);
      seats.add(peer);
      return attached;
    },
    async close() {
      clearInterval(timer);
      stopScreen();
      stopCursor();
      micStatus.close();
      forEachPeer((peer) => peer.close());
      await devices.close();
    },
  };
}
