import { assertNever, isAppError, type NodeRefusalCode, type NodeResult, parsePublishUrl } from '@cloudstage/protocol';
import { savePublish, setPublishState } from '../../db/publishes.js';
import type { SessionRow } from '../../db/schema.js';
import { findSession, lockLiveSession } from '../../db/sessions.js';
import type { Caller } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import type { StartPublishOutcome, StreamServices } from './contract.js';
import { buildPublishUrl } from './publish-url.js';
import { judgeHost, type ResolveHost } from './target-address.js';

/** Contexts under which URLs are sealed. */
export const publishSealContext = (sessionId: string): string => `publish:${sessionId}`;

/** Sessions whose program runs, or is being started. */
export const hasProgram = (row: SessionRow): boolean =>
  row.state === 'starting' || row.state === 'running' || row.state === 'waiting-reconnect';

/** Starts a push to a URL that has been checked. */
export type StartPush = (caller: Caller, userId: string, url: string) => Promise<StartPublishOutcome>;

function refusal(code: NodeRefusalCode, message: string): StartPublishOutcome {
  switch (code) {
    case 'slot-mismatch':
    case 'session-ending':
    case 'slot-initializing':
      return { type: 'session-not-found' };
    case 'streamer-unavailable':
    case 'package-unavailable':
    case 'entry-not-found':
    case 'offer-invalid':
    case 'codec-unsupported':
    case 'too-many-peers':
    case 'internal':
      return { type: 'failed', message };
    default:
      return assertNever(code, 'refusal of a node');
  }
}

/** Creates the common part of the two actions: the wish is stored first, then the node is told. */
export function createStartPush(deps: ServiceDeps): StartPush {
  const withdraw = (sessionId: string, message: string) =>
    setPublishState(deps.database.executor, { sessionId, state: 'stopped', message, now: deps.now() });

  async function order(row: SessionRow, url: string): Promise<StartPublishOutcome> {
    let result: NodeResult<unknown>;
    try {
      const params = { sessionId: row.id, slotIndex: row.slotIndex, url };
      result = await deps.nodeLink.call(row.nodeId, 'stream.publish', params, { deadlineMs: deps.settings.connectMs });
    } catch (error) {
      // The wish stays: the call may have arrived, and the same one again is harmless.
      if (isAppError(error, 'deadline-exceeded')) return { type: 'timeout' };
      if (!isAppError(error, 'node-unreachable')) throw error;
      await withdraw(row.id, 'the render node is unreachable');
      return { type: 'failed', message: 'the render node is unreachable' };
    }
    if (result.ok) return { type: 'started' };
    await withdraw(row.id, result.message);
    return refusal(result.code, result.message);
  }

  return async (caller, userId, url) => {
    const row = await deps.database.transaction(async (tx) => {
      const found = await lockLiveSession(tx, { accountId: caller.accountId, userId });
      if (found === null || !hasProgram(found)) return null;
      const urlCipher = deps.secrets.seal(url, publishSealContext(found.id));
      await savePublish(tx, { sessionId: found.id, urlCipher, now: deps.now() });
      return found;
    });
    if (row === null) return { type: 'session-not-found' };
    const outcome = await order(row, url);
    // A session that ended meanwhile has forgotten its push already.
    const now = await findSession(deps.database.executor, row.id);
    return now === null || !hasProgram(now) ? { type: 'session-not-found' } : outcome;
  };
}

/** Use case StartPublishStream. */
export function createStartPublishStream(deps: ServiceDeps, start: StartPush): StreamServices['startPublishStream'] {
  return async (caller, { userId, parameters }) => {
    const { publishDomain, signingKey, signatureMs } = deps.settings.publish;
    if (publishDomain === '') return { type: 'not-configured' };
    const expiresAt = deps.now() + signatureMs;
    const url = buildPublishUrl({ domain: publishDomain, streamName: userId, signingKey, expiresAt, parameters });
    const parsed = parsePublishUrl(url);
    return parsed.ok ? start(caller, userId, url) : { type: 'url-invalid', reason: parsed.reason };
  };
}

/** Use case StartPublishStreamWithURL. */
export function createStartPublishStreamWithUrl(
  deps: ServiceDeps,
  start: StartPush,
  resolve: ResolveHost,
): StreamServices['startPublishStreamWithUrl'] {
  return async (caller, { userId, url }) => {
    const parsed = parsePublishUrl(url);
    if (!parsed.ok) return { type: 'url-invalid', reason: parsed.reason };
    if (!deps.settings.publish.allowPrivateUrls) {
      const verdict = await judgeHost(parsed.target.host, resolve);
      if (verdict === 'private') return { type: 'target-refused' };
      if (verdict === 'unknown') return { type: 'url-invalid', reason: 'its host has no address' };
    }
    return start(caller, userId, url);
  };
}
