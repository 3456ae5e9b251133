/** PURE: what is to happen when, earliest first; of equal times what was added first. A binary heap: a relay adds thousands a second. */
export interface Schedule<T> {
  add(atUs: number, item: T): void;
  /** Takes the earliest item whose time has come. */
  takeDue(nowUs: number): { readonly atUs: number; readonly item: T } | undefined;
  readonly nextUs: number | undefined;
  readonly size: number;
}

interface Entry<T> {
  readonly atUs: number;
  readonly order: number;
  readonly item: T;
}

/** Creates an empty schedule. */
export function createSchedule<T>(): Schedule<T> {
  const heap: Entry<T>[] = [];
  let order = 0;
  const before = (a: Entry<T>, b: Entry<T>) => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
  const siftUp = (entry: Entry<T>) => {
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = heap[(at - 1) >> 1];
      if (!parent || !before(entry, parent)) break;
      heap[at] = parent;
      at = (at - 1) >> 1;
    }
    heap[at] = entry;
  };
  const siftDown = (entry: Entry<T>) => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && before(right, left)) child += 1;
      const smaller = heap[child];
      if (!smaller || !before(smaller, entry)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = entry;
  };
  return {
    add: (atUs, item) => siftUp({ atUs, order: order++, item }),
    takeDue: (nowUs) => {
      const first = heap[0];
      if (!first || first.atUs > nowUs) return undefined;
      const last = heap.pop();
      if (last && heap.length > 0) siftDown(last);
      return first;
    },
    get nextUs() {
      return heap[0]?.atUs;
    },
    get size() {
      return heap.length;
    },
  };
}
