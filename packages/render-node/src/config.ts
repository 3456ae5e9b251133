import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const port = (defaultPort: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: defaultPort, description });
const addresses = (description: string) =>
  Type.Array(Type.String({ minLength: 2, maxLength: 45 }), {
    minItems: 1,
    maxItems: 8,
    default: ['127.0.0.1'],
    description,
  });

const MediaSchema = Type.Object(
  {
    listenAddresses: addresses('Addresses on which the port mux listens; 0.0.0.0 for all.'),
    publicAddresses: addresses('Addresses that clients reach this node at; each becomes a UDP and a TCP candidate.'),
    udpPort: port(8000, 'UDP port for the media of all sessions.'),
    tcpPort: port(8000, 'TCP port for clients whose network blocks UDP.'),
  },
  { default: {}, additionalProperties: false },
);

const DisplaySchema = Type.Object(
  {
    driver: Type.Union([Type.Literal('auto'), Type.Literal('xorg-dummy'), Type.Literal('xvfb')], {
      default: 'auto',
      description: 'X server of the slots: Xorg with touch input, or Xvfb; auto takes the first that works.',
    }),
    maxWidth: Type.Integer({ minimum: 640, maximum: 7680, default: 2560, description: 'Widest mode, pixels.' }),
    maxHeight: Type.Integer({ minimum: 360, maximum: 7680, default: 1440, description: 'Highest mode, pixels.' }),
  },
  { default: {}, additionalProperties: false },
);

const LimitsSchema = Type.Object(
  {
    cpuCores: Type.Number({ minimum: 0, maximum: 1024, default: 0, description: 'CPU of a program in cores; 0: all.' }),
    memoryBytes: Type.Integer({
      minimum: 0,
      default: 4_294_967_296,
      description: 'Memory of a program with its home and temporary files; 0: unlimited.',
    }),
    processes: Type.Integer({
      minimum: 0,
      maximum: 4_194_304,
      default: 1024,
      description: 'Processes and threads of a program; 0: unlimited.',
    }),
    homeBytes: Type.Integer({ minimum: 1_048_576, default: 1_073_741_824, description: "A program's private home." }),
    temporaryBytes: Type.Integer({ minimum: 1_048_576, default: 536_870_912, description: "A program's /tmp." }),
  },
  { default: {}, additionalProperties: false, description: 'Limits of the program in one slot.' },
);

const ProcessEntriesSchema = Type.Object(
  {
    portMux: Type.Optional(
      Type.String({ description: 'JavaScript file of the port mux; default: the one of this package.' }),
    ),
    streamer: Type.Optional(
      Type.String({ description: 'JavaScript file of the streamer; default: the one of this package.' }),
    ),
  },
  { default: {}, additionalProperties: false },
);

/** Settings of a render node; every one has a default. */
export const RenderNodeConfigSchema = Type.Object(
  {
    nodeId: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'node-1',
      description: 'Identity of this node for the control plane; stays the same for ever.',
    }),
    name: Type.String({ minLength: 1, maxLength: 128, default: 'node-1', description: 'Name shown to operators.' }),
    region: Type.String({
      minLength: 1,
      maxLength: 64,
      default: 'local',
      description: 'Region of this node: told to clients, and chosen by it.',
    }),
    concurrencyTypes: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' }), {
      maxItems: 32,
      default: [],
      description: 'Concurrency types (scales) that this node serves; empty: all.',
    }),
    slots: Type.Integer({ minimum: 0, maximum: 64, default: 2, description: 'Simultaneous sessions on this node.' }),
    dataDir: Type.String({ minLength: 1, default: './data', description: 'Package cache under node/.' }),
    runDir: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        description:
          'Sockets and state of running slots; short, because a socket path has 107 bytes. Default: below /run/cloudstage, or the runtime directory of the user.',
      }),
    ),
    packageCacheBytes: Type.Integer({
      minimum: 0,
      default: 21_474_836_480,
      description: 'Packages kept on this node; those in use are always kept.',
    }),
    uidBase: Type.Integer({
      minimum: 1000,
      maximum: 2_000_000_000,
      default: 710_000,
      description: 'As root, slot n runs as user uidBase + n.',
    }),
    encoder: Type.Enum(['auto', 'software'], {
      default: 'auto',
      description:
        'auto takes a graphics card for H.264 where a probe at the start has made pictures with it; software never does.',
    }),
    av1: Type.Enum(['auto', 'on', 'off'], {
      default: 'auto',
      description:
        'AV1 for clients that ask for it: auto where a probe at the start has found this machine fast enough; on wherever libaom is installed; off never.',
    }),
    logLevel: Type.Enum(['trace', 'debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'Log level of the port mux and the streamers.',
    }),
    media: MediaSchema,
    display: DisplaySchema,
    limits: LimitsSchema,
    processEntries: ProcessEntriesSchema,
  },
  { default: {}, additionalProperties: false },
);
/** See {@link RenderNodeConfigSchema}. */
export type RenderNodeConfig = Static<typeof RenderNodeConfigSchema>;

/** Fills in defaults and checks. @throws AppError `config-invalid` naming the first wrong setting. */
export function parseRenderNodeConfig(value: unknown): RenderNodeConfig {
  const filled = Value.Default(RenderNodeConfigSchema, structuredClone(value));
  if (!Value.Check(RenderNodeConfigSchema, filled)) {
    const first = Value.Errors(RenderNodeConfigSchema, filled)[0];
    throw new AppError(
      'config-invalid',
      `render node setting ${first?.instancePath || '/'} ${first?.message ?? 'is wrong'}`,
    );
  }
  return filled;
}

/**
 * Run directory of a node: as configured, or one that two nodes with different data directories do not share, short enough
 * for socket paths.
 */
export function resolveRunDir(
  config: Pick<RenderNodeConfig, 'runDir' | 'dataDir'>,
  uid: number,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (config.runDir !== undefined) return resolve(config.runDir);
  const hash = createHash('sha256').update(resolve(config.dataDir)).digest('hex').slice(0, 8);
  if (uid === 0) return join('/run/cloudstage', hash);
  return join(env.XDG_RUNTIME_DIR || '/tmp', `cloudstage-${uid}`, hash);
}
