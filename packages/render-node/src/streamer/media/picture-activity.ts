/** What a picture has in it, from sparse samples of its brightness. Both are sums over all pixels, as if each had been looked at. */
export interface PictureActivity {
  /** Differences from the picture before: about what a picture costs that is predicted from that one without motion. */
  readonly change: number;
  /** Differences between neighbours: about what a picture costs that is predicted from itself. */
  readonly detail: number;
}

/** Looks at pictures of one size, one after the other. */
export interface ActivityMeter {
  /** @param luma rows of brightness; @param stride bytes from row to row */
  measure(luma: Uint8Array, stride: number): PictureActivity;
}

/** Pixels from one sample to the next, in both directions: 1080p takes some 32,000 of them, tens of microseconds. */
const spacing = 8;

/** Creates a meter, to which the first picture is all change. PURE apart from its memory, a byte for each sample. */
export function createActivityMeter(width: number, height: number): ActivityMeter {
  const columns = Math.floor((width - 1) / spacing);
  const rows = Math.ceil(height / spacing);
  const before = new Uint8Array(columns * rows);
  const pixels = width * height;
  return {
    measure: (luma, stride) => {
      let change = 0;
      let detail = 0;
      let at = 0;
      for (let row = 0; row < rows; row++) {
        // Samples of one row are not above those of the next: upright lines of text would all be hit, or none.
        let from = row * spacing * stride + ((row * 3) % spacing);
        for (let column = 0; column < columns; column++, at++, from += spacing) {
          const value = luma[from] ?? 0;
          change += Math.abs(value - (before[at] ?? 0));
          detail += Math.abs(value - (luma[from + 1] ?? 0));
          before[at] = value;
        }
      }
      const scale = pixels / Math.max(1, columns * rows);
      return { change: change * scale, detail: detail * scale };
    },
  };
}
