import { uploadLimits } from '../storage/uploads/limits.js';
import type { TokenCheck, UploadTokens } from '../storage/uploads/upload-token.js';

/** Header under which clients of the original platform's storage send their token. */
export const tokenHeader = 'x-cos-security-token';

/** Looks at the token of a request: `Authorization: Bearer …`, or the storage header. */
export function checkRequest(
  header: (name: string) => string | null | undefined,
  tokens: UploadTokens,
  now: number,
): TokenCheck {
  const bearer = /^Bearer +(\S+)$/i.exec((header('authorization') ?? '').slice(0, uploadLimits.tokenChars + 16))?.[1];
  return tokens.check(bearer ?? header(tokenHeader) ?? '', now);
}
