import { isAppError } from '@cloudstage/protocol';
import { checkProgram } from '../../storage/program-path.js';
import type { PackageIndex } from './package-index.js';

/** Why a package does not have the program, in a sentence that names others; null when it has. PURE. */
export function explainProgram(index: PackageIndex, entryPath: string): string | null {
  try {
    checkProgram(entryPath, index);
    return null;
  } catch (error) {
    if (isAppError(error, 'entry-not-found') || isAppError(error, 'entry-not-program')) return error.message;
    throw error;
  }
}
