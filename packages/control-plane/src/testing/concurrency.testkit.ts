import { eq, sql } from 'drizzle-orm';
import { type ProjectRow, projects } from '../db/schema.js';
import { findSession } from '../db/sessions.js';
import { listSlots } from '../db/slots.js';
import type { ConcurrentPackage, GrantPackageInput } from '../services/concurrency/contract.js';
import { applyInput, createInput, type Harness, until } from './harness.testkit.js';
import type { NodeSimulator } from './node-simulator.testkit.js';

/** Short ways to do what users and operators do, on one harness. */
export function createActors(h: Harness) {
  const { services, caller, database } = h;
  const apply = (userId: string, extra: Partial<ReturnType<typeof applyInput>> = {}) =>
    services.applyConcurrent(caller, { ...applyInput(h, userId), ...extra });
  const session = async (sessionId: string) => (await findSession(database.executor, sessionId))!;
  const reserved = async (userId: string, extra = {}): Promise<string> => {
    const outcome = await apply(userId, extra);
    if (outcome.type !== 'reserved') throw new Error(`not reserved: ${outcome.type}`);
    return outcome.sessionId;
  };
  const create = (userId: string, extra = {}) => services.createSession(caller, createInput(userId, extra));
  return {
    apply,
    create,
    reserved,
    session,
    /** Applies, creates, and connects the client. */
    play: async (node: NodeSimulator, userId: string, extra = {}): Promise<string> => {
      const sessionId = await reserved(userId, extra);
      const outcome = await create(userId);
      if (outcome.type !== 'created') throw new Error(`not created: ${outcome.type}`);
      await node.clientConnected(sessionId, true);
      return sessionId;
    },
    destroy: (userId: string) => services.destroySession(caller, { userId }),
    grant: (extra: Partial<GrantPackageInput> = {}): Promise<ConcurrentPackage> =>
      services.grantPackage({
        accountId: caller.accountId,
        name: 'pack',
        type: 'L1',
        region: 'local',
        amount: 2,
        expiresAt: null,
        force: false,
        ...extra,
      }),
    bind: (packageIds: readonly string[], projectId = h.projectId) =>
      services.bindPackages(caller, { packageIds, projectId }),
    unbind: (packageIds: readonly string[], projectId = '') =>
      services.unbindPackages(caller, { packageIds, projectId }),
    pack: async (id: string) =>
      (await services.describePackages(caller, { offset: 0, limit: 10, ids: [id] })).packages[0] ?? null,
    count: async (projectId = h.projectId) => {
      const outcome = await services.describeConcurrentCount(caller, { projectId, category: '' });
      return outcome.type === 'counted' ? outcome.count : outcome.type;
    },
    slotStates: async () => (await listSlots(database.executor)).map((slot) => slot.state),
    allIdle: () =>
      until('idle slots', async () => (await listSlots(database.executor)).every((slot) => slot.state === 'idle')),
    /** Seats that name a session which does not hold a slot with that seat, and the other way round: must be none. */
    leaks: async (): Promise<readonly unknown[]> =>
      (
        (await database.executor.execute(sql`
          SELECT q.session_id FROM concurrencies q WHERE q.session_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM slots s WHERE s.session_id = q.session_id AND s.package_id = q.package_id)
          UNION ALL
          SELECT s.session_id FROM slots s WHERE s.package_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM concurrencies q WHERE q.session_id = s.session_id AND q.package_id = s.package_id)`)) as unknown as {
          readonly rows: readonly unknown[];
        }
      ).rows,
  };
}

/** See {@link createActors}. */
export type Actors = ReturnType<typeof createActors>;

/** Adds a version that is ready but not online, without a package being ingested. */
export async function addVersion(h: Harness, manifestSha256: string): Promise<string> {
  const id = `ver-${manifestSha256.slice(0, 8)}`;
  await h.database.executor.execute(sql`INSERT INTO application_versions
    (id, application_id, state, file_name, manifest_sha256, total_bytes, created_at)
    VALUES (${id}, ${h.applicationId}, 'normal', 'game-2.zip', ${manifestSha256}, 1, ${h.now()}::bigint)`);
  return id;
}

/** Writes settings of a project as a change of them leaves them. */
export async function changeProject(h: Harness, projectId: string, patch: Partial<ProjectRow>): Promise<void> {
  await h.database.executor.update(projects).set(patch).where(eq(projects.id, projectId));
}
