import { type ConnectSessionParams, isAppError } from '@cloudstage/protocol';
import { type LaunchFacts, readLaunchFacts } from '../../db/launch.js';
import { lockSession, updateSession } from '../../db/sessions.js';
import type { SessionEvent } from '../../domain/session-state.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import { launchFingerprint } from '../sessions/claim-prelaunched.js';
import { toConnectParams } from '../sessions/connect-peer.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import { applySessionEvent } from '../sessions/session-transition.js';

/**
 * Starts the program of a `prelaunching` session on its node, without anybody waiting. What comes of it is in the database
 * afterwards; a command that is lost with this process is made good by the session's deadline.
 */
export type LaunchPrelaunched = (sessionId: string) => void;

interface Launch {
  readonly nodeId: string;
  readonly facts: LaunchFacts;
  readonly params: ConnectSessionParams;
}

/** Creates the effect. */
export function createLaunchPrelaunched(deps: ServiceDeps, sendEndOrder: SendEndOrder): LaunchPrelaunched {
  return (sessionId) => {
    deps.background.run('prelaunch', async () => {
      const launch = await begin(deps, sessionId);
      if (launch === null) return;
      const event = await command(deps, sessionId, launch);
      if (event !== null) await settle(deps, sendEndOrder, sessionId, event);
    });
  };
}

/** Remembers what the program is launched with before the command is sent: the settings may change meanwhile. */
async function begin(deps: ServiceDeps, sessionId: string): Promise<Launch | null> {
  return deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, sessionId);
    const facts = row?.state === 'prelaunching' ? await readLaunchFacts(tx, sessionId) : null;
    if (row === null || facts === null) return null;
    const params = toConnectParams(deps.settings, { session: row, facts, peer: null });
    await updateSession(tx, sessionId, { launchFingerprint: launchFingerprint(params) });
    return { nodeId: row.nodeId, facts, params };
  });
}

async function command(deps: ServiceDeps, sessionId: string, launch: Launch): Promise<SessionEvent | null> {
  const { nodeId, facts, params } = launch;
  try {
    const deadline = { deadlineMs: serviceLimits.prelaunchConnectMs };
    const result = await deps.nodeLink.call(nodeId, 'session.connect', params, deadline);
    if (result.ok) return { type: 'prelaunch-started', preloadMs: facts.preloadMs };
    deps.logger.warn({ sessionId, nodeId, code: result.code, reply: result.message }, 'prelaunch was refused');
    return { type: 'launch-failed' };
  } catch (error) {
    // The program may be coming up: the session's deadline decides.
    if (isAppError(error, 'deadline-exceeded')) return null;
    if (isAppError(error, 'node-unreachable')) return { type: 'launch-failed' };
    throw error;
  }
}

async function settle(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  sessionId: string,
  event: SessionEvent,
): Promise<void> {
  const orders = await deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, sessionId);
    if (row === null) return [];
    if (row.state === 'ending' || row.state === 'ended') {
      // It was ended meanwhile: the node may have got the two commands in either order.
      return [{ nodeId: row.nodeId, slotIndex: row.slotIndex, sessionId, reason: row.endReason ?? 'api' }];
    }
    return (await applySessionEvent(tx, row, event, { now: deps.now(), settings: deps.settings })).orders;
  });
  sendInBackground(deps, sendEndOrder, orders);
}
