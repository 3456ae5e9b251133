import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import type { PackageParts } from '../services/applications/application-services.js';
import type { PackageSource } from '../services/applications/package-source.js';
import { buildZip, type RawZipEntry } from '../storage/archives.testkit.js';
import { openFsStore } from '../storage/fs-store.js';
import { createIngest } from '../storage/ingest.js';
import { loadManifest } from '../storage/package-publish.js';

/** Real store and ingest in a temporary directory, and uploads that the test makes with one call. */
export interface TestPackages {
  readonly parts: PackageParts;
  /** Finishes an upload of a version. */
  upload(versionId: string, entries: readonly RawZipEntry[]): Promise<void>;
  uploadBytes(versionId: string, bytes: Buffer): Promise<void>;
  /** Makes a package available at a URL. */
  serve(url: string, entries: readonly RawZipEntry[]): Promise<void>;
  /** Versions whose uploads were forgotten. */
  readonly discarded: string[];
  /** Archives opened so far, whether the attempt came to an end or not. */
  readonly opened: string[];
  /** Awaited before an archive is handed out: a test stops an attempt there. */
  beforeOpen: (signal: AbortSignal | undefined) => Promise<void>;
  close(): Promise<void>;
}

/** An ELF file, as far as its first bytes tell. */
export const elf = (name: string, content = ''): RawZipEntry => ({
  name,
  content: `\x7fELF${content}`,
  mode: 0o100755,
});

/** Makes {@link TestPackages}. */
export async function createTestPackages(): Promise<TestPackages> {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-packages-'));
  const store = await openFsStore(join(dir, 'objects'));
  const uploads = new Map<string, string>();
  const urls = new Map<string, string>();
  let files = 0;
  const write = async (bytes: Buffer): Promise<string> => {
    files += 1;
    const path = join(dir, `archive-${files}`);
    await writeFile(path, bytes);
    return path;
  };
  const source: PackageSource = {
    issueCredential: async ({ versionId, fileName }) => ({
      secretId: 'id',
      secretKey: 'key',
      sessionToken: 'token',
      bucket: 'uploads',
      region: 'local',
      path: `uploads/${versionId}/${fileName}`,
      uploadUrl: 'http://127.0.0.1/uploads/',
      startsAt: 1_700_000_000_500,
      expiresAt: 1_700_003_600_500,
    }),
    findUpload: async (versionId) => (uploads.has(versionId) ? { path: `uploads/${versionId}` } : null),
    open: async (origin, onProgress, signal) => {
      const key = origin.type === 'upload' ? origin.versionId : origin.url;
      const archivePath = origin.type === 'upload' ? uploads.get(key) : urls.get(key);
      packages.opened.push(key);
      await packages.beforeOpen(signal);
      if (archivePath !== undefined) {
        onProgress(1);
        return { archivePath, release: async () => undefined };
      }
      if (origin.type === 'upload') throw new AppError('upload-not-found', 'nothing was uploaded');
      throw new AppError('download-refused', 'the server answered 404');
    },
    discard: async (versionId) => {
      packages.discarded.push(versionId);
      uploads.delete(versionId);
    },
  };
  const packages: TestPackages = {
    parts: { ingest: createIngest(store), source, loadManifest: (sha) => loadManifest(store, sha) },
    upload: async (versionId, entries) => {
      uploads.set(versionId, await write(buildZip(entries)));
    },
    uploadBytes: async (versionId, bytes) => {
      uploads.set(versionId, await write(bytes));
    },
    serve: async (url, entries) => {
      urls.set(url, await write(buildZip(entries)));
    },
    discarded: [],
    opened: [],
    beforeOpen: async () => undefined,
    close: () => rm(dir, { recursive: true }),
  };
  return packages;
}
