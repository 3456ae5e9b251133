/** Bounds of package ingest and object stores, each with its reason. The first three are defaults that the configuration may change. */
export const storageLimits = {
  /** Files, directories and links of one package; the largest games have some ten thousand. Bounds the manifest in memory. */
  maxEntries: 200_000,
  /** Unpacked size of one package. */
  maxTotalBytes: 20 * 1024 ** 3,
  /** Packed size, of uploads and downloads: the unpacked bound leaves little sense to more. */
  maxArchiveBytes: 20 * 1024 ** 3,
  /** Path inside a package, in UTF-8 bytes: PATH_MAX less room for the node's own directory. */
  maxPathBytes: 3_072,
  /** One name: NAME_MAX of every Linux file system. */
  maxNameBytes: 255,
  /** Links followed while resolving one link, like the kernel's own bound. */
  maxLinkHops: 40,
  /** Unpacked to packed: programs reach 10, textures 20; above it is an archive made to fill the disk. */
  maxCompressionRatio: 200,
  /** Below this size the ratio is not looked at: small files of zeros are harmless. */
  ratioFreeBytes: 64 * 1024 ** 2,
  /** Text of a symbolic link. */
  maxLinkBytes: 3_072,
  /** First bytes of a file that are kept to tell its kind: the headers of a Windows program begin within them. */
  headBytes: 1_024,
  /** Ingests that may wait; more are refused, so that a burst does not hold its archives on disk for hours. */
  maxWaitingIngests: 64,
  /** Headers of a RAR archive looked at for encryption: whoever sets a password sets it for all files. */
  rarHeaders: 1_000,
  /** A manifest in memory: 10⁶ entries of the longest names that real packages have. */
  maxManifestBytes: 512 * 1024 ** 2,
  /** Files moved into a store at a time: enough to hide a round trip, few enough for descriptors and memory. */
  publishConcurrency: 8,
  /** Existence checks of a store at a time; they carry no bytes. */
  checkConcurrency: 16,
  /** Staging directories of other machines that share the directory, when older: an ingest takes minutes, at most hours. */
  foreignStagingMs: 24 * 3_600_000,
} as const;

/** Bounds of unpackers that run as a process. */
export const unpackerLimits = {
  /** 20 GiB of LZMA take half an hour of one core. */
  cpuSeconds: 2 * 3_600,
  /** Dictionaries go up to 1.5 GiB (7z "ultra" of large archives); the rest is code and buffers. */
  addressSpaceBytes: 2_560 * 1024 ** 2,
  /** Wall clock of one archive, disk and object store included. */
  deadlineMs: 3 * 3_600_000,
  /** Finding out whether a tool starts at all. */
  probeMs: 10_000,
  /** What an unpacker says on stderr; the first lines tell the cause. */
  stderrBytes: 16_384,
  /** Libraries and the two ends of the pipe. */
  openFiles: 64,
} as const;

/** Bounds of the S3 client. Times are milliseconds. */
export const s3Limits = {
  /** TCP and TLS; an endpoint that takes longer is down for a customer who waits. */
  connectMs: 10_000,
  /** Silence on a connection. */
  idleMs: 60_000,
  /** Tries of one request, and of one part of an upload. */
  attempts: 4,
  /** Pause before the second try; doubled each time. */
  retryPauseMs: 250,
  /** Larger objects go up in parts; one part is what a failure repeats. */
  partBytes: 16 * 1024 ** 2,
  /** The protocol's own bound. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
  maxParts: 10_000,
  /** The protocol's own bound of a copy inside the bucket. */
  maxCopyBytes: 5 * 1024 ** 3,
  /** Objects seen younger than this need not be made younger: no sweep may take what is younger than hours. */
  freshMs: 3_600_000,
  /** Keys of one listing, the protocol's own bound. */
  listKeys: 1_000,
} as const;

/** Bounds of the sweep that removes what no version uses. */
export const collectorLimits = {
  /** Objects looked at in one step, between which others get their turn. A page of an S3 listing has no more. */
  pageKeys: 1_000,
  /** Objects are never removed younger than this, whatever the configuration says: ingests under way must be over by then. */
  minAgeMs: 6 * 3_600_000,
} as const;
