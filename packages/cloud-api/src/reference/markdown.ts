/** Cells of one table row, made safe: a bar would end the cell, a line feed the row. PURE. */
export function cells(...texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' '));
}

/** A Markdown table; columns that are empty in every row are left out. PURE. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, column) => column === 0 || rows.some((row) => (row[column] ?? '') !== ''));
  const line = (texts: readonly string[]): string => `| ${texts.filter((_, column) => used[column]).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
