import { randomUUID } from 'node:crypto';
import { AppError } from '@cloudstage/protocol';
import { auditOperations } from './admin/audited-admin.js';
import type { AccountServices } from './services/accounts/contract.js';
import type { FirstAccessKey } from './services/accounts/first-access-key.js';
import type { CreateApplicationInput } from './services/applications/create-application.js';
import type { AuditServices } from './services/audit/contract.js';
import type { GrantPackageInput, PackageAdminServices } from './services/concurrency/contract.js';
import type { NodeServices } from './services/nodes/contract.js';
import type {
  AddBackgroundImage,
  ListBackgroundImages,
  RemoveBackgroundImage,
} from './services/projects/background-images.js';
import type { CreateProjectInput } from './services/projects/create-project.js';
import type { RecordingServices } from './services/recordings/contract.js';
import type { AllServices } from './services/services.js';
import type { SessionHistoryServices } from './services/sessions/contract.js';
import type { DescribeLiveSession } from './services/sessions/describe-live-session.js';
import type { ListSessions } from './services/sessions/list-sessions.js';

/** A program to be found or registered. */
export interface FindOrCreateApplicationInput extends Omit<CreateApplicationInput, 'accountId'> {
  /** Archive on this machine's disk; read only when the application has no version online. */
  readonly archivePath: string;
  readonly archiveName: string;
}

/** A project to be found or made. */
export type FindOrCreateProjectInput = Omit<CreateProjectInput, 'accountId'>;

/** A package to be granted; without an account, in the first one. */
export type AdminGrantPackageInput = Omit<GrantPackageInput, 'accountId'> & { readonly accountId?: string };

/** A picture to be stored; without an account, in the first one. */
export type AdminAddImageInput = Omit<Parameters<AddBackgroundImage>[0], 'accountId'> & { readonly accountId?: string };

/**
 * What an operator may do without HTTP. Applications and projects are those of the first account; packages and pictures
 * too, unless an account is named. Sessions are those of all accounts. Every operation that changes something leaves an entry in the audit log.
 */
export interface ControlPlaneAdmin
  extends AccountServices,
    Pick<AuditServices, 'queryAuditLog'>,
    Omit<PackageAdminServices, 'grantPackage'>,
    NodeServices,
    RecordingServices,
    SessionHistoryServices {
  /** Grants a concurrency package. Throws as `PackageAdminServices.grantPackage`. */
  grantPackage(input: AdminGrantPackageInput): ReturnType<PackageAdminServices['grantPackage']>;
  /** Makes the first account and key; the secret is handed out only by the call that makes it. */
  ensureFirstAccessKey(): Promise<FirstAccessKey>;
  /** Finds an application by name, or registers it; uploads the package and puts it online when none is. */
  findOrCreateApplication(
    input: FindOrCreateApplicationInput,
  ): Promise<{ readonly applicationId: string; readonly created: boolean }>;
  /** True when the application exists and has a version online: then no archive is needed. */
  hasOnlineApplication(name: string): Promise<boolean>;
  /** Finds a project by name, or makes it. An existing one keeps its settings. */
  findOrCreateProject(
    input: FindOrCreateProjectInput,
  ): Promise<{ readonly projectId: string; readonly created: boolean }>;
  /** Stores a picture that projects may name; without an account, in the first one. Throws as `AddBackgroundImage`. */
  addBackgroundImage(input: AdminAddImageInput): ReturnType<AddBackgroundImage>;
  listBackgroundImages: ListBackgroundImages;
  removeBackgroundImage: RemoveBackgroundImage;
  listSessions: ListSessions;
  describeLiveSession: DescribeLiveSession;
  /** Ends a session as `kicked`. Throws AppError `session-not-found`. */
  endSession(sessionId: string): Promise<void>;
}

/** Operations that change nothing. */
const queries = [
  'describeLiveSession',
  'exportUsage',
  'findNodeDetail',
  'findSessionDetail',
  'hasOnlineApplication',
  'listAccounts',
  'listAccessKeys',
  'listBackgroundImages',
  'listNodes',
  'listPackages',
  'listRecordings',
  'listSessions',
  'queryAuditLog',
  'querySessions',
  'readSessionFeed',
  'readUsageTotals',
] as const satisfies readonly (keyof ControlPlaneAdmin)[];

/** Creates the operator's side door. `now` gives Unix milliseconds. */
export function createAdmin(services: AllServices, now: () => number): ControlPlaneAdmin {
  const operations = createOperations(services);
  return auditOperations(operations, queries, { audit: services.audit, now, createRequestId: randomUUID });
}

function accountOperations(services: AllServices): AccountServices {
  return {
    createAccount: services.createAccount,
    listAccounts: services.listAccounts,
    disableAccount: services.disableAccount,
    enableAccount: services.enableAccount,
    createAccessKey: services.createAccessKey,
    listAccessKeys: services.listAccessKeys,
    modifyAccessKey: services.modifyAccessKey,
    disableAccessKey: services.disableAccessKey,
    enableAccessKey: services.enableAccessKey,
    deleteAccessKey: services.deleteAccessKey,
    rotateAccessKey: services.rotateAccessKey,
    resealSecrets: services.resealSecrets,
  };
}

function createOperations(services: AllServices): ControlPlaneAdmin {
  const accountId = async () => (await services.ensureAccessKey()).accountId;
  return {
    ...accountOperations(services),
    queryAuditLog: services.queryAuditLog,
    ensureFirstAccessKey: services.ensureAccessKey,
    hasOnlineApplication: async (name) => {
      const application = await services.findApplication(await accountId(), name);
      return application !== null && (await services.hasOnlineVersion(application.id));
    },
    findOrCreateApplication: async ({ archivePath, archiveName, ...application }) => {
      const account = await accountId();
      const existing = await services.findApplication(account, application.name);
      if (existing !== null && (await services.hasOnlineVersion(existing.id))) {
        return { applicationId: existing.id, created: false };
      }
      const { id } = existing ?? (await services.createApplication({ ...application, accountId: account }));
      const version = await services.createApplicationVersion({ applicationId: id, archivePath, archiveName });
      await services.setVersionOnline(version.id);
      return { applicationId: id, created: true };
    },
    findOrCreateProject: async (project) => {
      const account = await accountId();
      const existing = await services.findProject(account, project.name);
      if (existing !== null) return { projectId: existing.id, created: false };
      const { id } = await services.createProject({ ...project, accountId: account });
      return { projectId: id, created: true };
    },
    grantPackage: async (input) =>
      services.grantPackage({ ...input, accountId: input.accountId ?? (await accountId()) }),
    resizePackage: services.resizePackage,
    setPackageExpiry: services.setPackageExpiry,
    revokePackage: services.revokePackage,
    listPackages: services.listPackages,
    addBackgroundImage: async (input) =>
      services.addBackgroundImage({ ...input, accountId: input.accountId ?? (await accountId()) }),
    listBackgroundImages: services.listBackgroundImages,
    removeBackgroundImage: services.removeBackgroundImage,
    setProjectRecording: services.setProjectRecording,
    listRecordings: services.listRecordings,
    openRecording: services.openRecording,
    deleteRecording: services.deleteRecording,
    listNodes: services.listNodes,
    findNodeDetail: services.findNodeDetail,
    drainNode: services.drainNode,
    resumeNode: services.resumeNode,
    querySessions: services.querySessions,
    findSessionDetail: services.findSessionDetail,
    describeLiveSession: services.describeLiveSession,
    readSessionFeed: services.readSessionFeed,
    exportUsage: services.exportUsage,
    readUsageTotals: services.readUsageTotals,
    listSessions: services.listSessions,
    endSession: async (sessionId) => {
      if (await services.endSession(sessionId, 'kicked')) return;
      throw new AppError('session-not-found', `there is no live session ${sessionId}`);
    },
  };
}
