import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { type DownloadSettings, downloadUrl } from '../../storage/uploads/download.js';
import type { Incoming } from '../../storage/uploads/incoming.js';
import type { UploadStore } from '../../storage/uploads/upload-store.js';
import { newUploadPath, type UploadTokens } from '../../storage/uploads/upload-token.js';
import type { PackageSource } from './package-source.js';

/** Settings of uploads and downloads. */
export interface PackageSourceSettings {
  readonly bucket: string;
  readonly region: string;
  readonly credentialMs: number;
  readonly maxArchiveBytes: number;
  readonly download: DownloadSettings;
}

/** What {@link createPackageSource} is built on. */
export interface PackageSourceDeps {
  readonly tokens: UploadTokens;
  readonly uploads: UploadStore;
  readonly incoming: Incoming;
  /** URL of the upload endpoint with its final `/`; known once the server listens. */
  readonly uploadUrl: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly settings: PackageSourceSettings;
}

/** Creates the source of archives: what customers have uploaded, and what they give a URL of. */
export function createPackageSource(deps: PackageSourceDeps): PackageSource {
  const { tokens, uploads, incoming, settings } = deps;
  return {
    issueCredential: async ({ accountId, applicationId, versionId, fileName }) => {
      const startsAt = deps.now();
      const expiresAt = startsAt + settings.credentialMs;
      const path = newUploadPath(versionId, fileName);
      const maxBytes = settings.maxArchiveBytes;
      return {
        ...tokens.issue({ accountId, applicationId, versionId, path, maxBytes, expiresAt }),
        bucket: settings.bucket,
        region: settings.region,
        path,
        uploadUrl: deps.uploadUrl(),
        startsAt,
        expiresAt,
      };
    },
    findUpload: async (versionId) => {
      const found = await uploads.find(versionId);
      return found === null ? null : { path: found.path };
    },
    open: async (origin, onProgress, signal) => {
      if (origin.type === 'upload') {
        const found = await uploads.find(origin.versionId);
        if (found !== null) return uploads.open(found, { onProgress, signal });
        throw new AppError('upload-not-found', 'no package has been uploaded completely for this version');
      }
      const staging = await uploads.stage();
      try {
        const archivePath = join(staging.path, 'archive');
        await downloadUrl(origin.url, archivePath, settings.download, { onProgress, signal });
        return { archivePath, release: () => staging.remove() };
      } catch (error) {
        await staging.remove();
        throw error;
      }
    },
    discard: async (versionId) => {
      await incoming.discard(versionId);
      await uploads.discard(versionId);
    },
  };
}
