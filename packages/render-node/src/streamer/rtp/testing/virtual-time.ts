/** Events in virtual time: a simulation of a minute takes a second. */
export interface VirtualTime {
  readonly nowUs: number;
  at(timeUs: number, callback: () => void): void;
  /** As `setTimeout`; returns the way to cancel. */
  schedule(callback: () => void, delayMs: number): () => void;
  every(intervalUs: number, callback: () => void): void;
  /** Runs everything due until then, in order of time and of asking. */
  runUntil(timeUs: number): void;
}

interface Event {
  readonly timeUs: number;
  readonly order: number;
  readonly callback: () => void;
}

const before = (a: Event, b: Event) => a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.order < b.order);

/** A binary heap with the earliest event on top. */
function createEventHeap() {
  const heap: Event[] = [];
  const swap = (a: number, b: number) => {
    const [first, second] = [heap[a], heap[b]];
    if (!first || !second) return;
    heap[a] = second;
    heap[b] = first;
  };
  const isBefore = (a: number, b: number) => {
    const [first, second] = [heap[a], heap[b]];
    return first !== undefined && second !== undefined && before(first, second);
  };
  return {
    push: (event: Event) => {
      heap.push(event);
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (!isBefore(child, parent)) break;
        swap(child, parent);
        child = parent;
      }
    },
    peek: () => heap[0],
    pop: () => {
      swap(0, heap.length - 1);
      const top = heap.pop();
      for (let parent = 0; ; ) {
        const left = parent * 2 + 1;
        const child = isBefore(left + 1, left) ? left + 1 : left;
        if (!isBefore(child, parent)) return top;
        swap(child, parent);
        parent = child;
      }
    },
  };
}

/** Creates a clock that stands at `startUs`. */
export function createVirtualTime(startUs: number): VirtualTime {
  const events = createEventHeap();
  let nowUs = startUs;
  let order = 0;
  const at = (timeUs: number, callback: () => void) =>
    events.push({ timeUs: Math.max(timeUs, nowUs), order: order++, callback });
  return {
    get nowUs() {
      return nowUs;
    },
    at,
    schedule: (callback, delayMs) => {
      let cancelled = false;
      at(nowUs + delayMs * 1_000, () => {
        if (!cancelled) callback();
      });
      return () => {
        cancelled = true;
      };
    },
    every: (intervalUs, callback) => {
      const tick = () => {
        callback();
        at(nowUs + intervalUs, tick);
      };
      at(nowUs, tick);
    },
    runUntil: (timeUs) => {
      for (let next = events.peek(); next && next.timeUs <= timeUs; next = events.peek()) {
        events.pop();
        nowUs = next.timeUs;
        next.callback();
      }
      nowUs = timeUs;
    },
  };
}
