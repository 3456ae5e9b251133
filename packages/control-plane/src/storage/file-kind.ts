/** Kind of a file by name and first bytes. `pe`: a Windows program; `web`: the start page of a web application. */
export type FileKind = 'elf' | 'pe' | 'script' | 'web' | 'data';

const peMagic = 'PE\0\0';
/** Characteristics of a PE file that is a library. @see Microsoft PE format, "Characteristics" */
const dllFlag = 0x2000;

/** True for Windows libraries, which carry the magic of programs. */
function isWindowsLibrary(head: Buffer): boolean {
  if (head.length < 0x40) return false;
  const header = head.readUInt32LE(0x3c);
  if (header + 24 > head.length || head.toString('latin1', header, header + 4) !== peMagic) return false;
  return (head.readUInt16LE(header + 22) & dllFlag) !== 0;
}

/** Tells the kind of a file. PURE. Libraries, of which a package may have hundreds, are data. */
export function kindOfFile(path: string, head: Buffer): FileKind {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const magic = head.toString('latin1', 0, 4);
  if (magic === '\x7fELF') return /\.so(\.[0-9.]+)?$/.test(name) ? 'data' : 'elf';
  if (magic.startsWith('#!')) return 'script';
  if (magic.startsWith('MZ')) return isWindowsLibrary(head) ? 'data' : 'pe';
  return name === 'index.html' || name === 'index.htm' ? 'web' : 'data';
}
