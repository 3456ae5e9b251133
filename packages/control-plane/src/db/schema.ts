import type { Role, SessionEndReason } from '@cloudstage/protocol';
import {
  bigint,
  boolean,
  integer,
  jsonb,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import type { RunSettings } from '../domain/run-settings.js';
import type { SessionStateName } from '../domain/session-state.js';
import type { SlotStateName } from '../domain/slot-state.js';
import type { VersionStateName } from '../domain/version-state.js';

/**
 * Tables as the queries see them. The migrations are the truth about constraints and indexes; this file gives the columns
 * their types. Times are epoch milliseconds.
 */

/** Customers. `number` is the numeric id that clients see as `app_id`. */
export const accounts = pgTable('accounts', {
  id: text('id').primaryKey(),
  number: bigint('number', { mode: 'number' }).notNull(),
  name: text('name').notNull(),
  enabled: boolean('enabled').notNull().default(true),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/** Keys that sign API calls; `secretCipher` is sealed (see services/secret-box). */
export const accessKeys = pgTable('access_keys', {
  secretId: text('secret_id').primaryKey(),
  accountId: text('account_id').notNull(),
  secretCipher: text('secret_cipher').notNull(),
  enabled: boolean('enabled').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  name: text('name').notNull().default(''),
  /** Patterns, see domain/permissions. */
  permissions: jsonb('permissions').$type<readonly string[]>().notNull(),
  /** CIDR ranges from which the key may be used; none: from everywhere. */
  sourceRanges: jsonb('source_ranges').$type<readonly string[]>().notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }),
  lastUsedAt: bigint('last_used_at', { mode: 'number' }),
});

/** Kinds of programs that the compatible API names. */
export type ApplicationKind = 'Application3D' | 'ApplicationXR' | 'ApplicationWeb' | 'ApplicationAPK';

/** A place that a customer named for logs or saved games, kept and shown. */
export interface ApplicationStore {
  readonly bucket: string;
  readonly region: string;
  readonly type: 'LOG' | 'ARCHIVE';
  readonly path: string;
}

/** Uploaded programs. A null entry path: no program has been chosen yet. `args` come before those in `parameters`. */
export const applications = pgTable('applications', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  name: text('name').notNull(),
  kind: text('kind').$type<ApplicationKind>().notNull(),
  entryPath: text('entry_path'),
  args: jsonb('args').$type<readonly string[]>().notNull(),
  state: text('state').$type<'active' | 'deleting' | 'deleted'>().notNull().default('active'),
  parameters: text('parameters').notNull().default(''),
  processNames: jsonb('process_names').$type<readonly string[]>().notNull().default([]),
  windowUse: text('window_use').$type<'desktop' | 'window'>().notNull().default('desktop'),
  windowName: text('window_name').notNull().default(''),
  windowClassName: text('window_class_name').notNull().default(''),
  captureMode: text('capture_mode').$type<'HOOK' | 'DDA_CUT'>().notNull().default('HOOK'),
  stores: jsonb('stores').$type<readonly ApplicationStore[]>().notNull().default([]),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/**
 * Immutable builds of applications. While `creating`, the row is also the job that unpacks the package: a null `sourceUrl`
 * means the upload, the worker that holds the lease may write. While `deleting`, `leaseUntil` is when the row may be swept.
 */
export const applicationVersions = pgTable('application_versions', {
  id: text('id').primaryKey(),
  applicationId: text('application_id').notNull(),
  state: text('state').$type<VersionStateName>().notNull(),
  fileName: text('file_name').notNull(),
  manifestSha256: text('manifest_sha256'),
  totalBytes: bigint('total_bytes', { mode: 'number' }),
  failure: text('failure'),
  name: text('name').notNull().default(''),
  regions: jsonb('regions').$type<readonly string[]>().notNull().default([]),
  updateMode: text('update_mode').$type<'FULL' | 'INCREMENT'>().notNull().default('FULL'),
  progressPercent: integer('progress_percent').notNull().default(0),
  sourceUrl: text('source_url'),
  attempts: integer('attempts').notNull().default(0),
  leaseUntil: bigint('lease_until', { mode: 'number' }),
  leaseOwner: text('lease_owner'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/**
 * Run settings that tie applications to concurrency. A null limit means: what the nodes have; a null longest duration: that
 * of the installation. A deleted project keeps its row for the history. The column `prelaunch_due_at` belongs to the
 * prelauncher's queries alone.
 */
export const projects = pgTable('projects', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  name: text('name').notNull(),
  type: text('type').$type<'EXCLUSIVE' | 'SHARED'>().notNull(),
  category: text('category').$type<'DESKTOP' | 'MOBILE'>().notNull(),
  applicationId: text('application_id'),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  fps: integer('fps').notNull(),
  minBitrateBps: integer('min_bitrate_bps').notNull(),
  maxBitrateBps: integer('max_bitrate_bps').notNull(),
  reconnectGraceMs: integer('reconnect_grace_ms').notNull(),
  parameters: text('parameters').notNull(),
  concurrencyLimit: integer('concurrency_limit'),
  concurrencyType: text('concurrency_type').notNull(),
  isPreload: boolean('is_preload').notNull(),
  preloadMs: integer('preload_ms').notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  description: text('description').notNull(),
  upstreamAudioOption: text('upstream_audio_option').$type<'' | 'DisableMixIntoStreamPush'>().notNull(),
  pushGopMs: integer('push_gop_ms').notNull(),
  xrMaxWidth: integer('xr_max_width').notNull(),
  backgroundImageId: text('background_image_id'),
  disabledVideoCodecs: jsonb('disabled_video_codecs').$type<readonly string[]>().notNull(),
  maxDurationMs: bigint('max_duration_ms', { mode: 'number' }),
  isRecorded: boolean('is_recorded').notNull().default(false),
  deletedAt: bigint('deleted_at', { mode: 'number' }),
});

/** Applications of SHARED projects. */
export const projectApplications = pgTable(
  'project_applications',
  { projectId: text('project_id').notNull(), applicationId: text('application_id').notNull() },
  (table) => [primaryKey({ columns: [table.projectId, table.applicationId] })],
);

/** Machines that run the agent. A null `drainingSince`: it takes new sessions. */
export const renderNodes = pgTable('render_nodes', {
  id: text('id').primaryKey(),
  bootId: text('boot_id').notNull(),
  name: text('name').notNull(),
  region: text('region').notNull(),
  version: text('version').notNull(),
  category: text('category').$type<'DESKTOP' | 'MOBILE'>().notNull(),
  online: boolean('online').notNull(),
  lastSeenAt: bigint('last_seen_at', { mode: 'number' }).notNull(),
  poolId: text('pool_id').notNull(),
  drainingSince: bigint('draining_since', { mode: 'number' }),
});

/**
 * Units of concurrency. `projectId` is that of the session that owns the slot or that it is cleaned after, `packageId` the
 * package whose seat that session takes. `online` and `poolId` repeat the node's, for placement; slots of a node that is being
 * emptied are in no pool (`drainedPoolId`).
 */
export const slots = pgTable(
  'slots',
  {
    nodeId: text('node_id').notNull(),
    slotIndex: integer('slot_index').notNull(),
    state: text('state').$type<SlotStateName>().notNull(),
    sessionId: text('session_id'),
    projectId: text('project_id'),
    deadlineAt: bigint('deadline_at', { mode: 'number' }),
    online: boolean('online').notNull(),
    poolId: text('pool_id').notNull(),
    spread: integer('spread').notNull(),
    packageId: text('package_id'),
  },
  (table) => [primaryKey({ columns: [table.nodeId, table.slotIndex] })],
);

/**
 * Sessions, live and past. `busyUntil` marks a CreateSession call in progress and lapses by itself. `userId` is null until
 * somebody claims a prelaunched session; `launchFingerprint` tells what it was launched with. `usageSince` is the start of the open
 * interval of use, null: since the creation. `expiresAt` is when the longest duration is over.
 */
export const sessions = pgTable('sessions', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  userId: text('user_id'),
  userIp: text('user_ip').notNull(),
  projectId: text('project_id').notNull(),
  applicationId: text('application_id').notNull(),
  applicationVersionId: text('application_version_id').notNull(),
  nodeId: text('node_id').notNull(),
  slotIndex: integer('slot_index').notNull(),
  state: text('state').$type<SessionStateName>().notNull(),
  deadlineAt: bigint('deadline_at', { mode: 'number' }),
  busyUntil: bigint('busy_until', { mode: 'number' }),
  runWithoutClient: boolean('run_without_client').notNull(),
  reconnectGraceMs: integer('reconnect_grace_ms').notNull(),
  applicationParameters: text('application_parameters').notNull(),
  reconnectTokenHash: text('reconnect_token_hash'),
  endReason: text('end_reason').$type<SessionEndReason>(),
  exitCode: integer('exit_code'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  launchedAt: bigint('launched_at', { mode: 'number' }),
  endedAt: bigint('ended_at', { mode: 'number' }),
  launchFingerprint: text('launch_fingerprint'),
  usageSince: bigint('usage_since', { mode: 'number' }),
  expiresAt: bigint('expires_at', { mode: 'number' }),
  runSettings: jsonb('run_settings').$type<RunSettings>(),
});

/** Guests of live sessions. A user is the guest of one session at a time. */
export const sessionGuests = pgTable(
  'session_guests',
  {
    accountId: text('account_id').notNull(),
    userId: text('user_id').notNull(),
    sessionId: text('session_id').notNull(),
    role: text('role').$type<Role>().notNull(),
    seat: integer('seat').notNull(),
    busyUntil: bigint('busy_until', { mode: 'number' }),
    reconnectTokenHash: text('reconnect_token_hash'),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.userId] })],
);

/** Row of {@link sessions}. */
export type SessionRow = typeof sessions.$inferSelect;
/** Row of {@link slots}. */
export type SlotRow = typeof slots.$inferSelect;
/** Row of {@link renderNodes}. */
export type NodeRow = typeof renderNodes.$inferSelect;
/** Row of {@link projects}. */
export type ProjectRow = typeof projects.$inferSelect;
/** Row of {@link applications}. */
export type ApplicationRow = typeof applications.$inferSelect;
/** Row of {@link applicationVersions}. */
export type ApplicationVersionRow = typeof applicationVersions.$inferSelect;
/** Row of {@link sessionGuests}. */
export type GuestRow = typeof sessionGuests.$inferSelect;
/** Row of {@link accounts}. */
export type AccountRow = typeof accounts.$inferSelect;

/** Runs queries: the database itself, or one transaction of it. */
export type Executor = PgDatabase<PgQueryResultHKT>;
