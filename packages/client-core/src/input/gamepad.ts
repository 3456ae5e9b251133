import type { GamepadMessage } from '@cloudstage/protocol';

/** State of one pad in the W3C standard mapping. */
export interface GamepadSnapshot {
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
  /** Left x, left y, right x, right y; −1…1, y down. */
  readonly axes: readonly number[];
}

/** XInput masks by button of the standard mapping; the guide button has none. */
const masks: readonly (number | null)[] = [
  0x1000,
  0x2000,
  0x4000,
  0x8000,
  0x100,
  0x200,
  null,
  null,
  0x20,
  0x10,
  0x40,
  0x80,
  0x01,
  0x02,
  0x04,
  0x08,
];
const triggers: readonly (readonly [number, 'lt' | 'rt'])[] = [
  [6, 'lt'],
  [7, 'rt'],
];
const sticks: readonly (readonly [number, 'axisleft' | 'axisright'])[] = [
  [0, 'axisleft'],
  [2, 'axisright'],
];

const unit = (value: number | undefined) => Math.min(1, Math.max(-1, Number.isFinite(value) ? (value ?? 0) : 0));

function stick(pad: GamepadSnapshot, first: number): { readonly x: number; readonly y: number } {
  // XInput counts y upwards. `+ 0` turns −0 into 0, which JSON would not, but equality tests see.
  return { x: Math.round(unit(pad.axes[first]) * 32_767) + 0, y: Math.round(-unit(pad.axes[first + 1]) * 32_767) + 0 };
}

function trigger(pad: GamepadSnapshot, index: number): { readonly x: number; readonly down: boolean } {
  const button = pad.buttons[index];
  return { x: Math.round(Math.max(0, unit(button?.value)) * 255), down: button?.pressed ?? false };
}

/** Messages that bring the server from `before` to `now`; without `before`, the whole state. PURE. */
export function diffGamepad(before: GamepadSnapshot | null, now: GamepadSnapshot): readonly GamepadMessage[] {
  const messages: GamepadMessage[] = [];
  for (const [index, key] of masks.entries()) {
    const down = now.buttons[index]?.pressed ?? false;
    if (key !== null && (before === null || (before.buttons[index]?.pressed ?? false) !== down)) {
      messages.push({ type: 'gamepadkey', key, down });
    }
  }
  for (const [index, type] of triggers) {
    const value = trigger(now, index);
    const last = before === null ? null : trigger(before, index);
    if (last === null || last.x !== value.x || last.down !== value.down) messages.push({ type, ...value });
  }
  for (const [first, type] of sticks) {
    const value = stick(now, first);
    const last = before === null ? null : stick(before, first);
    if (last === null || last.x !== value.x || last.y !== value.y) messages.push({ type, ...value });
  }
  return messages;
}
