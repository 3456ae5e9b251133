import type { WindowMatch } from '@cloudstage/protocol';

/** What is known of a window. */
export interface WindowFacts {
  readonly title: string;
  /** Both parts of WM_CLASS: instance and class. */
  readonly classes: readonly string[];
  /** The window that this one belongs to; 0: none. */
  readonly transientFor: number;
}

/** True when the window is the one that is meant. PURE. */
export function isMainWindow(facts: WindowFacts, { name, className }: WindowMatch): boolean {
  if (name === null && className === null) return false;
  return (name === null || facts.title === name) && (className === null || facts.classes.includes(className));
}

/** Place of each window: `main`, `with-main` for its dialogs, `below` for the rest; all `free` without a main window. PURE. */
export function placeWindows(
  windows: ReadonlyMap<number, WindowFacts>,
  match: WindowMatch | null,
): ReadonlyMap<number, 'main' | 'with-main' | 'below' | 'free'> {
  const mains = new Set([...windows].flatMap(([id, facts]) => (match && isMainWindow(facts, match) ? [id] : [])));
  const belongs = (id: number, depth: number): boolean => {
    const owner = windows.get(id)?.transientFor ?? 0;
    return mains.has(owner) || (owner !== 0 && depth > 0 && belongs(owner, depth - 1));
  };
  return new Map(
    [...windows.keys()].map((id) => {
      if (mains.size === 0) return [id, 'free'];
      if (mains.has(id)) return [id, 'main'];
      return [id, belongs(id, maxDialogDepth) ? 'with-main' : 'below'];
    }),
  );
}

/** A dialog of a dialog of a dialog; also what ends a circle. */
const maxDialogDepth = 4;
