import { pointerScale } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffGamepad, type GamepadSnapshot } from './gamepad.js';
import { encodeKey, initialKeyboardState, type KeyAction, type KeyboardOptions, type KeyInput } from './keyboard.js';
import { buttonName, checkSensitivity, encodeDelta, encodeMove, encodeMoveV2, noCarry } from './pointer.js';
import { isSupersededByNext, rawEventChannel } from './raw-event.js';
import { assignFinger, encodeTouch, type FingerSlots, type TouchKind } from './touch.js';
import { encodeWheel, initialWheelState } from './wheel.js';

const screen = { width: 1280, height: 720, left: 10, top: 20 };
const display = { width: 640, height: 360 };
const anywhere = fc.double({ min: -5_000, max: 5_000, noNaN: true });

describe('pointer positions', () => {
  it.each([
    [0, 0, 0, 0],
    [320, 180, 4_096, 4_096],
    [640, 360, 8_192, 8_192],
    [700, -5, 8_192, 0],
  ])('%d,%d is %d,%d of 8192', (x, y, wireX, wireY) => {
    expect(encodeMoveV2(x, y, display)).toEqual({ type: 'mousemove_v2', x: wireX, y: wireY });
  });

  it.each([
    [0, 0, 10, 20],
    [320, 180, 650, 380],
    [640, 360, 1_289, 739],
  ])('%d,%d is the remote pixel %d,%d', (x, y, wireX, wireY) => {
    expect(encodeMove(x, y, display, screen)).toEqual({ type: 'mousemove', x: wireX, y: wireY });
  });

  it('stay on the screen, as integers', () => {
    fc.assert(
      fc.property(anywhere, anywhere, (x, y) => {
        const v2 = encodeMoveV2(x, y, display);
        const v1 = encodeMove(x, y, display, screen);
        for (const value of [v2?.x, v2?.y]) {
          expect(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= pointerScale).toBe(true);
        }
        expect(v1?.x).toBeGreaterThanOrEqual(screen.left);
        expect(v1?.x).toBeLessThan(screen.left + screen.width);
        expect(v1?.y).toBeLessThan(screen.top + screen.height);
      }),
    );
  });

  it('are not sent before the sizes are known', () => {
    expect(encodeMoveV2(1, 1, { width: 0, height: 0 })).toBeNull();
    expect(encodeMove(1, 1, display, null)).toBeNull();
  });
});

describe('relative movement', () => {
  it('loses nothing: the sum of what is sent differs from the movement by less than a pixel', () => {
    const step = fc.record({
      x: fc.double({ min: -30, max: 30, noNaN: true }),
      y: fc.double({ min: -30, max: 30, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.double({ min: 0.01, max: 10, noNaN: true }),
        (steps, sensitivity) => {
          let carry = noCarry;
          let sentX = 0;
          let wantedX = 0;
          for (const movement of steps) {
            const result = encodeDelta(carry, movement, display, screen, sensitivity);
            carry = result.carry;
            sentX += result.message?.x ?? 0;
            wantedX += movement.x * 2 * sensitivity;
            if (result.message !== null) expect(Number.isInteger(result.message.x)).toBe(true);
          }
          expect(Math.abs(sentX - wantedX)).toBeLessThan(1.000_001);
        },
      ),
    );
  });

  it('sends nothing for less than a pixel, and sensitivity is bounded', () => {
    expect(encodeDelta(noCarry, { x: 0.2, y: 0 }, display, screen, 1)).toEqual({
      message: null,
      carry: { x: 0.4, y: 0 },
    });
    expect([checkSensitivity(0), checkSensitivity(1_000), checkSensitivity('1'), checkSensitivity(Number.NaN)]).toEqual(
      [0.01, 100, null, null],
    );
  });
});

it('buttons have names up to the fifth', () => {
  expect([0, 1, 2, 3, 4, 5].map(buttonName)).toEqual([
    'mouseleft',
    'mousemiddle',
    'mouseright',
    'mousebackward',
    'mouseforward',
    null,
  ]);
});

describe('wheel', () => {
  const wheel = (deltaX: number, deltaY: number, deltaMode = 0, atMs = 0) => ({ deltaX, deltaY, deltaMode, atMs });

  it.each([
    ['down', wheel(0, 120), 'mousescroll', 120],
    ['left', wheel(-100, 20), 'mousehorizontalscroll', -100],
    ['lines', wheel(0, -3, 1), 'mousescroll', -120],
  ] as const)('%s', (_name, input, type, delta) => {
    const { message } = encodeWheel(initialWheelState, input, screen, false);
    expect(message).toEqual({ type, delta, x: 0, y: 0, width: 1280, height: 720 });
  });

  it('never sends pixels that would be read as notches, and loses none', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { maxLength: 100 }), (deltas) => {
        let state = initialWheelState;
        let sent = 0;
        for (const delta of deltas) {
          const step = encodeWheel(state, wheel(0, delta), screen, false);
          state = step.state;
          if (step.message === null) continue;
          expect(Math.abs(step.message.delta)).toBeGreaterThan(1);
          sent += step.message.delta;
        }
        const wanted = deltas.reduce((sum, delta) => sum + delta, 0);
        expect(Math.abs(sent - wanted)).toBeLessThanOrEqual(1.000_001);
      }),
    );
  });

  it('on macOS at most one in 100 ms', () => {
    const first = encodeWheel(initialWheelState, wheel(0, 50, 0, 1_000), screen, true);
    expect(first.message).not.toBeNull();
    expect(encodeWheel(first.state, wheel(0, 50, 0, 1_099), screen, true).message).toBeNull();
    expect(encodeWheel(first.state, wheel(0, 50, 0, 1_100), screen, true).message).not.toBeNull();
  });
});

describe('keyboard', () => {
  const options: KeyboardOptions = { mac: false, paste: true, banned: [] };
  const base: KeyInput = {
    down: true,
    keyCode: 65,
    code: 'KeyA',
    key: 'a',
    location: 0,
    ctrl: false,
    alt: false,
    meta: false,
    atMs: 0,
  };

  function type(inputs: readonly Partial<KeyInput>[], using = options): string[] {
    let state = initialKeyboardState;
    return inputs.flatMap((input) => {
      const step = encodeKey(state, { ...base, ...input }, using);
      state = step.state;
      return step.actions.filter(({ type }) => type !== 'lock-pointer').map(show);
    });
  }
  function show(action: KeyAction): string {
    if (action.type !== 'send') return action.type;
    return `${action.message.key}${action.message.down ? '↓' : '↑'}${action.delayMs === 0 ? '' : `+${action.delayMs}`}`;
  }

  it('sends key code, location and physical key', () => {
    const { actions } = encodeKey(
      initialKeyboardState,
      { ...base, keyCode: 16, code: 'ShiftRight', location: 2 },
      options,
    );
    expect(actions).toEqual([
      { type: 'lock-pointer' },
      { type: 'send', delayMs: 0, message: { type: 'keyboard', key: 16, down: true, location: 2, code: 'ShiftRight' } },
    ]);
    expect(encodeKey(initialKeyboardState, { ...base, code: '' }, options).actions.at(-1)).not.toHaveProperty(
      'message.code',
    );
  });

  it.each([
    [
      'Ctrl+V pastes; its key-up is sent',
      [
        { keyCode: 86, ctrl: true },
        { keyCode: 86, ctrl: true, down: false },
      ],
      ['paste', '86↑'],
    ],
    [
      'Alt+F4 is not pressed',
      [
        { keyCode: 115, alt: true },
        { keyCode: 115, alt: true, down: false },
      ],
      ['115↑'],
    ],
    ['Ctrl+Space is completed on its key-up', [{ keyCode: 32, ctrl: true, down: false }], ['32↓', '32↑+10']],
    ['Ctrl+` toggles the statistics', [{ keyCode: 192, ctrl: true, down: false }], ['toggle-stats', '192↑']],
    ['Alt+X frees the pointer', [{ keyCode: 88, alt: true }], ['release-pointer', '88↓']],
    [
      'Escape held frees the pointer',
      [{ keyCode: 27 }, { keyCode: 27, atMs: 200 }, { keyCode: 27, down: false, atMs: 301 }],
      ['27↓', '27↓', 'release-pointer', '27↑'],
    ],
    ['Escape tapped does not', [{ keyCode: 27 }, { keyCode: 27, down: false, atMs: 300 }], ['27↓', '27↑']],
  ])('%s', (_name, inputs, expected) => {
    expect(type(inputs)).toEqual(expected);
  });

  it('Escape does not lock the pointer again, other keys do', () => {
    const actions = (keyCode: number) => encodeKey(initialKeyboardState, { ...base, keyCode }, options).actions;
    expect(actions(27)).not.toContainEqual({ type: 'lock-pointer' });
    expect(actions(65)).toContainEqual({ type: 'lock-pointer' });
  });

  it('obeys the page: banned keys, no pasting', () => {
    expect(type([{}, { down: false }], { ...options, banned: [65] })).toEqual([]);
    expect(type([{ keyCode: 86, ctrl: true }], { ...options, paste: false })).toEqual(['86↓']);
  });

  it('on macOS CapsLock is a tap, and Cmd releases what it swallowed', () => {
    const mac = { ...options, mac: true };
    expect(type([{ keyCode: 20, code: 'CapsLock' }], mac)).toEqual(['20↓', '20↑+10']);
    expect(
      type(
        [
          { keyCode: 91, key: 'Meta', meta: true },
          { keyCode: 67, meta: true },
          { keyCode: 91, key: 'Meta', down: false },
        ],
        mac,
      ),
    ).toEqual(['91↓', '67↓', '67↑', '91↑']);
  });

  it('on other systems every key is sent once per event', () => {
    const key = fc.record({ keyCode: fc.constantFrom(65, 66, 67), down: fc.boolean() });
    fc.assert(
      fc.property(fc.array(key), (inputs) => {
        expect(type(inputs)).toHaveLength(inputs.length);
      }),
    );
  });
});

describe('gamepad', () => {
  const pad = (
    pressed: readonly number[],
    axes: readonly number[] = [0, 0, 0, 0],
    values: Readonly<Record<number, number>> = {},
  ): GamepadSnapshot => ({
    buttons: Array.from({ length: 17 }, (_, index) => ({
      pressed: pressed.includes(index),
      value: values[index] ?? (pressed.includes(index) ? 1 : 0),
    })),
    axes,
  });

  it('tells the whole state of a new pad: 14 buttons, 2 triggers, 2 sticks', () => {
    const messages = diffGamepad(null, pad([]));
    expect(messages.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 14 }, () => 'gamepadkey'),
      'lt',
      'rt',
      'axisleft',
      'axisright',
    ]);
  });

  it.each([
    ['A', pad([0]), [{ type: 'gamepadkey', key: 0x1000, down: true }]],
    ['start', pad([9]), [{ type: 'gamepadkey', key: 0x10, down: true }]],
    ['up', pad([12]), [{ type: 'gamepadkey', key: 1, down: true }]],
    ['left trigger', pad([], undefined, { 6: 0.5 }), [{ type: 'lt', x: 128, down: false }]],
    ['right trigger', pad([7]), [{ type: 'rt', x: 255, down: true }]],
    ['left stick up right', pad([], [1, -1, 0, 0]), [{ type: 'axisleft', x: 32_767, y: 32_767 }]],
    ['right stick down', pad([], [0, 0, 0, 1]), [{ type: 'axisright', x: 0, y: -32_767 }]],
    ['guide, which has no mask', pad([16]), []],
    ['nothing', pad([]), []],
  ])('%s', (_name, now, expected) => {
    expect(diffGamepad(pad([]), now)).toEqual(expected);
  });

  it('tolerates strange pads', () => {
    expect(diffGamepad(pad([]), { buttons: [], axes: [Number.NaN, 7] })).toEqual([
      { type: 'axisleft', x: 0, y: -32_767 },
    ]);
  });
});

describe('touch', () => {
  it('numbers fingers with the smallest free number', () => {
    let slots: FingerSlots = new Map();
    const touch = (identifier: number, kind: TouchKind) => {
      const result = assignFinger(slots, identifier, kind);
      slots = result.slots;
      return result.finger;
    };
    expect([touch(70, 'touchstart'), touch(71, 'touchstart'), touch(70, 'touchend'), touch(72, 'touchstart')]).toEqual([
      0, 1, 0, 0,
    ]);
    expect([touch(71, 'touchmove'), touch(99, 'touchmove'), touch(71, 'touchcancel'), touch(72, 'touchend')]).toEqual([
      1,
      null,
      1,
      0,
    ]);
    expect(slots.size).toBe(0);
  });

  it('sends positions relative to the picture', () => {
    expect(encodeTouch(1, 'touchcancel', { x: 320, y: 180 }, display, screen, 5.5)).toEqual({
      type: 'event_touch',
      finger_id: 1,
      event_type: 2,
      x: 640,
      y: 360,
      width: 1280,
      height: 720,
      timestamp: 5.5,
    });
    expect(encodeTouch(0, 'touchstart', { x: 0, y: 0 }, display, null, 0)).toBeNull();
  });
});

it('raw events go by their type', () => {
  for (const type of ['keyboard', 'mouseleft', 'mousemove_v2', 'gamepadkey', 'axisleft', 'lt', 'rt']) {
    expect(rawEventChannel(type)).toBe('km');
  }
  for (const type of ['paste', 'set_cursor', undefined, 5]) expect(rawEventChannel(type)).toBe('ack');
  expect(
    ['mousemove', 'mousemove_v2', 'mousedeltamove', 'mouseleft'].map((type) => isSupersededByNext({ type })),
  ).toEqual([true, true, false, false]);
});
