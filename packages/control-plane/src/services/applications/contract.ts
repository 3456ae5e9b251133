import type { ApplicationRunStatus, ApplicationStatus, ApplicationUpdateStatus } from '../../db/application-list.js';
import type { ApplicationKind, ApplicationRow, ApplicationStore, ApplicationVersionRow } from '../../db/schema.js';
import type { VersionStateName } from '../../domain/version-state.js';
import type { Caller } from '../contract.js';
import type { UploadCredential } from './package-source.js';

/** The application does not exist, or belongs to another account. */
export interface ApplicationNotFound {
  readonly type: 'application-not-found';
}

/** The application cannot be changed or deleted now; the message says why. */
export interface ApplicationLocked {
  readonly type: 'application-locked';
  readonly message: string;
}

/** The version does not exist, or belongs to another application. */
export interface VersionNotFound {
  readonly type: 'version-not-found';
}

/** Sessions run the version, or a version of the application. */
export interface VersionLocked {
  readonly type: 'version-locked';
  readonly message: string;
}

/** The state of things forbids it; the message says what to do instead. */
export interface Denied {
  readonly type: 'denied';
  readonly message: string;
}

/** A parameter has a value that cannot be taken. */
export interface InvalidInput {
  readonly type: 'invalid';
  readonly field:
    | 'name'
    | 'fileName'
    | 'updateMode'
    | 'downloadUrl'
    | 'entryPath'
    | 'processNames'
    | 'window'
    | 'parameters'
    | 'stores'
    | 'application';
  readonly message: string;
}

/** Input of CreateApplicationVersion. */
export interface CreateUploadVersionInput {
  readonly applicationId: string;
  readonly fileName: string;
  /** Empty: all. */
  readonly regions: readonly string[];
  readonly updateMode: 'FULL' | 'INCREMENT';
}

/** Input of ModifyApplicationBaseInfo; null: unchanged. */
export interface ModifyBaseInfoInput {
  readonly applicationId: string;
  readonly entryPath: string;
  readonly processNames: readonly string[];
  readonly window: {
    readonly use: 'desktop' | 'window';
    readonly name: string;
    readonly className: string;
    readonly captureMode: 'HOOK' | 'DDA_CUT';
  };
  readonly parameters: string | null;
  readonly name: string | null;
  readonly stores: readonly (ApplicationStore & { readonly enabled: boolean })[] | null;
}

/** A condition on applications: any of the values. Names match when they contain one, without regard to case. */
export type ApplicationCondition =
  | { readonly field: 'id' | 'name'; readonly values: readonly string[] }
  | { readonly field: 'runStatus'; readonly values: readonly ApplicationRunStatus[] }
  | { readonly field: 'updateStatus'; readonly values: readonly ApplicationUpdateStatus[] };

/** Input of DescribeApplicationList. */
export interface ListApplicationsInput {
  readonly offset: number;
  /** 0: the default. */
  readonly limit: number;
  readonly category: '' | 'DESKTOP' | 'MOBILE';
  /** All must hold. */
  readonly filters: readonly ApplicationCondition[];
}

/** An application as lists show it, with its versions, newest first. */
export interface ApplicationSummary {
  readonly application: ApplicationRow;
  readonly status: ApplicationStatus;
  readonly versions: readonly ApplicationVersionRow[];
}

/** Outcome of CreateApplication. */
export type CreateApplicationOutcome =
  | { readonly type: 'created'; readonly applicationId: string }
  | { readonly type: 'application-limit'; readonly maxApplications: number }
  | { readonly type: 'name-taken' }
  | InvalidInput;

/** Outcome of CreateApplicationVersion. */
export type CreateUploadVersionOutcome =
  | { readonly type: 'created'; readonly version: ApplicationVersionRow }
  | ApplicationNotFound
  | ApplicationLocked
  /** Another version is on its way from upload to going online. */
  | { readonly type: 'version-pending'; readonly versionId: string; readonly state: VersionStateName }
  | { readonly type: 'version-limit'; readonly maxVersions: number }
  | Denied
  | InvalidInput;

/** Outcome of DescribeCosCredential. */
export type IssueUploadCredentialOutcome =
  | { readonly type: 'issued'; readonly credential: UploadCredential }
  | ApplicationNotFound
  | ApplicationLocked
  | Denied
  | InvalidInput;

/** Outcome of CreateApplicationSnapshot: the package is unpacked after the answer. */
export type CreateSnapshotOutcome =
  | { readonly type: 'accepted'; readonly versionId: string }
  | ApplicationNotFound
  | ApplicationLocked
  | Denied
  | InvalidInput;

/** Outcome of DeleteApplication. */
export type DeleteApplicationOutcome =
  | { readonly type: 'deleted' }
  | ApplicationNotFound
  | ApplicationLocked
  /** Live sessions run one of its versions. */
  | VersionLocked;

/** Outcome of DeleteApplicationVersion. */
export type DeleteVersionOutcome = DeleteApplicationOutcome | VersionNotFound | Denied;

/** Outcome of SetApplicationVersionOnline. */
export type PublishVersionOutcome =
  | { readonly type: 'published'; readonly versions: readonly ApplicationVersionRow[] }
  | ApplicationNotFound
  | ApplicationLocked
  | VersionNotFound
  | Denied;

/** Outcome of ModifyApplicationVersion. */
export type RenameVersionOutcome =
  | { readonly type: 'renamed' }
  | ApplicationNotFound
  | ApplicationLocked
  | VersionNotFound
  | Denied;

/** Outcome of ModifyApplicationBaseInfo. */
export type ModifyBaseInfoOutcome = { readonly type: 'modified' } | ApplicationNotFound | InvalidInput;

/** Outcome of ModifyMobileApplicationInfo. */
export type RenameMobileApplicationOutcome =
  | { readonly type: 'renamed' }
  | ApplicationNotFound
  | ApplicationLocked
  | InvalidInput;

/** Outcome of DescribeApplicationList. */
export interface ListApplicationsOutcome {
  readonly total: number;
  readonly applications: readonly ApplicationSummary[];
}

/** Outcome of DescribeApplicationVersion. */
export type ListVersionsOutcome =
  | { readonly type: 'listed'; readonly versions: readonly ApplicationVersionRow[] }
  | ApplicationNotFound;

/** Outcome of DescribeApplicationPathList; null: there is no package yet. */
export type ListProgramsOutcome =
  | { readonly type: 'listed'; readonly paths: readonly string[] | null }
  | ApplicationNotFound
  | VersionNotFound;

/** Outcome of DescribeApplicationFileInfo, in the order of the question. */
export type CheckFilesOutcome =
  | { readonly type: 'checked'; readonly files: readonly { readonly path: string; readonly exists: boolean }[] }
  | ApplicationNotFound;

/** Use cases of applications, their versions and packages. Ids of another account are unknown ids. */
export interface ApplicationServices {
  /** Makes the record of an application; it can run when a version is online. */
  createApplicationRecord(
    caller: Caller,
    input: { readonly name: string; readonly kind: ApplicationKind },
  ): Promise<CreateApplicationOutcome>;
  /** Makes a version that waits for its package. */
  createUploadVersion(caller: Caller, input: CreateUploadVersionInput): Promise<CreateUploadVersionOutcome>;
  /** Gives a credential for uploading the package of the version that waits for one; an application's first is made. */
  issueUploadCredential(
    caller: Caller,
    input: { readonly applicationId: string /** `''`: unknown. */; readonly fileName: string },
  ): Promise<IssueUploadCredentialOutcome>;
  /** Has the package unpacked: the uploaded one, or the one behind a URL. */
  createSnapshot(
    caller: Caller,
    input: { readonly applicationId: string /** `''`: the upload. */; readonly downloadUrl: string },
  ): Promise<CreateSnapshotOutcome>;
  /** Deletes an application that no project and no session uses, with all its versions. */
  deleteApplication(caller: Caller, input: { readonly applicationId: string }): Promise<DeleteApplicationOutcome>;
  /** Deletes a version that is not online and that no session runs. */
  deleteVersion(
    caller: Caller,
    input: { readonly applicationId: string; readonly versionId: string },
  ): Promise<DeleteVersionOutcome>;
  /** Puts a version online; the former one stays usable. */
  publishVersion(
    caller: Caller,
    input: { readonly applicationId: string; readonly versionId: string },
  ): Promise<PublishVersionOutcome>;
  /** Renames a version; null changes nothing. */
  renameVersion(
    caller: Caller,
    input: { readonly applicationId: string; readonly versionId: string; readonly name: string | null },
  ): Promise<RenameVersionOutcome>;
  /** Sets what is run and how its picture is taken. */
  modifyBaseInfo(caller: Caller, input: ModifyBaseInfoInput): Promise<ModifyBaseInfoOutcome>;
  /** Renames a mobile application. */
  renameMobileApplication(
    caller: Caller,
    input: { readonly applicationId: string; readonly name: string },
  ): Promise<RenameMobileApplicationOutcome>;
  /** Lists applications, newest first. */
  listApplications(caller: Caller, input: ListApplicationsInput): Promise<ListApplicationsOutcome>;
  /** Status of applications in the order asked for; unknown ones are left out. */
  describeApplicationStatus(
    caller: Caller,
    input: { readonly applicationIds: readonly string[] },
  ): Promise<readonly ApplicationStatus[]>;
  /** Versions of an application, newest first. */
  listApplicationVersions(caller: Caller, input: { readonly applicationId: string }): Promise<ListVersionsOutcome>;
  /** Programs in the package of a version; `''`: of the one that is online, else the newest. */
  listPrograms(
    caller: Caller,
    input: { readonly applicationId: string; readonly versionId: string },
  ): Promise<ListProgramsOutcome>;
  /** Tells which paths are in the package of the version that is online, else of the newest. */
  checkPackageFiles(
    caller: Caller,
    input: { readonly applicationId: string; readonly paths: readonly string[] },
  ): Promise<CheckFilesOutcome>;
}
