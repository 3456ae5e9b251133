import { checkSensitivity, clientLimits, rawEventChannel } from '@cloudstage/client-core';
import type { InputApi } from './api.js';
import type { SdkCore } from './sdk-core.js';
import { createTouchPointer } from './touch-pointer.js';

/** Removes undefined fields, which JSON would drop anyway and tests would see. */
function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Input methods of the SDK. */
export function createInputApi(core: SdkCore): InputApi {
  const { session, settings } = core;
  const touchPointer = createTouchPointer(core);
  return {
    setKMStatus({ keyboard = true, mouse = true }) {
      settings.keyboard = keyboard;
      settings.mouse = mouse;
    },
    setKeyboardBanList({ keyList }) {
      settings.bannedKeys = [...keyList];
    },
    sendKeyboardEvent: ({ key, down, location = 0, code }) =>
      session.sendInput(defined({ type: 'keyboard', key, down, location, code })),
    sendMouseEvent: ({ type, down, delta, x, y }) => session.sendInput(defined({ type, down, delta, x, y })),
    mouseMove: (_identifier, type, pageX, pageY) => touchPointer.move(type, pageX, pageY),
    mobileTouchMove({ finger_id, event_type, x, y }) {
      const { width = 0, height = 0 } = session.screen ?? {};
      session.sendInput({ type: 'event_touch', finger_id, event_type, x, y, width, height, timestamp: Date.now() });
    },
    sendGamepadEvent: ({ type, down, key, x, y }) => session.sendInput(defined({ type, down, key, x, y })),
    sendRawEvent(event) {
      if (rawEventChannel(event.type) === 'km') session.sendInput(event);
      else void session.request(event);
    },
    sendSeqRawEvents(events) {
      const size = clientLimits.keySequenceLength;
      for (let start = 0; start < events.length; start += size) {
        const keys = events.slice(start, start + size).map((event) => JSON.stringify(event));
        session.sendInput({ type: 'key_seq', keys });
      }
    },
    // Pages in plain JavaScript may pass anything; only objects are messages.
    sendKmData: (message) => {
      if (typeof message === 'object' && message !== null) session.sendInput(message);
    },
    setMoveSensitivity(value) {
      settings.sensitivity = checkSensitivity(value) ?? settings.sensitivity;
    },
    getMoveSensitivity: () => settings.sensitivity,
    clearRemoteKeys: () => void session.request({ type: 'keys_clean' }),
    resetRemoteCapsLock: () => void session.request({ type: 'reset_capslock' }),
    sendText(content, callback) {
      void core.sendText(content).then((result) => callback?.(result));
    },
    setPaste(enabled) {
      settings.paste = enabled;
    },
    setClientInteractMode(mode) {
      settings.interact = mode;
      core.cursor?.update({ interact: mode });
    },
  };
}
