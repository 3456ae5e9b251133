/** One column: its title and what it shows of a row. */
export type Column<Row> = readonly [title: string, show: (row: Row) => string | number | null];

/** Text that a terminal shows as it is: control characters of foreign names would move the cursor. PURE. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

/** Rows as aligned columns with a header; `empty` when there are none. PURE. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): string {
  if (rows.length === 0) return empty;
  const body = rows.map((row) => columns.map(([, show]) => printable(String(show(row) ?? '-'))));
  const lines = [columns.map(([title]) => title), ...body];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One object as `name  value` lines. PURE. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string | number | boolean | null])[],
): string {
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${printable(String(value ?? '-'))}`).join('\n');
}

/** Epoch milliseconds as a time that people read; null: `-`. PURE. */
export function shortTime(at: number | null): string {
  return at === null ? '-' : `${new Date(at).toISOString().slice(0, 19)}Z`;
}
