/** Bounds of uploads and downloads, each with its reason. Times are milliseconds. */
export const uploadLimits = {
  /** Unfinished uploads of one version: a client that began anew a few times. More would only fill the disk. */
  unfinishedOfVersion: 8,
  /** A token is some 400 characters; longer ones are not looked at. */
  tokenChars: 2_048,
  /** JSON of the multipart requests: 10,000 parts with their ETags. */
  jsonBytes: 1024 ** 2,
  /** URLs signed in one request. */
  partsPerRequest: 1_000,
  /** Silence of an uploading client after which its connection is closed; it can resume. */
  idleMs: 60_000,
  /** Pages of a listing of uploads that one sweep reads. */
  listPages: 100,
} as const;

/** Bounds of downloads by URL. */
export const downloadLimits = {
  maxRedirects: 5,
  /** Silence of a server, from the first packet to it on. */
  idleMs: 30_000,
  urlChars: 4_096,
} as const;
