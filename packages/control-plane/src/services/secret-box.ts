import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, open as openFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@cloudstage/protocol';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;

/** Seals secrets for storage. */
export interface SecretBox {
  /** Encrypts; `context` (the row's key) is authenticated, so that a sealed text cannot be moved to another row. */
  seal(plain: string, context: string): string;
  /** Decrypts. Throws AppError `secret-unreadable` when key, context or text are not those of {@link SecretBox.seal}. */
  open(sealed: string, context: string): string;
  /**
   * Seals anew what a previous key has sealed; null when it is under the current key already. Throws AppError
   * `secret-unreadable` when no key opens it.
   */
  reseal(sealed: string, context: string): string | null;
}

function seal(key: Buffer, plain: string, context: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv(algorithm, key, iv);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return ['v1', ...[iv, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.');
}

function open(key: Buffer, sealed: string, context: string): string {
  const [form, iv, tag, text] = sealed.split('.');
  if (form !== 'v1' || iv === undefined || tag === undefined || text === undefined) {
    throw new AppError('secret-unreadable', 'a stored secret has an unknown form');
  }
  try {
    const decipher = createDecipheriv(algorithm, key, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new AppError(
      'secret-unreadable',
      'a stored secret does not open with this master key; restore the key that belongs to the database',
      { cause },
    );
  }
}

/** Opens with the first of `keys` that fits. */
function openWithAny(keys: readonly Buffer[], sealed: string, context: string): { plain: string; isFirst: boolean } {
  let failure: unknown = new AppError('secret-unreadable', 'there is no master key');
  for (const [index, key] of keys.entries()) {
    try {
      return { plain: open(key, sealed, context), isFirst: index === 0 };
    } catch (error) {
      if (index === 0) failure = error;
    }
  }
  throw failure;
}

/**
 * Creates a box over 32-byte keys: the current one, and previous ones that still open what they have sealed. Form of a
 * sealed text: `v1.<iv>.<tag>.<cipher text>`, base64url.
 */
export function createSecretBox(key: Buffer, previousKeys: readonly Buffer[] = []): SecretBox {
  const keys = [key, ...previousKeys];
  return {
    seal: (plain, context) => seal(key, plain, context),
    open: (sealed, context) => openWithAny(keys, sealed, context).plain,
    reseal: (sealed, context) => {
      const { plain, isFirst } = openWithAny(keys, sealed, context);
      return isFirst ? null : seal(key, plain, context);
    },
  };
}

function parseKey(text: string, where: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) {
    throw new AppError('master-key-invalid', `${where} must hold ${keyBytes} bytes in base64`);
  }
  return key;
}

/** Reads previous master keys, each in base64. Throws AppError `master-key-invalid`. */
export function parsePreviousKeys(texts: readonly string[]): readonly Buffer[] {
  return texts.map((text) => parseKey(text, 'each previous master key'));
}

async function readKeyFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new AppError('master-key-unreadable', `cannot read ${path}`, { cause: error });
  }
}

/**
 * Gives the master key: `configured` (base64) when not empty, else the file `path`, created with mode 0600 at first use.
 * @throws AppError `master-key-invalid`, `master-key-unreadable`.
 */
export async function loadMasterKey(options: { readonly configured: string; readonly path: string }): Promise<Buffer> {
  if (options.configured !== '') return parseKey(options.configured, 'the configured master key');
  const existing = await readKeyFile(options.path);
  if (existing !== null) return parseKey(existing, options.path);
  await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
  const key = randomBytes(keyBytes);
  const file = await openFile(options.path, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}
