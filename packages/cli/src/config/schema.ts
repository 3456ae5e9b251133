import { ControlPlaneConfigSchema } from '@cloudstage/control-plane/config';
import { RenderNodeConfigSchema } from '@cloudstage/render-node/config';
import { type Static, Type } from 'typebox';

const controlPlane = ControlPlaneConfigSchema.properties;
const renderNode = RenderNodeConfigSchema.properties;

const port = (description: string, defaultPort: number) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: defaultPort, description });

const optionalPort = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description }));

const addresses = (description: string, defaults: string[]) =>
  Type.Array(Type.String({ minLength: 2, maxLength: 45 }), { default: defaults, maxItems: 8, description });

const mediaSection = Type.Object(
  {
    port: port('UDP and TCP port of video, sound and input, for all slots of this node.', 8000),
    udpPort: optionalPort('UDP port when it differs from media.port.'),
    tcpPort: optionalPort('TCP port when it differs from media.port.'),
    listenAddresses: addresses('Addresses on which the media ports listen.', ['0.0.0.0']),
    publicAddresses: addresses(
      'IP addresses at which browsers reach this machine. Empty: 127.0.0.1 and, when the API or the demo page listens on ' +
        'the network, the addresses of this machine. Behind NAT, the public address belongs here.',
      [],
    ),
  },
  { additionalProperties: false, description: 'Video, sound and input between browsers and this machine.' },
);

const nodeSection = Type.Object(
  {
    slots: renderNode.slots,
    nodeId: renderNode.nodeId,
    name: renderNode.name,
    region: renderNode.region,
    concurrencyTypes: renderNode.concurrencyTypes,
    runDir: renderNode.runDir,
    packageCacheBytes: renderNode.packageCacheBytes,
    uidBase: renderNode.uidBase,
    encoder: renderNode.encoder,
    av1: renderNode.av1,
    display: renderNode.display,
    limits: renderNode.limits,
  },
  { additionalProperties: false, description: 'The render node that runs the programs.' },
);

const demoSection = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Register the demo program and serve the demo page.' }),
    listenAddress: Type.String({
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address the demo backend and page listen on.',
    }),
    port: port('TCP port of the demo backend and page.', 3000),
    salt: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'When set, requests to the demo backend must carry Sign = SHA256(values sorted by key + salt).',
      }),
    ),
    queueLength: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 1000,
      description: 'Users who may wait in the queue of the demo backend.',
    }),
    cacheDir: Type.String({
      minLength: 1,
      default: './data/cache',
      description: 'Where the demo program is downloaded from Debian and packed; may be shared by several instances.',
    }),
  },
  { additionalProperties: false, description: 'Demo backend and page.' },
);

const logSection = Type.Object(
  {
    level: Type.Union(
      [Type.Literal('trace'), Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')],
      { default: 'info', description: 'Least severe level that is written to the log file.' },
    ),
    fileMegabytes: Type.Integer({
      minimum: 1,
      maximum: 1024,
      default: 20,
      description: 'At start, a log file larger than this is put aside.',
    }),
    keptFiles: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: 'Put-aside log files that are kept.',
    }),
    userIp: Type.Boolean({ default: true, description: "Whether the log shows users' addresses (UserIp)." }),
  },
  { additionalProperties: false, description: 'Log file <dataDir>/logs/cloudstage.log.' },
);

/**
 * The one configuration of the all-in-one mode. Every key has a description and, unless it is optional, a default: the
 * annotated file, the environment names and the reference in the docs are derived from here. Sections that belong to one
 * part are that part's own schema.
 */
export const CloudstageConfigSchema = Type.Object(
  {
    dataDir: Type.String({
      minLength: 1,
      default: './data',
      description: 'Database, packages, keys and logs. Relative to the working directory. Survives restarts.',
    }),
    api: controlPlane.api,
    media: mediaSection,
    node: nodeSection,
    sessions: controlPlane.sessions,
    demo: demoSection,
    log: logSection,
    packages: controlPlane.packages,
    storage: controlPlane.storage,
    applications: controlPlane.applications,
    cloudApi: controlPlane.cloudApi,
    concurrency: controlPlane.concurrency,
    regions: controlPlane.regions,
    databaseUrl: controlPlane.databaseUrl,
    masterKey: controlPlane.masterKey,
    masterKeyPrevious: controlPlane.masterKeyPrevious,
    audit: controlPlane.audit,
    metrics: controlPlane.metrics,
    streams: controlPlane.streams,
  },
  { additionalProperties: false },
);

/** Keys whose values are never printed: a database URL may hold a password. */
export const secretKeys: ReadonlySet<string> = new Set([
  'masterKey',
  'masterKeyPrevious',
  'databaseUrl',
  'demo.salt',
  'metrics.token',
  'storage.s3.secretAccessKey',
  'streams.signingKey',
]);

/** A complete, checked configuration. Paths are absolute, see {@link loadConfig}. */
export type CloudstageConfig = Static<typeof CloudstageConfigSchema>;
