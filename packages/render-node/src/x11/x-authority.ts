/** One entry of an Xauthority file. @see libXau, `Xau.h` */
export interface XAuthorityEntry {
  readonly family: number;
  readonly address: string;
  /** Display number as text; empty matches every display. */
  readonly display: string;
  readonly name: string;
  /** Secret bytes as latin1 text, the form in which npm `x11` wants them. */
  readonly data: string;
}

const cookieName = 'MIT-MAGIC-COOKIE-1';

/** Reads the entries of an Xauthority file; a truncated file gives the complete entries before the cut. */
export function parseXAuthority(file: Buffer): XAuthorityEntry[] {
  const entries: XAuthorityEntry[] = [];
  let offset = 0;
  const readField = (): string | undefined => {
    if (offset + 2 > file.length) return undefined;
    const length = file.readUInt16BE(offset);
    const end = offset + 2 + length;
    if (end > file.length) return undefined;
    const text = file.toString('latin1', offset + 2, end);
    offset = end;
    return text;
  };
  while (offset + 2 <= file.length) {
    const family = file.readUInt16BE(offset);
    offset += 2;
    const address = readField();
    const display = readField();
    const name = readField();
    const data = readField();
    if (address === undefined || display === undefined || name === undefined || data === undefined) break;
    entries.push({ family, address, display, name, data });
  }
  return entries;
}

/**
 * The cookie for a display number. The address is not compared: the caller named the file, and a slot's hostname and
 * network namespace differ from the ones the file was written in.
 */
export function findCookie(entries: readonly XAuthorityEntry[], displayNumber: number): XAuthorityEntry | undefined {
  const wanted = String(displayNumber);
  const cookies = entries.filter((entry) => entry.name === cookieName);
  return cookies.find((entry) => entry.display === wanted) ?? cookies.find((entry) => entry.display === '');
}

/** Display number of a display name (`:101`, `:101.0`, `unix:3`), or undefined when it is none. */
export function parseDisplayNumber(display: string): number | undefined {
  const match = /^[A-Za-z0-9./-]*:(\d{1,5})(?:\.\d{1,3})?$/.exec(display);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
