import { explainedError, missingParameter, type PublicError } from '@cloudstage/cloud-api';
import { type ClientSession, decodeClientSession, encodeSessionEnvelope, isAppError } from '@cloudstage/protocol';
import { mapCreateSession } from '../error-mapping/sessions.js';
import type { ActionHandler } from './handler.js';

type DecodedOffer =
  | { readonly type: 'offer'; readonly clientSession: ClientSession | null }
  | { readonly type: 'refused'; readonly error: PublicError };

function decodeOffer(text: string, runWithoutClient: boolean): DecodedOffer {
  if (text === '') {
    return runWithoutClient
      ? { type: 'offer', clientSession: null }
      : { type: 'refused', error: missingParameter('ClientSession') };
  }
  try {
    return { type: 'offer', clientSession: decodeClientSession(text) };
  } catch (error) {
    if (!isAppError(error, 'session-envelope-invalid')) throw error;
    const lead = { 'en-US': 'ClientSession cannot be read', 'zh-CN': 'ClientSession 无法解析' };
    return { type: 'refused', error: explainedError('InvalidParameter.JsonParseError', lead, error.message) };
  }
}

/** CreateSession: exchanges the client's offer for the server's answer. */
export const handleCreateSession: ActionHandler<'CreateSession'> = async ({ services, caller }, request) => {
  const runWithoutClient = request.RunMode === 'RunWithoutClient';
  const offer = decodeOffer(request.ClientSession ?? '', runWithoutClient);
  if (offer.type === 'refused') return { type: 'refused', failure: { error: offer.error } };
  const outcome = await services.createSession(caller, {
    userId: request.UserId,
    userIp: request.UserIp,
    clientSession: offer.clientSession,
    runWithoutClient,
    applicationParameters: request.ApplicationParameters ?? '',
    hostUserId: request.HostUserId ?? '',
    role: request.Role ?? null,
  });
  // A guest before its host gets an answer that tells it so: the page, not the backend, knows when to try again.
  if (outcome.type !== 'created' && outcome.type !== 'waiting-for-host') {
    return { type: 'refused', failure: mapCreateSession(outcome) };
  }
  const { serverSession } = outcome;
  return {
    type: 'answered',
    response: { ServerSession: serverSession === null ? '' : encodeSessionEnvelope(serverSession) },
  };
};
