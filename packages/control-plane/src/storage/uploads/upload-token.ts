import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { invariant } from '@cloudstage/protocol';
import { uploadLimits } from './limits.js';

/** What a token allows: one file of one version, up to a size, for a time. */
export interface UploadClaims {
  readonly accountId: string;
  readonly applicationId: string;
  readonly versionId: string;
  /** `<versionId>/<random>.<extension>`, below the upload endpoint and in the store. */
  readonly path: string;
  readonly maxBytes: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Result of looking at a token. */
export type TokenCheck =
  | { readonly type: 'valid'; readonly claims: UploadClaims }
  | { readonly type: 'invalid' }
  | { readonly type: 'expired' };

/** Signs and checks upload tokens. They hold all that is needed: any control plane with the same master key takes them. */
export interface UploadTokens {
  issue(claims: UploadClaims): { readonly secretId: string; readonly secretKey: string; readonly sessionToken: string };
  check(token: string, now: number): TokenCheck;
}

const idPattern = /^[A-Za-z0-9-]{1,64}$/;
const extensionPattern = /\.(zip|7z|rar|apk|tgz|tar|tar\.gz|tar\.zst|tar\.xz|tar\.bz2)$/i;

/** Makes the path of a new upload. Of the caller's file name only a known extension is taken, for people who look into the store. */
export function newUploadPath(versionId: string, fileName: string): string {
  invariant(idPattern.test(versionId), 'a version id is made by us');
  const extension = extensionPattern.exec(fileName)?.[0].toLowerCase() ?? '';
  return `${versionId}/${randomBytes(16).toString('hex')}${extension}`;
}

function parseClaims(body: string): UploadClaims {
  const [accountId, applicationId, versionId, path, maxBytes, expiresAt] = JSON.parse(
    Buffer.from(body, 'base64url').toString('utf8'),
  ) as [string, string, string, string, number, number];
  return { accountId, applicationId, versionId, path, maxBytes, expiresAt };
}

/** Creates tokens under a key that is derived from the master key. */
export function createUploadTokens(masterKey: Buffer): UploadTokens {
  const key = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'cloudstage upload tokens v1', 32));
  const mac = (purpose: string, text: string) => createHmac('sha256', key).update(`${purpose}\n${text}`).digest();
  return {
    issue: ({ accountId, applicationId, versionId, path, maxBytes, expiresAt }) => {
      const body = Buffer.from(JSON.stringify([accountId, applicationId, versionId, path, maxBytes, expiresAt]));
      const text = `v1.${body.toString('base64url')}`;
      return {
        secretId: `UPID${mac('id', text).toString('hex').slice(0, 32)}`,
        secretKey: mac('key', text).toString('base64url').slice(0, 32),
        sessionToken: `${text}.${mac('token', text).toString('base64url')}`,
      };
    },
    check: (token, now) => {
      if (token.length > uploadLimits.tokenChars) return { type: 'invalid' };
      const end = token.lastIndexOf('.');
      const text = token.slice(0, Math.max(0, end));
      const given = Buffer.from(token.slice(end + 1), 'base64url');
      const expected = mac('token', text);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { type: 'invalid' };
      // Signed by us: its form needs no second check.
      const claims = parseClaims(text.slice('v1.'.length));
      return now >= claims.expiresAt ? { type: 'expired' } : { type: 'valid', claims };
    },
  };
}
