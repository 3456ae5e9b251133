import { type Static, Type } from 'typebox';

const port = (description: string, defaultPort: number) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: defaultPort, description });

const optionalPort = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description }));

const apiSection = Type.Object(
  {
    listenAddress: Type.String({
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address the cloud API, /healthz and /readyz listen on. 0.0.0.0 opens them to the network.',
    }),
    port: port('TCP port of the cloud API.', 8080),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://',
        description:
          'URL at which browsers reach this API, e.g. https://api.example.com. Needed only behind a proxy; clients reconnect through it.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The signed cloud API that a business backend calls.' },
);

const mediaSection = Type.Object(
  {
    listenAddress: Type.String({
      minLength: 1,
      default: '0.0.0.0',
      description: 'Address the media ports listen on.',
    }),
    port: port('UDP and TCP port of video, sound and input, for all slots of this node.', 8000),
    udpPort: optionalPort('UDP port when it differs from media.port.'),
    tcpPort: optionalPort('TCP port when it differs from media.port.'),
    publicAddresses: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      maxItems: 8,
      description:
        'IP addresses that clients are told to send media to. Empty: the addresses of this machine. Set it behind NAT.',
    }),
  },
  { additionalProperties: false, description: 'Video, sound and input between browsers and this machine.' },
);

const nodeSection = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      default: 'local',
      description: 'Name of the render node of this machine.',
    }),
    slots: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 2,
      description:
        'Programs that may run at the same time. A software-rendered 3D program takes about a core and a half.',
    }),
    display: Type.Union([Type.Literal('auto'), Type.Literal('xorg'), Type.Literal('xvfb')], {
      default: 'auto',
      description: 'Display server: xorg (touch and fine scrolling), xvfb, or auto (xorg where it starts, else xvfb).',
    }),
  },
  { additionalProperties: false, description: 'The render node that runs the programs.' },
);

const sessionsSection = Type.Object(
  {
    reservationSeconds: Type.Integer({
      minimum: 5,
      maximum: 600,
      default: 30,
      description: 'How long ApplyConcurrent keeps a slot for a user who does not create the session.',
    }),
    reconnectGraceSeconds: Type.Integer({
      minimum: 40,
      maximum: 3600,
      default: 120,
      description: 'How long a program runs on without its player before it is ended; default of new projects.',
    }),
  },
  { additionalProperties: false, description: 'Life of sessions.' },
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
        secret: true,
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
      ['trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
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
  },
  { additionalProperties: false, description: 'Log file <dataDir>/logs/cloudstage.log.' },
);

/**
 * The one configuration of the all-in-one mode. Every key has a description and, unless it is optional, a default: the
 * annotated file, the environment names and the reference in the docs are derived from here. `secret: true` marks values
 * that are never printed.
 */
export const CloudstageConfigSchema = Type.Object(
  {
    dataDir: Type.String({
      minLength: 1,
      default: './data',
      description: 'Database, packages, keys and logs. Relative to the working directory. Survives restarts.',
    }),
    api: apiSection,
    media: mediaSection,
    node: nodeSection,
    sessions: sessionsSection,
    demo: demoSection,
    log: logSection,
  },
  { additionalProperties: false },
);

/** A complete, checked configuration. Paths are as written; {@link loadConfig} resolves them. */
export type CloudstageConfig = Static<typeof CloudstageConfigSchema>;
