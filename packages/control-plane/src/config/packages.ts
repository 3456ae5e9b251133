import { Type } from 'typebox';
import { collectorLimits, storageLimits } from '../storage/limits.js';

const hours = (ms: number) => ms / 3_600_000;

/** Uploads, downloads and bounds of packages. */
export const PackagesSchema = Type.Object(
  {
    maxEntries: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: storageLimits.maxEntries,
      description: 'Files, directories and links of one package',
    }),
    maxTotalBytes: Type.Integer({
      minimum: 1,
      default: storageLimits.maxTotalBytes,
      description: 'Unpacked size of one package',
    }),
    maxArchiveBytes: Type.Integer({
      minimum: 1,
      default: storageLimits.maxArchiveBytes,
      description: 'Size of one uploaded or downloaded archive',
    }),
    maxParallelIngests: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 2,
      description: 'Packages that one control plane unpacks at a time',
    }),
    credentialSeconds: Type.Integer({
      minimum: 60,
      maximum: 604_800,
      default: 7_200,
      description: 'How long an upload credential is good',
    }),
    unfinishedHours: Type.Number({
      minimum: 1,
      maximum: 720,
      default: 48,
      description: 'How long an upload that nothing is added to can be resumed',
    }),
    uploadHours: Type.Number({
      minimum: 1,
      maximum: 8_760,
      default: 168,
      description: 'How long a finished upload waits to be used',
    }),
    urlSchemes: Type.Array(Type.Union([Type.Literal('https'), Type.Literal('http')]), {
      default: ['https', 'http'],
      maxItems: 2,
      description: 'Schemes of the URLs from which packages are fetched',
    }),
    allowPrivateUrls: Type.Boolean({
      default: false,
      description: 'Fetch packages also from private and loopback addresses',
    }),
    downloadSeconds: Type.Integer({
      minimum: 10,
      maximum: 86_400,
      default: 7_200,
      description: 'How long the download of a package may take',
    }),
    unusedHours: Type.Number({
      minimum: hours(collectorLimits.minAgeMs),
      maximum: 8_760,
      default: 24,
      description: 'Age from which stored files that no version uses are removed',
    }),
    sweepSeconds: Type.Number({
      minimum: 0.05,
      maximum: 86_400,
      default: 300,
      description: 'Pause between two looks for what can be removed',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Uploaded packages' },
);
