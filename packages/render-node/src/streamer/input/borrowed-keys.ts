/** A keycode that carries, or will carry, a character that the keymap lacks. */
export interface BorrowedKey {
  readonly keycode: number;
  /** The keysym must be put on the key before it is pressed. */
  readonly isNew: boolean;
  /** The key's former character may still be wanted by a slow program for this long. */
  readonly waitMs: number;
}

/** Keycodes lent to characters, least recently used first. PURE but for its own state; times are milliseconds. */
export interface BorrowedKeys {
  /** Undefined when there is no keycode to borrow. */
  acquire(keysym: number, nowMs: number): BorrowedKey | undefined;
  /** Replaces the lendable keycodes; characters that `isIntact` no longer confirms are forgotten. */
  reset(keycodes: readonly number[], isIntact: (keycode: number, keysym: number) => boolean): void;
  /** Keycodes that carry a character. */
  lent(): number[];
}

interface Slot {
  readonly keycode: number;
  keysym: number | undefined;
  usedAtMs: number;
}

/** Creates an empty pool; `holdMs` is how long a character stays on its keycode after its last use. */
export function createBorrowedKeys(holdMs: number): BorrowedKeys {
  let slots: Slot[] = [];
  return {
    acquire(keysym, nowMs) {
      const known = slots.find((slot) => slot.keysym === keysym);
      const slot = known ?? slots[0];
      if (slot === undefined) return undefined;
      const waitMs = known === undefined ? Math.max(0, slot.usedAtMs + holdMs - nowMs) : 0;
      slot.keysym = keysym;
      slot.usedAtMs = nowMs + waitMs;
      slots = [...slots.filter((other) => other !== slot), slot];
      return { keycode: slot.keycode, isNew: known === undefined, waitMs };
    },
    reset(keycodes, isIntact) {
      const before = new Map(slots.map((slot) => [slot.keycode, slot]));
      const next = keycodes.map((keycode): Slot => {
        const old = before.get(keycode);
        if (old === undefined) return { keycode, keysym: undefined, usedAtMs: Number.NEGATIVE_INFINITY };
        if (old.keysym !== undefined && !isIntact(keycode, old.keysym)) old.keysym = undefined;
        return old;
      });
      slots = next.sort((a, b) => (a.usedAtMs === b.usedAtMs ? 0 : a.usedAtMs - b.usedAtMs));
    },
    lent: () => slots.filter((slot) => slot.keysym !== undefined).map((slot) => slot.keycode),
  };
}
