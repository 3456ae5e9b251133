/** PURE: line charts as static SVG. */

/** One line. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  /** `[x, y]`, ascending in x; `null` for y leaves a gap. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** One diagram; several of a chart lie above each other and share their x axis. */
export interface Diagram {
  readonly title: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Upper end of the y axis; default: what the series need. Points beyond lie on the edge. */
  readonly yMax?: number;
}

/** A chart. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly diagrams: readonly Diagram[];
}

const size = { width: 860, diagram: 190, left: 60, right: 16, top: 30, gap: 44, bottom: 60 } as const;

const escapeText = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** A round number of at least `value`: 1, 2 or 5 times a power of ten. */
export function niceCeil(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value * 0.999_999) ?? 10 * power
  );
}

function range(diagrams: readonly Diagram[]): { readonly min: number; readonly max: number } {
  const all = diagrams.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)));
  const [min, max] = [Math.min(...all), Math.max(...all)];
  return all.length > 0 && max > min ? { min, max } : { min: 0, max: 1 };
}

const round = (value: number) => Math.round(value * 10) / 10;

function pathOf(points: Series['points'], toX: (x: number) => number, toY: (y: number) => number): string {
  let isNew = true;
  const parts: string[] = [];
  for (const [x, y] of points) {
    if (y !== null) parts.push(`${isNew ? 'M' : 'L'}${round(toX(x))} ${round(toY(y))}`);
    isNew = y === null;
  }
  return parts.join('');
}

function drawDiagram(diagram: Diagram, top: number, toX: (x: number) => number): string[] {
  const values = diagram.series.flatMap(({ points }) => points.flatMap(([, y]) => y ?? []));
  const yMax = diagram.yMax ?? niceCeil(Math.max(0, ...values));
  const bottom = top + size.diagram;
  const toY = (y: number) => bottom - (Math.min(yMax, Math.max(0, y)) / yMax) * size.diagram;
  const right = size.width - size.right;
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const y = round(toY(share * yMax));
    return [
      `<line x1="${size.left}" y1="${y}" x2="${right}" y2="${y}" stroke="#ddd"/>`,
      `<text x="${size.left - 6}" y="${y + 4}" text-anchor="end">${round(share * yMax)}</text>`,
    ];
  });
  const middle = top + size.diagram / 2;
  return [
    `<text x="${size.left}" y="${top - 8}" font-weight="bold">${escapeText(diagram.title)}</text>`,
    `<text x="14" y="${middle}" transform="rotate(-90 14 ${middle})" text-anchor="middle">${escapeText(diagram.yLabel)}</text>`,
    ...grid,
    ...diagram.series.map(
      ({ points, colour }) =>
        `<path d="${pathOf(points, toX, toY)}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    ),
  ];
}

function legend(diagrams: readonly Diagram[], y: number): string[] {
  const known = new Map(diagrams.flatMap(({ series }) => series.map(({ name, colour }) => [name, colour] as const)));
  return [...known].map(([name, colour], index) => {
    const x = size.left + index * 190;
    return `<line x1="${x}" y1="${y - 4}" x2="${x + 22}" y2="${y - 4}" stroke="${colour}" stroke-width="3"/><text x="${x + 28}" y="${y}">${escapeText(name)}</text>`;
  });
}

/** Draws a chart; text in the reader's own sans-serif face, no scripts, nothing loaded. */
export function drawChart({ title, xLabel, diagrams }: Chart): string {
  const { min, max } = range(diagrams);
  const toX = (x: number) => size.left + ((x - min) / (max - min)) * (size.width - size.left - size.right);
  const height = size.top + diagrams.length * (size.diagram + size.gap) + size.bottom;
  const topOf = (index: number) => size.top + 24 + index * (size.diagram + size.gap);
  const axis = topOf(diagrams.length - 1) + size.diagram;
  const step = niceCeil((max - min) / 10);
  const firstTick = Math.ceil(min / step);
  const ticks = Array.from(
    { length: Math.floor(max / step) - firstTick + 1 },
    (_, index) => (firstTick + index) * step,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${size.width}" height="${height}" fill="#fff" />`,
    `<text x="${size.left}" y="18" font-size="14" font-weight="bold">${escapeText(title)}</text>`,
    ...diagrams.flatMap((diagram, index) => drawDiagram(diagram, topOf(index), toX)),
    ...ticks.map((x) => `<text x="${round(toX(x))}" y="${axis + 16}" text-anchor="middle">${round(x)}</text>`),
    `<text x="${size.width / 2}" y="${axis + 32}" text-anchor="middle">${escapeText(xLabel)}</text>`,
    ...legend(diagrams, axis + 52),
    '</svg>',
    '',
  ].join('\n');
}
