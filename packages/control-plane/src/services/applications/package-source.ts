/** Credential for the upload of one file of one version; worth nothing for anything else, nor after its expiry. */
export interface UploadCredential {
  readonly secretId: string;
  readonly secretKey: string;
  /** Bearer token of the upload endpoint. */
  readonly sessionToken: string;
  readonly bucket: string;
  readonly region: string;
  /** Where the file goes, below the upload endpoint. Made by us: nothing of a caller's file name but its extension. */
  readonly path: string;
  /** URL of the upload endpoint, with its final `/`: tus begins there; a plain PUT goes to `uploadUrl` + `path`. */
  readonly uploadUrl: string;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Where the archive of a version comes from. `url` names a server that is not trusted. */
export type PackageOrigin =
  | { readonly type: 'upload'; readonly versionId: string }
  | { readonly type: 'url'; readonly url: string };

/** Archive on this machine's disk. */
export interface OpenedPackage {
  readonly archivePath: string;
  /** Removes what was fetched or unpacked for the caller; the upload itself stays until it is discarded. */
  release(): Promise<void>;
}

/** Brings the archives of versions to this machine: uploads of customers, and downloads. */
export interface PackageSource {
  /** Issues a temporary credential for one file of one version. Several may be out at a time; the last complete upload counts. */
  issueCredential(input: {
    readonly accountId: string;
    readonly applicationId: string;
    readonly versionId: string;
    readonly fileName: string;
  }): Promise<UploadCredential>;
  /** Finds the finished upload of a version; null while nothing has been uploaded completely. */
  findUpload(versionId: string): Promise<{ readonly path: string } | null>;
  /**
   * Opens the archive of a finished upload or behind a URL as a local file.
   * @param onProgress fraction from 0 to 1 of what has arrived; called often, must not throw.
   * @throws AppError `upload-not-found`; `download-…` for what a URL can do wrong, `download-aborted` by `signal` among them.
   */
  open(origin: PackageOrigin, onProgress: (fraction: number) => void, signal?: AbortSignal): Promise<OpenedPackage>;
  /** Forgets what was uploaded for a version, finished or not; nothing uploaded is a success. */
  discard(versionId: string): Promise<void>;
}
