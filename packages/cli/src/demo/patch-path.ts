import { AppError } from '@cloudstage/protocol';

/**
 * Replaces a C string that a program was compiled with by another one of the same length. PURE.
 *
 * @param image The whole file; not changed.
 * @returns A changed copy.
 * @throws AppError `demo-package-failed` unless the string occurs exactly once: another build of the program may hold it
 * more than once or not at all, and half a change would only show when it runs.
 */
export function patchCompiledPath(image: Buffer, from: string, to: string): Buffer {
  const before = Buffer.from(`${from}\0`, 'latin1');
  const after = Buffer.from(`${to}\0`, 'latin1');
  if (before.length !== after.length) {
    throw new AppError('demo-package-failed', `"${to}" must be as long as "${from}" (${from.length} characters)`);
  }
  const at = image.indexOf(before);
  if (at < 0 || image.indexOf(before, at + 1) >= 0) {
    throw new AppError('demo-package-failed', `the program does not hold the path "${from}" exactly once`);
  }
  const patched = Buffer.from(image);
  after.copy(patched, at);
  return patched;
}
