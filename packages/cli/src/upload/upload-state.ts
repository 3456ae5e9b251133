import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PreviousUpload, UrlStorage } from 'tus-js-client';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

/** What DescribeCosCredential gives, as far as an upload needs it. */
export interface UploadTicket {
  readonly uploadUrl: string;
  readonly token: string;
  /** Key of the object. */
  readonly path: string;
  /** Unix seconds. */
  readonly expiresAtSeconds: number;
}

const TicketSchema = Type.Object({
  uploadUrl: Type.String(),
  token: Type.String(),
  path: Type.String(),
  expiresAtSeconds: Type.Integer(),
});

/** A file on its way to a version. */
export interface UploadSubject {
  readonly endpoint: string;
  readonly applicationId: string;
  readonly versionId: string;
  /** Absolute. */
  readonly filePath: string;
}

/** What is kept of an unfinished upload, so that the next run goes on with it. */
export interface UploadState {
  /** Names this very content: another size or time of change is another upload. */
  readonly fingerprint: string;
  /** Remembers the address of the begun upload. */
  readonly urlStorage: UrlStorage;
  /** The ticket of the run before, while it is valid for a while. */
  readTicket(nowSeconds: number): UploadTicket | null;
  writeTicket(ticket: UploadTicket): void;
  /** Forgets everything: the upload is done. */
  clear(): void;
}

/** A ticket that ends sooner is not begun with. */
const ticketMarginSeconds = 300;

/** Keeps one upload in a file of its own: the client's own store is one file for all, which a kill may leave locked. */
function openUrlStorage(file: string): UrlStorage {
  const read = async (): Promise<PreviousUpload[]> => {
    if (!existsSync(file)) return [];
    const upload: PreviousUpload = JSON.parse(readFileSync(file, 'utf8'));
    return [{ ...upload, urlStorageKey: file }];
  };
  return {
    findAllUploads: read,
    findUploadsByFingerprint: read,
    removeUpload: async () => rmSync(file, { force: true }),
    addUpload: async (_fingerprint, upload) => {
      // Written aside and renamed: a kill in between must not leave half an address.
      writeFileSync(`${file}.part`, JSON.stringify(upload), { mode: 0o600 });
      renameSync(`${file}.part`, file);
      return file;
    },
  };
}

/** Opens the state of an upload in `<configDir>/uploads`, readable by its owner only: a ticket is a secret. */
export function openUploadState(configDir: string, subject: UploadSubject): UploadState {
  const directory = join(configDir, 'uploads');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { size, mtimeMs } = statSync(subject.filePath);
  const { endpoint, applicationId, versionId, filePath } = subject;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([endpoint, applicationId, versionId, filePath, size, mtimeMs]))
    .digest('hex')
    .slice(0, 32);
  const ticketFile = join(directory, `${fingerprint}.json`);
  const urlFile = join(directory, `${fingerprint}.urls.json`);
  return {
    fingerprint,
    urlStorage: openUrlStorage(urlFile),
    readTicket: (nowSeconds) => {
      if (!existsSync(ticketFile)) return null;
      const value: unknown = JSON.parse(readFileSync(ticketFile, 'utf8'));
      if (!Value.Check(TicketSchema, value)) return null;
      return value.expiresAtSeconds - nowSeconds > ticketMarginSeconds ? value : null;
    },
    writeTicket: (ticket) => {
      rmSync(urlFile, { force: true });
      writeFileSync(ticketFile, JSON.stringify(ticket), { mode: 0o600 });
    },
    clear: () => {
      for (const file of [ticketFile, urlFile]) rmSync(file, { force: true });
    },
  };
}
