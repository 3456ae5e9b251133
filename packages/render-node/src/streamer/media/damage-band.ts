/** Rows `[top, bottom)` of the screen that changed. */
export interface RowBand {
  readonly top: number;
  readonly bottom: number;
}

/** Union of damaged rectangles as a band of rows, even at both ends because chroma is sampled in pairs of rows. PURE. */
export interface DamageBand {
  add(top: number, height: number): void;
  /** The band within a picture of `height` rows, or null when nothing changed; empties it. */
  take(height: number): RowBand | null;
  addAll(): void;
}

/** Creates an empty band. */
export function createDamageBand(): DamageBand {
  let top = Number.POSITIVE_INFINITY;
  let bottom = 0;
  return {
    add: (rectangleTop, rectangleHeight) => {
      top = Math.min(top, rectangleTop);
      bottom = Math.max(bottom, rectangleTop + rectangleHeight);
    },
    addAll: () => {
      top = 0;
      bottom = Number.POSITIVE_INFINITY;
    },
    take: (height) => {
      const first = Math.max(0, top - (top % 2 === 0 ? 0 : 1));
      const visible = Math.min(height, bottom);
      const last = Math.min(height, visible + (visible % 2));
      top = Number.POSITIVE_INFINITY;
      bottom = 0;
      return first < last ? { top: first, bottom: last } : null;
    },
  };
}
