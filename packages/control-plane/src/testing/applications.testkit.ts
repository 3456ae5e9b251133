import { findVersion } from '../db/application-versions.js';
import type { ApplicationKind, ApplicationVersionRow } from '../db/schema.js';
import type { CreateUploadVersionInput, ModifyBaseInfoInput } from '../services/applications/contract.js';
import type { RawZipEntry } from '../storage/archives.testkit.js';
import type { Harness } from './harness.testkit.js';
import { elf, type TestPackages } from './packages.testkit.js';

/** A package with two programs and a data file, nine bytes long. */
export const gamePackage: readonly RawZipEntry[] = [
  elf('bin/game'),
  elf('tool'),
  { name: 'data/level 1', content: 'x' },
];

/** Short words for what tests of applications do again and again. */
export interface ApplicationSteps {
  /** Lets a moment pass and makes an application. */
  create(name?: string, kind?: ApplicationKind): Promise<string>;
  createVersion(applicationId: string, extra?: Partial<CreateUploadVersionInput>): Promise<string>;
  /** A version with a package, ready to go online. */
  ready(
    applicationId: string,
    entries?: readonly RawZipEntry[],
    extra?: Partial<CreateUploadVersionInput>,
  ): Promise<string>;
  /** A version that is online. */
  online(applicationId: string, entries?: readonly RawZipEntry[]): Promise<string>;
  /** An application with a version online. */
  configured(name?: string): Promise<{ readonly applicationId: string; readonly versionId: string }>;
  baseInfo(
    applicationId: string,
    extra?: Partial<ModifyBaseInfoInput>,
  ): ReturnType<Harness['services']['modifyBaseInfo']>;
  version(versionId: string): Promise<ApplicationVersionRow>;
  state(versionId: string): Promise<ApplicationVersionRow['state']>;
  /** Run status, update status and progress; null: unknown. */
  status(applicationId: string): Promise<readonly [string, string, number] | null>;
  /** Holds every attempt before its archive is opened, until `open` is called. */
  holdAttempts(): { open(): void };
  /** Lets the delay of deletions pass and sweeps. */
  sweepDeleted(): Promise<void>;
}

function fail(outcome: unknown): never {
  throw new Error(JSON.stringify(outcome));
}

/** Makes {@link ApplicationSteps} over what a test file renews before each test. */
export function applicationSteps(harness: () => Harness, packages: () => TestPackages): ApplicationSteps {
  const steps: ApplicationSteps = {
    create: async (name = 'app', kind = 'Application3D') => {
      // Lists are ordered by time.
      harness().advance(1);
      const outcome = await harness().services.createApplicationRecord(harness().caller, { name, kind });
      return outcome.type === 'created' ? outcome.applicationId : fail(outcome);
    },
    createVersion: async (applicationId, extra = {}) => {
      // Versions are told apart by their time.
      harness().advance(1);
      const input = { applicationId, fileName: 'build.zip', regions: [], updateMode: 'FULL', ...extra } as const;
      const outcome = await harness().services.createUploadVersion(harness().caller, input);
      return outcome.type === 'created' ? outcome.version.id : fail(outcome);
    },
    ready: async (applicationId, entries = gamePackage, extra = {}) => {
      const id = await steps.createVersion(applicationId, extra);
      await packages().upload(id, entries);
      const outcome = await harness().services.createSnapshot(harness().caller, { applicationId, downloadUrl: '' });
      if (outcome.type !== 'accepted') fail(outcome);
      await harness().settled();
      const { manifestSha256, failure } = await steps.version(id);
      return manifestSha256 === null ? fail(failure) : id;
    },
    online: async (applicationId, entries) => {
      const versionId = await steps.ready(applicationId, entries);
      const outcome = await harness().services.publishVersion(harness().caller, { applicationId, versionId });
      return outcome.type === 'published' ? versionId : fail(outcome);
    },
    configured: async (name) => {
      const applicationId = await steps.create(name);
      const versionId = await steps.ready(applicationId);
      const outcome = await steps.baseInfo(applicationId);
      return outcome.type === 'modified' ? { applicationId, versionId } : fail(outcome);
    },
    baseInfo: (applicationId, extra = {}) =>
      harness().services.modifyBaseInfo(harness().caller, {
        applicationId,
        entryPath: 'bin\\game',
        processNames: [],
        window: { use: 'desktop', name: '', className: '', captureMode: 'HOOK' },
        parameters: null,
        name: null,
        stores: null,
        ...extra,
      }),
    version: async (versionId) => (await findVersion(harness().database.executor, versionId)) ?? fail(versionId),
    state: async (versionId) => (await steps.version(versionId)).state,
    status: async (applicationId) => {
      const [found] = await harness().services.describeApplicationStatus(harness().caller, {
        applicationIds: [applicationId],
      });
      return found === undefined ? null : [found.runStatus, found.updateStatus, found.progressPercent];
    },
    holdAttempts: () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      packages().beforeOpen = () => opened;
      return { open: () => open() };
    },
    sweepDeleted: async () => {
      harness().advance(31_000);
      await harness().services.sweep();
      await harness().settled();
    },
  };
  return steps;
}
