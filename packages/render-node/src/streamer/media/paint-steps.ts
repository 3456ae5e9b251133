/** A pause longer than that ends a paint, milliseconds: nobody waits that long for another step. */
const endingPauseMs = 3;
/** A paint that goes on for longer is no paint but a stream of changes, and is waited for no longer. */
const longestMs = 6;
/** A wait is no longer than this share of the stream's interval either. */
const longestShare = 0.35;
/** What is reported within that of the change before is the same step: requests that the server carried out together, before anything of ours. */
const togetherMs = 0.3;
/** Paints that are remembered, how many there must be before they say something, and how many of them must have steps. */
const memory = { most: 16, least: 8, share: 0.4 } as const;
/** Pause behind a step after which a paint counts as complete: a multiple of the usual longest pause within one, between bounds. */
const quiet = { factor: 1.5, leastMs: 0.7, mostMs: endingPauseMs } as const;
/** A paint of as many steps as most have counts as complete at once. */
const usualShare = 0.8;
/** Reports of one paint that the server is asked for. */
const mostReports = 16;

interface Paint {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly longestPauseMs: number;
  readonly steps: number;
  readonly reports: number;
}

/** What the steps of a program are like. */
interface Habit {
  readonly quietMs: number;
  readonly steps: number;
}

const isStepped = ({ firstMs, lastMs, steps }: Paint) => steps > 1 && lastMs - firstMs <= longestMs;

const atShare = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * usualShare)] ?? 0;

/** Undefined: no habit of painting in steps. */
function habitOf(paints: readonly Paint[]): Habit | undefined {
  const stepped = paints.filter(isStepped);
  if (paints.length < memory.least || stepped.length < memory.share * paints.length) return undefined;
  const pauseMs = atShare(stepped.map(({ longestPauseMs }) => longestPauseMs));
  return {
    quietMs: Math.min(quiet.mostMs, Math.max(quiet.leastMs, quiet.factor * pauseMs)),
    steps: atShare(stepped.map(({ steps }) => steps)),
  };
}

/**
 * Learns whether a program draws its pictures in several steps, each to be seen on the screen (xterm, Tk, programs of Wine), where most toolkits show one that is
 * complete. PURE; times are milliseconds of one monotonic clock.
 */
export interface PaintSteps {
  /** The program drew. @returns whether that began a new paint */
  onStep(nowMs: number): boolean;
  /** Time until the paint that is on its way counts as complete; 0 unless the program usually paints in steps. */
  restMs(nowMs: number, intervalMs: number): number;
  /** Further steps of this paint are worth knowing. */
  isOpen(nowMs: number): boolean;
}

/** Creates one that knows nothing yet. */
export function createPaintSteps(): PaintSteps {
  const paints: Paint[] = [];
  let current: Paint | undefined;
  let habit: Habit | undefined;
  return {
    onStep: (nowMs) => {
      const pauseMs = current ? nowMs - current.lastMs : 0;
      if (current && pauseMs <= endingPauseMs && current.lastMs - current.firstMs <= longestMs) {
        current = {
          firstMs: current.firstMs,
          lastMs: nowMs,
          longestPauseMs: Math.max(current.longestPauseMs, pauseMs),
          steps: current.steps + (pauseMs > togetherMs ? 1 : 0),
          reports: current.reports + 1,
        };
        return false;
      }
      if (current) paints.push(current);
      if (paints.length > memory.most) paints.shift();
      habit = habitOf(paints);
      current = { firstMs: nowMs, lastMs: nowMs, longestPauseMs: 0, steps: 1, reports: 1 };
      return true;
    },
    restMs: (nowMs, intervalMs) => {
      if (!current || !habit || current.steps >= habit.steps) return 0;
      const boundMs = Math.min(longestMs, longestShare * intervalMs);
      return Math.max(0, Math.min(current.firstMs + boundMs, current.lastMs + habit.quietMs) - nowMs);
    },
    isOpen: (nowMs) => current !== undefined && current.reports < mostReports && nowMs - current.firstMs <= longestMs,
  };
}
