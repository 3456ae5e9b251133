import type { PeerAnswer, Role, ServerSession } from '@cloudstage/protocol';

/** Facts of a connected peer that the client needs to know. */
export interface ServerSessionFacts {
  readonly answer: PeerAnswer;
  readonly requestId: string;
  readonly userId: string;
  readonly accountNumber: number;
  readonly applicationId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly seat: number;
  readonly region: string;
  /** Scale of the project's concurrency, `L1`. */
  readonly concurrencyType: string;
  readonly version: string;
}

/**
 * Builds the ServerSession. `metric_key` is left out on purpose (the official SDK would open the vendor's metrics socket)
 * and `screen_config` is always there (the SDK fails without it).
 * @see docs/reference/wire-protocol.md "ServerSession"
 */
export function buildServerSession(facts: ServerSessionFacts): ServerSession {
  const { answer } = facts;
  return {
    code: 0,
    message: 'ok',
    type: 'answer',
    sdp: answer.sdp,
    server_ip: answer.serverIp,
    server_port: String(answer.serverPort),
    server_version: facts.version,
    region: facts.region,
    request_id: facts.requestId,
    user_id: facts.userId,
    app_id: facts.accountNumber,
    game_id: facts.applicationId,
    instance_id: facts.sessionId,
    instance_type: facts.concurrencyType,
    host_name: '',
    role: facts.role,
    input_seat: facts.seat,
    plat: 'pc',
    video: { width: answer.screenConfig.width, height: answer.screenConfig.height },
    video_mime_type: answer.videoMimeType,
    audio_mime_type: answer.audioMimeType,
    screen_config: answer.screenConfig,
    game_config: { sdk_conf: { cursor_mode: 1 } },
    feature_switch: {},
  };
}
