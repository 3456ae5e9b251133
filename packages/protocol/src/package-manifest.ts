import { type Static, Type } from 'typebox';

/**
 * Manifest of an ingested package: the tree by content hash. Stored as JSON under `manifests/<sha256 of the JSON>`, files
 * under `blobs/<sha256>`. Written by the control plane's ingest, read by the node's package cache.
 */
export const PackageManifestSchema = Type.Object({
  formatVersion: Type.Literal(1),
  totalBytes: Type.Integer({ minimum: 0 }),
  entries: Type.Array(
    Type.Union([
      Type.Object({
        type: Type.Literal('file'),
        /** Relative, `/`-separated, no `.`/`..` segment. */
        path: Type.String({ minLength: 1, maxLength: 4096 }),
        sizeBytes: Type.Integer({ minimum: 0 }),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        executable: Type.Boolean(),
        /** What kind of program it is, told by name and first bytes; absent: none. */
        kind: Type.Optional(
          Type.Union([Type.Literal('pe'), Type.Literal('elf'), Type.Literal('script'), Type.Literal('web')]),
        ),
      }),
      Type.Object({ type: Type.Literal('directory'), path: Type.String({ minLength: 1, maxLength: 4096 }) }),
      Type.Object({
        type: Type.Literal('symlink'),
        path: Type.String({ minLength: 1, maxLength: 4096 }),
        /** Relative target that stays inside the package. */
        target: Type.String({ minLength: 1, maxLength: 4096 }),
      }),
    ]),
  ),
});
/** See {@link PackageManifestSchema}. */
export type PackageManifest = Static<typeof PackageManifestSchema>;
/** One file, directory or link of a package. */
export type PackageEntry = PackageManifest['entries'][number];
