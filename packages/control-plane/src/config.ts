import { invariant } from '@cloudstage/protocol';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ConcurrencySchema, RegionsSchema } from './config/concurrency.js';
import { AuditSchema, MetricsSchema } from './config/observability.js';
import { PackagesSchema } from './config/packages.js';
import { StorageSchema } from './config/storage.js';
import { StreamsSchema } from './config/streams.js';

const Seconds = (options: { minimum: number; maximum: number; default: number; description: string }) =>
  Type.Number(options);

/** Settings of the HTTP server. */
const ApiSchema = Type.Object(
  {
    listenAddress: Type.String({ default: '127.0.0.1', description: 'Address on which the cloud API listens' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: 'TCP port; 0 takes a free one' }),
    trustedProxies: Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
      default: [],
      maxItems: 32,
      description: 'Addresses and CIDR ranges of proxies whose X-Forwarded-For names the client',
    }),
    publicUrl: Type.String({
      default: '',
      pattern: '^(https?://[^\\s?#]+)?$',
      description:
        'URL at which customers and browsers reach this server, told to uploading clients and in image addresses; empty: its own address',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Cloud API server' },
);

/** Times and sizes of sessions. */
const SessionsSchema = Type.Object(
  {
    reservationSeconds: Seconds({
      minimum: 5,
      maximum: 3600,
      default: 60,
      description: 'How long ApplyConcurrent holds a slot for CreateSession',
    }),
    startSeconds: Seconds({
      minimum: 5,
      maximum: 600,
      default: 60,
      description: 'How long a started program waits for its first client',
    }),
    reconnectGraceSeconds: Seconds({
      minimum: 40,
      maximum: 3600,
      default: 120,
      description: 'How long a program waits for a client that has gone; projects may set their own',
    }),
    cleaningSeconds: Seconds({
      minimum: 1,
      maximum: 600,
      default: 30,
      description: 'How long a slot may clean up before its node is asked about it',
    }),
    endRetrySeconds: Seconds({
      minimum: 1,
      maximum: 60,
      default: 5,
      description: 'Pause before an end command that a node did not confirm is sent again',
    }),
    connectSeconds: Seconds({
      minimum: 0.1,
      maximum: 60,
      default: 4.5,
      description: 'How long a node may take to start a program and answer a client; the API allows CreateSession 5 s',
    }),
    nodeSilentSeconds: Seconds({
      minimum: 5,
      maximum: 600,
      default: 30,
      description: 'Silence after which a node and its sessions count as lost',
    }),
    sweepSeconds: Seconds({
      minimum: 0.05,
      maximum: 60,
      default: 1,
      description: 'Pause between two looks at deadlines',
    }),
    maxDurationSeconds: Seconds({
      minimum: 0,
      maximum: 31_622_400,
      default: 0,
      description: 'Longest duration of a session, counted from CreateSession; 0: no bound; projects may set their own',
    }),
    historyDays: Seconds({
      minimum: 0.01,
      maximum: 3_660,
      default: 90,
      description: 'How long sessions that have ended, and their events, can be looked up',
    }),
    usageDays: Seconds({ minimum: 0.01, maximum: 3_660, default: 400, description: 'How long usage records are kept' }),
    recordingDays: Seconds({ minimum: 0.01, maximum: 3_660, default: 30, description: 'How long recordings are kept' }),
    maxPlayers: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 4,
      description: 'Players of a session, host included',
    }),
    maxViewers: Type.Integer({ minimum: 0, maximum: 256, default: 16, description: 'Viewers of a session' }),
  },
  { default: {}, additionalProperties: false, description: 'Sessions and slots' },
);

/** Bounds of applications and their versions. */
const ApplicationsSchema = Type.Object(
  {
    maxVersions: Type.Integer({ minimum: 1, maximum: 100, default: 5, description: 'Versions of one application' }),
    maxApplications: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 500,
      description: 'Applications of one account',
    }),
    ingestLeaseSeconds: Seconds({
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: 'How long a control plane that unpacks a package may be silent before another one starts over',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Applications and their versions' },
);

/** Settings of the cloud API's edge; what is not set keeps the platform's documented behaviour. */
const CloudApiSchema = Type.Object(
  {
    publicHosts: Type.Array(Type.String(), {
      default: [],
      description: 'Host names under which clients reach the API through a proxy that changes Host',
    }),
    corsOrigins: Type.Array(Type.String(), { default: ['*'], description: 'Origins that may call /reconnect' }),
    clockWindowSeconds: Type.Integer({
      minimum: 1,
      maximum: 86_400,
      default: 300,
      description: "How far a signature's time may be from the server's clock",
    }),
    reconnectRateLimit: Type.Integer({
      minimum: 1,
      default: 20,
      description: 'Requests a second to /reconnect for each client address',
    }),
    rateLimits: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      default: {},
      description: 'Requests a second by action, for each account, where they differ from the documented ones',
    }),
    rateLimitShare: Type.Number({
      minimum: 0.001,
      maximum: 1,
      default: 1,
      description: 'Share of the rate limits that this process grants: with n control planes behind one address, 1/n',
    }),
    authFailureRateLimit: Type.Number({
      minimum: 0.01,
      default: 1,
      description: 'Calls a second of one client address that may fail authentication; more are refused unseen',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Edge of the cloud API' },
);

/** Configuration of the control plane, with defaults and descriptions. */
export const ControlPlaneConfigSchema = Type.Object(
  {
    api: ApiSchema,
    dataDir: Type.String({ default: './data', description: 'Directory of database, packages and master key' }),
    databaseUrl: Type.String({
      default: '',
      description: 'postgres://user@host/name, or pglite:<directory>; empty: embedded, in dataDir',
    }),
    masterKey: Type.String({
      default: '',
      description: 'Secret: 32 bytes in base64 that encrypt stored secrets; empty: made and kept in dataDir/master.key',
    }),
    masterKeyPrevious: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      maxItems: 8,
      description: 'Secret: earlier master keys, which still open what they have encrypted until it is sealed anew',
    }),
    sessions: SessionsSchema,
    packages: PackagesSchema,
    storage: StorageSchema,
    applications: ApplicationsSchema,
    cloudApi: CloudApiSchema,
    audit: AuditSchema,
    metrics: MetricsSchema,
    concurrency: ConcurrencySchema,
    regions: RegionsSchema,
    streams: StreamsSchema,
  },
  { additionalProperties: false, description: 'Control plane' },
);

/** Complete configuration of the control plane. */
export type ControlPlaneConfig = Static<typeof ControlPlaneConfigSchema>;

/** Settings by path with the defaults of everything else: for programs that bring a control plane without a configuration file. */
export function completeConfig(patch: Readonly<Record<string, unknown>>): ControlPlaneConfig {
  const config = Value.Default(ControlPlaneConfigSchema, structuredClone(patch));
  invariant(Value.Check(ControlPlaneConfigSchema, config), 'the settings and the defaults do not fit the schema');
  return config;
}
