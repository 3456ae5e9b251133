import { eq } from 'drizzle-orm';
import {
  accounts,
  applications,
  applicationVersions,
  type Executor,
  projects,
  renderNodes,
  sessions,
} from './schema.js';

/** Everything but the session's own row that starting its program and answering its client takes. */
export interface LaunchFacts {
  readonly accountNumber: number;
  readonly region: string;
  /** Null: no program has been chosen. */
  readonly entryPath: string | null;
  readonly applicationArgs: readonly string[];
  readonly applicationParameters: string;
  readonly processNames: readonly string[];
  readonly windowUse: 'desktop' | 'window';
  readonly windowName: string;
  readonly windowClassName: string;
  readonly projectParameters: string;
  readonly manifestSha256: string | null;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  readonly concurrencyType: string;
  readonly isPreload: boolean;
  readonly preloadMs: number;
}

/** Reads the facts in one statement; null when there is no such session. */
export async function readLaunchFacts(executor: Executor, sessionId: string): Promise<LaunchFacts | null> {
  const [row] = await executor
    .select({
      accountNumber: accounts.number,
      region: renderNodes.region,
      entryPath: applications.entryPath,
      applicationArgs: applications.args,
      applicationParameters: applications.parameters,
      processNames: applications.processNames,
      windowUse: applications.windowUse,
      windowName: applications.windowName,
      windowClassName: applications.windowClassName,
      projectParameters: projects.parameters,
      manifestSha256: applicationVersions.manifestSha256,
      width: projects.width,
      height: projects.height,
      fps: projects.fps,
      minBitrateBps: projects.minBitrateBps,
      maxBitrateBps: projects.maxBitrateBps,
      concurrencyType: projects.concurrencyType,
      isPreload: projects.isPreload,
      preloadMs: projects.preloadMs,
    })
    .from(sessions)
    .innerJoin(accounts, eq(accounts.id, sessions.accountId))
    .innerJoin(renderNodes, eq(renderNodes.id, sessions.nodeId))
    .innerJoin(projects, eq(projects.id, sessions.projectId))
    .innerJoin(applications, eq(applications.id, sessions.applicationId))
    .innerJoin(applicationVersions, eq(applicationVersions.id, sessions.applicationVersionId))
    .where(eq(sessions.id, sessionId));
  return row ?? null;
}
