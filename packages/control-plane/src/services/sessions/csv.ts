/**
 * One line of CSV with its CRLF. Texts that a spreadsheet would take for a formula get an apostrophe in front: user ids come
 * from outside, and the file is opened by an accountant. PURE.
 * @see RFC 4180; OWASP "CSV injection"
 */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
