import type { WindowMatch } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { Reply, X11Property } from '../../x11/core-types.js';
import type { X11Display } from '../../x11/display.js';
import { windowLimits } from './limits.js';
import { placeWindows, type WindowFacts } from './window-match.js';

/** Makes one window of the display fill the screen, and keeps the others below it. */
export interface MainWindowKeeper {
  /** Null: no window is special. */
  follow(match: WindowMatch | null): void;
  close(): void;
}

const propertyChangeMask = 0x40_0000;
/** Messages to the window manager: SubstructureRedirect and SubstructureNotify. */
const managerMask = 0x18_0000;
const anyType = 0;
/** `_NET_WM_STATE` actions. */
const stateActions = { remove: 0, add: 1 } as const;
/** The request comes from a pager: honoured, not weighed against the user's own wishes. */
const fromPager = 2;

const atomNames = [
  '_NET_CLIENT_LIST',
  '_NET_CLIENT_LIST_STACKING',
  '_NET_WM_NAME',
  '_NET_WM_STATE',
  '_NET_WM_STATE_MAXIMIZED_VERT',
  '_NET_WM_STATE_MAXIMIZED_HORZ',
  '_NET_WM_STATE_ABOVE',
  '_NET_WM_STATE_BELOW',
  '_NET_ACTIVE_WINDOW',
  'WM_NAME',
  'WM_CLASS',
  'WM_TRANSIENT_FOR',
] as const;
type Atoms = Readonly<Record<(typeof atomNames)[number], number>>;

async function internAtoms(display: X11Display): Promise<Atoms> {
  const entries = await Promise.all(atomNames.map(async (name) => [name, await display.atom(name)] as const));
  return Object.fromEntries(entries) as Atoms;
}

function createReader(display: X11Display, atoms: Atoms) {
  const { core, root } = display;
  const property = (window: number, atom: number): Promise<X11Property> =>
    display.request(
      (reply: Reply<X11Property>) => core.GetProperty(0, window, atom, anyType, 0, windowLimits.textUnits, reply),
      'GetProperty',
    );
  const ids = ({ data }: X11Property) =>
    Array.from({ length: data.length >> 2 }, (_, index) => data.readUInt32LE(index * 4));
  return {
    /** The oldest first. */
    windows: async () => ids(await property(root, atoms._NET_CLIENT_LIST)).slice(0, windowLimits.windows),
    /** The lowest first. */
    stacking: async () => ids(await property(root, atoms._NET_CLIENT_LIST_STACKING)),
    facts: async (window: number): Promise<WindowFacts> => {
      const [name, oldName, classes, owner] = await Promise.all([
        property(window, atoms._NET_WM_NAME),
        property(window, atoms.WM_NAME),
        property(window, atoms.WM_CLASS),
        property(window, atoms.WM_TRANSIENT_FOR),
      ]);
      return {
        title: (name.data.length > 0 ? name : oldName).data.toString('utf8'),
        classes: classes.data.toString('latin1').split('\0').filter(Boolean),
        transientFor: ids(owner)[0] ?? 0,
      };
    },
  };
}

type Place = 'main' | 'with-main' | 'below' | 'free';

function createManager({ core, root }: X11Display, atoms: Atoms) {
  const message = (window: number, type: number, data: readonly number[]) =>
    core.SendClientMessage(root, window, type, 32, data, managerMask);
  const state = (window: number, action: number, first: number, second = 0) =>
    message(window, atoms._NET_WM_STATE, [action, first, second, fromPager, 0]);
  return {
    place: (window: number, place: Place) => {
      const { _NET_WM_STATE_ABOVE: above, _NET_WM_STATE_BELOW: below } = atoms;
      state(window, place === 'below' ? stateActions.add : stateActions.remove, below);
      state(window, place === 'main' ? stateActions.add : stateActions.remove, above);
      if (place === 'main') {
        state(window, stateActions.add, atoms._NET_WM_STATE_MAXIMIZED_VERT, atoms._NET_WM_STATE_MAXIMIZED_HORZ);
      }
    },
    activate: (window: number) => message(window, atoms._NET_ACTIVE_WINDOW, [fromPager, 0, 0, 0, 0]),
  };
}

/** Looks at all windows once and gives each its place. */
function createArranger(display: X11Display, atoms: Atoms) {
  const reader = createReader(display, atoms);
  const manager = createManager(display, atoms);
  const watched = new Set<number>();
  const placed = new Map<number, Place>();
  return async (match: WindowMatch | null): Promise<void> => {
    const found = await reader.windows();
    for (const known of [...watched]) if (!found.includes(known)) watched.delete(known);
    const windows = new Map<number, WindowFacts>();
    for (const window of found) {
      if (!watched.has(window)) display.core.ChangeWindowAttributes(window, { eventMask: propertyChangeMask });
      watched.add(window);
      // One that vanishes meanwhile is not in the next list.
      const facts = await reader.facts(window).catch(() => null);
      if (facts) windows.set(window, facts);
    }
    const places = placeWindows(windows, match);
    const changed = [...places].filter(([window, place]) => (placed.get(window) ?? 'free') !== place);
    for (const [window, place] of changed) manager.place(window, place);
    placed.clear();
    for (const [window, place] of places) placed.set(window, place);
    if (changed.length === 0 || [...places.values()].includes('with-main')) return;
    // A new window takes the focus, one below too: keys belong to what is seen, which is the newest of several main windows.
    const isMain = (window: number) => places.get(window) === 'main';
    const newest = changed.map(([window]) => window).findLast(isMain);
    const seen = newest ?? (await reader.stacking()).findLast(isMain);
    if (seen !== undefined) manager.activate(seen);
  };
}

/** Creates the keeper; nothing is asked of the display before the first match. The display stays the caller's. */
export function createMainWindowKeeper(display: X11Display, logger: Logger): MainWindowKeeper {
  let match: WindowMatch | null = null;
  let arrange: ReturnType<typeof createArranger> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | null = null;
  let isDirty = false;
  let stop: (() => void) | null = null;

  const run = async () => {
    const work = arrange;
    isDirty = false;
    await work?.(match);
  };
  const look = () => {
    isDirty = true;
    if (current || timer !== undefined || stop === null) return;
    timer = setTimeout(() => {
      timer = undefined;
      current = run()
        .catch((error: unknown) => {
          if (!display.isClosed) logger.warn({ err: error }, 'windows cannot be arranged');
        })
        .finally(() => {
          current = null;
          if (isDirty) look();
        });
    }, windowLimits.quietMs);
  };
  const begin = async () => {
    const atoms = await internAtoms(display);
    const relevant = new Set([atoms._NET_CLIENT_LIST, atoms._NET_WM_NAME, atoms.WM_NAME, atoms.WM_CLASS]);
    stop = display.onEvent((event) => {
      if (event.name === 'PropertyNotify' && relevant.has(Number(event.atom))) look();
    });
    display.core.ChangeWindowAttributes(display.root, { eventMask: propertyChangeMask });
    arrange = createArranger(display, atoms);
  };
  let beginning: Promise<void> | null = null;
  return {
    follow: (next) => {
      match = next;
      if (next === null && beginning === null) return;
      beginning ??= begin();
      beginning.then(look, (error: unknown) => logger.warn({ err: error }, 'windows cannot be watched'));
    },
    close: () => {
      clearTimeout(timer);
      stop?.();
      stop = null;
    },
  };
}
