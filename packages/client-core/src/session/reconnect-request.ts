import { clientLimits } from '../limits.js';
import type { Platform } from '../platform.js';
import { type AccessInfo, type ReconnectOutcome, readReconnectReply, reconnectUrl } from './access-info.js';
import { encodeServerSessionText, type ServerSessionFields } from './session-codec.js';

/** The page's way to a new ServerSession: asks its backend. Rejecting with a numeric `code` > 0 ends the attempts. */
export type ServerSessionRequest = (clientSession: string) => Promise<string>;

/** What a request for a new ServerSession needs. */
export interface ReconnectContext {
  /** Encoded description of the new offer. */
  readonly clientSession: string;
  /** The same, as the object that `/reconnect` takes. */
  readonly description: object;
  /** Last ServerSession. */
  readonly session: ServerSessionFields;
  /** From heartbeat replies; '' when none came. */
  readonly token: string;
  readonly access: AccessInfo | null;
  readonly pageRequest: ServerSessionRequest | null;
}

/**
 * Gets a new ServerSession: from the page when it gave a function, else from the address it gave, else not at all. Settles
 * within `clientLimits.reconnectRequestMs`; never rejects.
 */
export async function requestServerSession(
  platform: Platform,
  context: ReconnectContext,
): Promise<ReconnectOutcome | { readonly kind: 'impossible' }> {
  const { pageRequest, access, session, token } = context;
  try {
    if (pageRequest !== null) {
      const serverSession = await withDeadline(platform, pageRequest(context.clientSession));
      return { kind: 'session', serverSession };
    }
    const address = access?.webrtcAddresses.get(session.instance_id ?? '');
    if (address === undefined || !session.server_ip || token === '') return { kind: 'impossible' };
    const query = { host: session.server_ip, port: session.server_port, token, userId: session.user_id ?? '' };
    const reply = await platform.postJson(
      reconnectUrl(address, query),
      context.description,
      clientLimits.reconnectRequestMs,
    );
    return readReconnectReply(reply, encodeServerSessionText);
  } catch (error) {
    const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    const text = typeof message === 'string' ? message : 'reconnect request failed';
    return typeof code === 'number' && code > 0
      ? { kind: 'refused', code, message: text }
      : { kind: 'retry', message: text };
  }
}

function withDeadline<T>(platform: Platform, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = platform.setTimeout(
      () => reject(new Error('the page gave no server session in time')),
      clientLimits.reconnectRequestMs,
    );
    promise.then(resolve, reject).finally(cancel);
  });
}
