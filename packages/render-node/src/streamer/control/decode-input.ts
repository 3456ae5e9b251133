import type { MouseButtonName } from '@cloudstage/protocol';
import { buttons } from '../input/x11-injector.js';
import { looseBoolean, looseNumber } from './loose-values.js';
import {
  buttonMessage,
  keyboardMessage,
  pointMessage,
  sequenceMessage,
  touchMessage,
  typedMessage,
  wheelMessage,
} from './schemas.js';

/** A checked `km` message. Coordinates are finite and not yet clamped. */
export type InputEvent =
  | {
      readonly kind: 'key';
      readonly key: number;
      readonly location: number;
      readonly code?: string;
      readonly down: boolean;
    }
  | { readonly kind: 'move-scaled' | 'move' | 'move-by'; readonly x: number; readonly y: number }
  | { readonly kind: 'button'; readonly button: number; readonly down: boolean }
  | { readonly kind: 'wheel'; readonly axis: 'vertical' | 'horizontal'; readonly delta: number }
  | {
      readonly kind: 'touch';
      readonly finger: number;
      readonly phase: 'start' | 'move' | 'end';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: 'sequence'; readonly messages: readonly string[] }
  | { readonly kind: 'gamepad' };

const buttonOf: Readonly<Record<MouseButtonName, number>> = {
  mouseleft: buttons.left,
  mousemiddle: buttons.middle,
  mouseright: buttons.right,
  mousebackward: buttons.back,
  mouseforward: buttons.forward,
};
const moveOf = { mousemove_v2: 'move-scaled', mousemove: 'move', mousedeltamove: 'move-by' } as const;
const gamepadTypes = new Set([
  'gamepadconnect',
  'gamepaddisconnect',
  'gamepadkey',
  'axisleft',
  'axisright',
  'lt',
  'rt',
]);
const phases = ['start', 'move', 'end'] as const;

function decodeKey(value: unknown): InputEvent | undefined {
  if (!keyboardMessage.Check(value)) return undefined;
  const key = looseNumber(value.key);
  if (key === undefined) return undefined;
  const location = looseNumber(value.location ?? 0) ?? 0;
  const event = { kind: 'key', key, location, down: looseBoolean(value.down) } as const;
  return typeof value.code === 'string' && value.code !== '' ? { ...event, code: value.code } : event;
}

function decodeMove(kind: 'move-scaled' | 'move' | 'move-by', value: unknown): InputEvent | undefined {
  if (!pointMessage.Check(value)) return undefined;
  const x = looseNumber(value.x);
  const y = looseNumber(value.y);
  return x === undefined || y === undefined ? undefined : { kind, x, y };
}

function decodeWheel(axis: 'vertical' | 'horizontal', value: unknown): InputEvent | undefined {
  const delta = wheelMessage.Check(value) ? looseNumber(value.delta) : undefined;
  return delta === undefined ? undefined : { kind: 'wheel', axis, delta };
}

function decodeTouch(value: unknown): InputEvent | undefined {
  if (!touchMessage.Check(value)) return undefined;
  const phase = phases[looseNumber(value.event_type) ?? -1];
  const finger = looseNumber(value.finger_id);
  const x = looseNumber(value.x);
  const y = looseNumber(value.y);
  if (phase === undefined || finger === undefined || x === undefined || y === undefined) return undefined;
  return {
    kind: 'touch',
    finger,
    phase,
    x,
    y,
    width: looseNumber(value.width) ?? 0,
    height: looseNumber(value.height) ?? 0,
  };
}

/** Converts one parsed `km` message; undefined for anything that is not input. Never throws. */
export function decodeInput(value: unknown): InputEvent | undefined {
  if (!typedMessage.Check(value)) return undefined;
  const { type } = value;
  if (gamepadTypes.has(type)) return { kind: 'gamepad' };
  switch (type) {
    case 'keyboard':
      return decodeKey(value);
    case 'mousemove_v2':
    case 'mousemove':
    case 'mousedeltamove':
      return decodeMove(moveOf[type], value);
    case 'mouseleft':
    case 'mousemiddle':
    case 'mouseright':
    case 'mousebackward':
    case 'mouseforward':
      return buttonMessage.Check(value)
        ? { kind: 'button', button: buttonOf[type], down: looseBoolean(value.down) }
        : undefined;
    case 'mousescroll':
      return decodeWheel('vertical', value);
    case 'mousehorizontalscroll':
      return decodeWheel('horizontal', value);
    case 'event_touch':
      return decodeTouch(value);
    case 'key_seq':
      return sequenceMessage.Check(value) ? { kind: 'sequence', messages: value.keys } : undefined;
    default:
      return undefined;
  }
}
