import { Type } from 'typebox';
import { type ConcurrencyScales, concurrencyTypeNames, defaultScales } from '../domain/concurrency-types.js';
import { createOrderRegions } from '../domain/region-order.js';
import type { ConcurrencySettings } from '../services/deps.js';

const limit = (minimum: number, description: string) =>
  Type.Optional(Type.Union([Type.Number({ minimum }), Type.Null()], { description }));

/** Limits of one scale; what is absent keeps its default, null lifts the limit. */
const ScaleSchema = Type.Object(
  {
    cpuCores: limit(0.1, 'Processor cores'),
    memoryBytes: limit(64 * 1024 * 1024, 'Memory'),
    maxBitrateBps: limit(500_000, 'Upper bound of the bitrate of projects'),
    gpuMemoryBytes: limit(0, 'Memory of the GPU; nodes without one ignore it'),
  },
  { additionalProperties: false },
);

/** How concurrency is granted. */
export const ConcurrencySchema = Type.Object(
  {
    requirePackages: Type.Boolean({
      default: false,
      description: 'True: a project without concurrency packages gets none; false: it uses what the nodes have',
    }),
    defaultPrelaunch: Type.Integer({
      minimum: 0,
      maximum: 1_000,
      default: 1,
      description: 'Programs that a preloaded project without packages and limit holds running',
    }),
    types: Type.Record(Type.String({ pattern: `^(${concurrencyTypeNames.join('|')})$` }), ScaleSchema, {
      default: {},
      additionalProperties: false,
      description:
        'Limits of the concurrency types where they differ from the built-in ones: cpuCores, memoryBytes, maxBitrateBps, gpuMemoryBytes; null: none',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Concurrency packages and types' },
);

/** Which regions serve whom. */
export const RegionsSchema = Type.Object(
  {
    order: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      default: [],
      maxItems: 256,
      description:
        'Regions in the order in which users are served whose address is not mapped; others come last, by name',
    }),
    map: Type.Array(
      Type.Object(
        {
          cidr: Type.String({ minLength: 3, maxLength: 64, description: 'Network, such as 203.0.113.0/24' }),
          regions: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 256 }),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        // Every call walks the list: thousands of networks would need a tree.
        maxItems: 1_024,
        description: 'Regions for users of a network, nearest first: [{"cidr":"203.0.113.0/24","regions":["eu"]}]',
      },
    ),
  },
  { default: {}, additionalProperties: false, description: 'Choice of a region by the address of the user' },
);

interface ConcurrencyConfig {
  readonly concurrency: {
    readonly requirePackages: boolean;
    readonly defaultPrelaunch: number;
    readonly types: Readonly<Record<string, Partial<ConcurrencyScales[keyof ConcurrencyScales]>>>;
  };
  readonly regions: Parameters<typeof createOrderRegions>[0];
}

/**
 * Settings of the use cases.
 * @throws AppError `region-map-invalid`.
 */
export function concurrencySettingsOf({ concurrency, regions }: ConcurrencyConfig): ConcurrencySettings {
  const scales = Object.fromEntries(
    concurrencyTypeNames.map((name) => [name, { ...defaultScales[name], ...concurrency.types[name] }]),
  ) as ConcurrencyScales;
  return {
    requirePackages: concurrency.requirePackages,
    defaultPrelaunch: concurrency.defaultPrelaunch,
    scales,
    orderRegions: createOrderRegions(regions),
  };
}
