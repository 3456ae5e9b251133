import { eq } from 'drizzle-orm';
import type { RunSettingsSource } from '../domain/run-settings.js';
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
export interface LaunchFacts extends RunSettingsSource {
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
  readonly manifestSha256: string | null;
  readonly concurrencyType: string;
  readonly isPreload: boolean;
  readonly preloadMs: number;
  /** Longest duration that the project sets; null: that of the installation. */
  readonly maxDurationMs: number | null;
}

/** Reads the facts in one statement; null when there is no such session. */
export async function readLaunchFacts(executor: Executor, sessionId: string): Promise<LaunchFacts | null> {
  const [row] = await executor
    .select({
      accountNumber: accounts.number,
      region: renderNodes.region,
      entryPath: applications.entryPath,
      applicationArgs: applications.args,
      applicationKind: applications.kind,
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
      disabledVideoCodecs: projects.disabledVideoCodecs,
      pushGopMs: projects.pushGopMs,
      upstreamAudioOption: projects.upstreamAudioOption,
      isRecorded: projects.isRecorded,
      xrMaxWidth: projects.xrMaxWidth,
      backgroundImageId: projects.backgroundImageId,
      maxDurationMs: projects.maxDurationMs,
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
