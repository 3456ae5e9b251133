import { type FileHandle, open } from 'node:fs/promises';

const headBytes = 8;
/** Boxes before the first fragment: there are two. */
const mostBoxes = 16;

async function readBox(
  file: FileHandle,
  at: number,
): Promise<{ readonly type: string; readonly bytes: number } | null> {
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await file.read(head, 0, headBytes, at);
  const bytes = head.readUInt32BE(0);
  return bytesRead === headBytes && bytes >= headBytes ? { type: head.toString('latin1', 4), bytes } : null;
}

/**
 * Whether a fragmented MP4 file holds a fragment, or the beginning of one: without any there is nothing to play in it, whatever stands in front.
 * Rejects with the system's error.
 * @see ISO/IEC 14496-12 §4.2, §8.8.4
 */
export async function holdsFragment(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    let at = 0;
    for (let boxes = 0; boxes < mostBoxes; boxes++) {
      const box = await readBox(file, at);
      if (!box || box.type === 'moof') return box !== null;
      at += box.bytes;
    }
    return false;
  } finally {
    await file.close();
  }
}
