/** One holder's share of the held keys or buttons. */
export interface Holder {
  /** True when this holder did not hold it yet. */
  hold(id: number): boolean;
  /** True when this holder held it. */
  drop(id: number): boolean;
  holds(id: number): boolean;
  dropAll(): void;
}

/** Keys (or buttons) that several holders can hold: pressed with the first one, released with the last. */
export interface HeldSet {
  createHolder(): Holder;
  /** Everything that is down, in the order it was pressed. */
  all(): number[];
}

/** Counts holders of each key; calls `press` and `release` once per change of the real state. */
export function createHeldSet(press: (id: number) => void, release: (id: number) => void): HeldSet {
  const holders = new Map<number, number>();
  const add = (id: number) => {
    const count = holders.get(id) ?? 0;
    holders.set(id, count + 1);
    if (count === 0) press(id);
  };
  const remove = (id: number) => {
    const count = holders.get(id) ?? 0;
    if (count > 1) {
      holders.set(id, count - 1);
      return;
    }
    holders.delete(id);
    release(id);
  };
  return {
    createHolder() {
      const own = new Set<number>();
      const drop = (id: number) => {
        if (!own.delete(id)) return false;
        remove(id);
        return true;
      };
      return {
        hold(id) {
          if (own.has(id)) return false;
          own.add(id);
          add(id);
          return true;
        },
        drop,
        holds: (id) => own.has(id),
        dropAll() {
          // Newest first: a modifier was pressed before the key it modifies, and goes up after it.
          for (const id of [...own].reverse()) drop(id);
        },
      };
    },
    all: () => [...holders.keys()],
  };
}
