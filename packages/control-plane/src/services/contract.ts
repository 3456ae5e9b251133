import type { ClientSession, Role, ServerSession } from '@cloudstage/protocol';
import type { ApplicationServices } from './applications/contract.js';
import type { AuditServices } from './audit/contract.js';
import type { ConcurrencyServices } from './concurrency/contract.js';
import type { ProjectServices } from './projects/contract.js';
import type { StreamServices } from './streams/contract.js';

/**
 * Use cases of the control plane as the API edges (`cloud-api/`, `console-api/`) see them. One transaction each. Expected
 * outcomes are returned unions; only `cloud-api/error-mapping` knows which public code an outcome has.
 */

/** Who calls, established by the edge. */
export interface Caller {
  readonly accountId: string;
  readonly requestId: string;
}

/** Row of an access key; `secretKey` is decrypted for signature checks and never logged. */
export interface AccessKey {
  readonly secretId: string;
  readonly secretKey: string;
  readonly accountId: string;
  /** Key and account are both switched on. */
  readonly enabled: boolean;
  /** Patterns of what it may do, see `domain/permissions`. */
  readonly permissions: readonly string[];
  /** CIDR ranges from which it may be used; none: from everywhere. */
  readonly sourceRanges: readonly string[];
  /** Epoch milliseconds from which it is not valid; null: never. */
  readonly expiresAt: number | null;
}

/** Input of ApplyConcurrent. */
export interface ApplyConcurrentInput {
  readonly userId: string;
  readonly userIp: string;
  readonly projectId: string;
  /** `''` when absent. */
  readonly applicationId: string;
  /** `''` when absent: the version that is online. */
  readonly applicationVersionId: string;
}

/** Outcome of ApplyConcurrent. */
export type ApplyConcurrentOutcome =
  | { readonly type: 'reserved'; readonly sessionId: string }
  | { readonly type: 'project-not-found' }
  | { readonly type: 'application-not-found'; readonly message: string }
  | { readonly type: 'no-idle' }
  /** Nodes are starting or fetch the package: capacity exists but is not ready. */
  | { readonly type: 'initializing' }
  /** The user's previous session is being ended. */
  | { readonly type: 'stopping' }
  | { readonly type: 'slow-down' }
  | { readonly type: 'timeout' };

/** Input of CreateSession. */
export interface CreateSessionInput {
  readonly userId: string;
  readonly userIp: string;
  /** Null only with `runWithoutClient`. */
  readonly clientSession: ClientSession | null;
  readonly runWithoutClient: boolean;
  /** Appended after the project's parameters; split by white space, double quotes group. */
  readonly applicationParameters: string;
  /** `''` outside multiplayer. */
  readonly hostUserId: string;
  /** Null: the caller is the only user. */
  readonly role: Role | null;
}

/** Outcome of CreateSession. */
export type CreateSessionOutcome =
  /** `serverSession` is null with `runWithoutClient` and no offer. */
  | { readonly type: 'created'; readonly sessionId: string; readonly serverSession: ServerSession | null }
  /** Never applied, or the reservation expired. */
  | { readonly type: 'lock-timeout' }
  | { readonly type: 'slow-down' }
  | { readonly type: 'stopping' }
  | { readonly type: 'initializing' }
  | { readonly type: 'timeout' }
  | { readonly type: 'path-not-found'; readonly message: string }
  | { readonly type: 'offer-invalid'; readonly message: string }
  | { readonly type: 'codec-unsupported'; readonly message: string }
  | { readonly type: 'host-session-not-found' }
  /** The host holds a session, but its program does not run yet: a guest has to come again. */
  | { readonly type: 'waiting-for-host'; readonly serverSession: ServerSession }
  | { readonly type: 'role-limit' }
  | { readonly type: 'node-unreachable' }
  | { readonly type: 'failed'; readonly message: string };

/** Outcome of DestroySession. */
export type DestroySessionOutcome =
  /** Also when there was none. */
  { readonly type: 'destroyed' } | { readonly type: 'timeout' };

/** Slots: all of them, and those that are not idle (those being cleaned included). */
export interface ConcurrentCount {
  readonly total: number;
  readonly running: number;
}

/** Outcome of DescribeConcurrentCount. */
export type DescribeConcurrentCountOutcome =
  | { readonly type: 'counted'; readonly count: ConcurrentCount }
  | { readonly type: 'project-not-found' };

/** Outcome of a reconnection by token. */
export type ReconnectOutcome = CreateSessionOutcome | { readonly type: 'token-invalid' };

/** Everything the edges may call. */
export interface Services
  extends ApplicationServices,
    ConcurrencyServices,
    StreamServices,
    ProjectServices,
    Pick<AuditServices, 'audit'> {
  /** Looks up the key that signs a request; null when there is none. */
  findAccessKey(secretId: string): Promise<AccessKey | null>;
  /** Remembers that a key has signed a call. */
  noteAccessKeyUse(secretId: string): void;
  /** Reserves a slot of a project for a user. */
  applyConcurrent(caller: Caller, input: ApplyConcurrentInput): Promise<ApplyConcurrentOutcome>;
  /** Starts the program on the user's slot, or connects another client to it. */
  createSession(caller: Caller, input: CreateSessionInput): Promise<CreateSessionOutcome>;
  /** Ends the user's session. */
  destroySession(caller: Caller, input: { readonly userId: string }): Promise<DestroySessionOutcome>;
  /** `projectId` and `category` are `''` when absent. */
  describeConcurrentCount(
    caller: Caller,
    input: { readonly projectId: string; readonly category: '' | 'DESKTOP' | 'MOBILE' },
  ): Promise<DescribeConcurrentCountOutcome>;
  /** `POST /reconnect` of a browser: the heartbeat token stands for the signature. */
  reconnectSession(input: {
    readonly requestId: string;
    readonly token: string;
    readonly userId: string;
    readonly clientSession: ClientSession;
  }): Promise<ReconnectOutcome>;
  /** Ready when the database answers and migrations are applied. */
  checkReady(): Promise<{ readonly ready: boolean; readonly reason: string }>;
}
