import { crc32 } from 'node:zlib';

/** An entry of a RAR archive made by hand; there is no free program that writes RAR. */
export interface RarEntry {
  readonly name: string;
  readonly content?: Buffer | string;
  /** Unix mode with file type. */
  readonly mode?: number;
  /** Flags of the file header besides the necessary ones; RAR 4: 0x04 is "encrypted". */
  readonly flags?: number;
}

function rar4Block(type: number, flags: number, fields: Buffer, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(7 + fields.length);
  header.writeUInt8(type, 2);
  header.writeUInt16LE(flags, 3);
  header.writeUInt16LE(header.length, 5);
  fields.copy(header, 7);
  header.writeUInt16LE(crc32(header.subarray(2)) & 0xffff, 0);
  return Buffer.concat([header, data]);
}

/** Bytes of a RAR 4 archive, stored without compression. @see technote.txt of unrar */
export function buildRar4(entries: readonly RarEntry[], options: { readonly flags?: number } = {}): Buffer {
  const files = entries.map(({ name, content = '', mode = 0o100644, flags = 0 }) => {
    const data = Buffer.from(content);
    const nameBytes = Buffer.from(name, 'utf8');
    const fields = Buffer.alloc(25);
    fields.writeUInt32LE(data.length, 0);
    fields.writeUInt32LE(data.length, 4);
    fields.writeUInt8(3, 8);
    fields.writeUInt32LE(crc32(data), 9);
    fields.writeUInt8(20, 17);
    fields.writeUInt8(0x30, 18);
    fields.writeUInt16LE(nameBytes.length, 19);
    fields.writeUInt32LE(mode, 21);
    const isDirectory = (mode & 0o170000) === 0o040000;
    const all = 0x8000 | (isDirectory ? 0xe0 : 0) | flags;
    return rar4Block(0x74, all, Buffer.concat([fields, nameBytes]), data);
  });
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\x00', 'latin1'),
    rar4Block(0x73, options.flags ?? 0, Buffer.alloc(6)),
    ...files,
    rar4Block(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

/** Variable-length number of RAR 5. */
function vint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function rar5Block(fields: readonly Buffer[], data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([...fields]);
  const sized = Buffer.concat([vint(body.length), body]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(sized));
  return Buffer.concat([crc, sized, data]);
}

/** Bytes of a RAR 5 archive, stored without compression. @see https://www.rarlab.com/technote.htm */
export function buildRar5(entries: readonly RarEntry[], options: { readonly flags?: number } = {}): Buffer {
  const files = entries.map(({ name, content = '', mode = 0o100644 }) => {
    const data = Buffer.from(content);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32(data));
    const nameBytes = Buffer.from(name, 'utf8');
    const isDirectory = (mode & 0o170000) === 0o040000;
    const head = [vint(2), vint(2), vint(data.length), vint(isDirectory ? 5 : 4), vint(data.length), vint(mode), crc];
    return rar5Block([...head, vint(0), vint(1), vint(nameBytes.length), nameBytes], data);
  });
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'),
    rar5Block([vint(1), vint(0), vint(options.flags ?? 0)]),
    ...files,
    rar5Block([vint(5), vint(0), vint(0)]),
  ]);
}

/** Bytes of a RAR 5 archive whose headers are encrypted: it begins with an encryption header. */
export function buildEncryptedRar5(): Buffer {
  const header = rar5Block([vint(4), vint(0), vint(0), vint(0), Buffer.from([15]), Buffer.alloc(16)]);
  return Buffer.concat([Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'), header, Buffer.alloc(64, 1)]);
}
