/** Bounds of package ingest, each with its reason. The first two are defaults that the configuration may change. */
export const storageLimits = {
  /** Files, directories and links of one package; the largest games have some ten thousand. Bounds the manifest in memory. */
  maxEntries: 200_000,
  /** Unpacked size of one package. */
  maxTotalBytes: 20 * 1024 ** 3,
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
} as const;
