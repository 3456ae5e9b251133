import type { NodeLink } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { Database } from '../db/open.js';
import type { ConcurrencyScales } from '../domain/concurrency-types.js';
import type { DeadlineSettings } from '../domain/deadlines.js';
import type { OrderRegions } from '../domain/region-order.js';
import type { SeatLimits } from '../domain/seats.js';
import type { ApplicationSettings } from './applications/settings.js';
import type { Background } from './background.js';
import type { SecretBox } from './secret-box.js';
import type { PublishSettings } from './streams/contract.js';

/** How concurrency is granted and placed. */
export interface ConcurrencySettings {
  /** True: a project without packages has no concurrency; false: it uses whatever the nodes have. */
  readonly requirePackages: boolean;
  /** Programs that a preloaded project without limit and packages holds in readiness. */
  readonly defaultPrelaunch: number;
  readonly scales: ConcurrencyScales;
  readonly orderRegions: OrderRegions;
}

/** Times and sizes of the use cases, from the configuration. Milliseconds. */
export interface ServiceSettings extends DeadlineSettings, SeatLimits {
  /** Grace of projects that set none. */
  readonly reconnectGraceMs: number;
  /** Deadline of `session.connect`; the compatible API gives CreateSession five seconds in all. */
  readonly connectMs: number;
  /** Deadline of `session.end`. */
  readonly endMs: number;
  /** Silence after which a node counts as lost. */
  readonly nodeSilentMs: number;
  readonly publish: PublishSettings;
  /** Age at which entries of the audit log are removed. */
  readonly auditRetentionMs: number;
  readonly concurrency: ConcurrencySettings;
  /** Longest duration of sessions whose project sets none; 0: no bound. */
  readonly maxDurationMs: number;
  /** How long sessions that have ended stay in the history. */
  readonly historyMs: number;
  /** How long usage records are kept. */
  readonly usageMs: number;
  /** How long recordings are kept. */
  readonly recordingMs: number;
  readonly applications: ApplicationSettings;
}

/** What every use case may use. */
export interface ServiceDeps {
  readonly database: Database;
  readonly nodeLink: NodeLink;
  readonly secrets: SecretBox;
  readonly background: Background;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  /** Version text that clients see. */
  readonly version: string;
  /** Absolute URL under which browsers get a background image. */
  readonly imageUrl: (imageId: string) => string;
  /** Absolute URL under which a client opens its WebSocket path. */
  readonly mediaSocketUrl: (sessionId: string, token: string) => string;
}
