import type { ProjectListRow } from '../../db/project-list.js';
import type { BackgroundImageRow } from '../../db/schema/history.js';
import type { ProjectRow } from '../../db/schema.js';
import type { Caller } from '../contract.js';
import type { ProjectDefaults, ProjectSettings } from './settings.js';

/** Why a project cannot be made or changed as wished. */
export type ProjectProblem =
  | { readonly type: 'name-invalid' }
  | { readonly type: 'name-taken' }
  | { readonly type: 'setting-invalid'; readonly setting: keyof ProjectSettings; readonly message: string }
  | { readonly type: 'application-not-found'; readonly applicationId: string }
  /** A mobile application in a desktop project, or the other way round. */
  | { readonly type: 'category-mismatch' }
  | { readonly type: 'image-not-found' };

/** A project to be made. */
export interface ProjectInput {
  readonly name: string;
  /** Null only for SHARED projects: ApplyConcurrent then names the application. */
  readonly applicationId: string | null;
  /** Restricts a SHARED project to these and `applicationId`; empty: all applications of the account. */
  readonly sharedApplicationIds: readonly string[];
  readonly settings: Partial<ProjectSettings>;
}

/** What a project can be told to do differently; absent: as it was. */
export interface ProjectChange {
  readonly projectId: string;
  readonly name?: string;
  readonly settings: Partial<ProjectSettings>;
}

/** State of a project as its owner sees it. */
export type ProjectStatus =
  /** Users can come. */
  | 'online'
  /** No node or package gives it any concurrency. */
  | 'no-concurrent'
  | 'application-creating'
  | 'application-create-failed'
  | 'application-deleting'
  /** The application has no package yet. */
  | 'application-not-configured';

/** A project in a list. */
export interface ProjectSummary extends Omit<ProjectListRow, 'readiness'> {
  /** Concurrencies the project may use, and those that are in use or being cleaned. */
  readonly amount: number;
  readonly using: number;
  readonly status: ProjectStatus;
  readonly applicationRegions: readonly string[];
  readonly concurrentRegions: readonly string[];
}

/** Fields that a list of projects can be narrowed by; the values of one are alternatives. */
export const projectFilterNames = ['ProjectId', 'Name', 'ApplicationId', 'ProjectType', 'Type'] as const;
/** One of {@link projectFilterNames}. */
export type ProjectFilterName = (typeof projectFilterNames)[number];

/** What to list. */
export interface ProjectQuery {
  readonly category: 'DESKTOP' | 'MOBILE';
  readonly filters: readonly { readonly name: ProjectFilterName; readonly values: readonly string[] }[];
  readonly offset: number;
  readonly limit: number;
}

/** An uploaded picture. */
export interface BackgroundImage {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly createdAt: number;
}

/** A picture as operators see it. */
export interface BackgroundImageListing extends BackgroundImage {
  readonly accountId: string;
  readonly contentType: BackgroundImageRow['contentType'];
  readonly sizeBytes: number;
  /** Projects that show it. */
  readonly projectIds: readonly string[];
}

/** A picture to be served. */
export interface ServedImage {
  readonly contentType: BackgroundImageRow['contentType'];
  readonly sizeBytes: number;
  readonly sha256: string;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** Outcome of deleting projects: all of them, or none. */
export type DeleteProjectsOutcome =
  | { readonly type: 'deleted' }
  | { readonly type: 'project-not-found'; readonly projectId: string }
  /** Somebody holds a session of it. */
  | { readonly type: 'in-use'; readonly projectId: string };

/** Projects. */
export interface ProjectServices {
  /** What settings are that ask for the default. */
  readonly projectDefaults: ProjectDefaults;
  /** Makes a project. */
  createApplicationProject(
    caller: Caller,
    input: ProjectInput,
  ): Promise<{ readonly type: 'created'; readonly project: ProjectRow } | ProjectProblem>;
  /** Changes a project. Sessions that have begun keep what they began with; the next one gets the new settings. */
  modifyApplicationProject(
    caller: Caller,
    change: ProjectChange,
  ): Promise<
    | { readonly type: 'modified' }
    | { readonly type: 'project-not-found' }
    /** The type is to change while packages of the former one are bound. */
    | { readonly type: 'packages-bound' }
    | ProjectProblem
  >;
  /** Deletes projects, all or none. Their history stays; packages bound to them are free for other projects. */
  deleteApplicationProjects(
    caller: Caller,
    input: { readonly projectIds: readonly string[] },
  ): Promise<DeleteProjectsOutcome>;
  /** Lists projects of one category, newest first. */
  describeApplicationProjects(
    caller: Caller,
    query: ProjectQuery,
  ): Promise<{ readonly projects: readonly ProjectSummary[]; readonly total: number }>;
  /** A project with all its settings. */
  describeApplicationProject(
    caller: Caller,
    input: { readonly projectId: string },
  ): Promise<
    | { readonly type: 'described'; readonly project: ProjectRow; readonly image: BackgroundImage | null }
    | { readonly type: 'project-not-found' }
  >;
  /** The picture of an id, for whoever asks: browsers of end users do. */
  findBackgroundImage(imageId: string): Promise<ServedImage | null>;
}
