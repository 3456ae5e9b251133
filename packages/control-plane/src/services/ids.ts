import { createHash, randomInt } from 'node:crypto';

const lowerAlphanumerics = 'abcdefghijklmnopqrstuvwxyz0123456789';
const alphanumerics = `${lowerAlphanumerics}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) text += alphabet[randomInt(alphabet.length)];
  return text;
}

/** Prefixes of public ids; all but `ses-`, `acc-` and `rec-` are the vendor's. */
export type IdPrefix = 'app' | 'ver' | 'cap' | 'cac' | 'cf' | 'ses' | 'acc' | 'rec';

/** Makes an id: sessions get 20 random characters because clients present them, recordings because there are many, the rest eight as in the vendor's API. */
export function createId(prefix: IdPrefix): string {
  return `${prefix}-${randomText(lowerAlphanumerics, prefix === 'ses' || prefix === 'rec' ? 20 : 8)}`;
}

/** Makes an access key id of the vendor's form: `AKID` and 32 characters. */
export function createSecretId(): string {
  return `AKID${randomText(alphanumerics, 32)}`;
}

/** Makes a secret of 32 characters, 190 bits. */
export function createSecretKey(): string {
  return randomText(alphanumerics, 32);
}

/** Makes the text that stands for the signature when a browser reconnects: 40 characters, 238 bits. */
export function createReconnectToken(): string {
  return randomText(alphanumerics, 40);
}

/** What the database keeps of a token. The token is random, so a plain hash cannot be guessed back. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
