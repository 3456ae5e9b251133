import type { PeerAnswer, Role, ServerSession, StreamSettings } from '@cloudstage/protocol';

/** `ServerSession.code` of a guest whose host has no running program yet. */
const waitingForHost = 8;

/** Facts of a guest that must come again. */
export interface WaitingGuestFacts
  extends Omit<ServerSessionFacts, 'answer' | 'backgroundUrl' | 'mediaSocketUrl'>,
    Pick<StreamSettings, 'width' | 'height'> {}

/**
 * Builds the ServerSession of a guest that comes before its host. There is nothing to connect to, so the `sdp` is one that
 * every browser refuses: an SDK reads the code only of a session whose `sdp` is there, and connects to any that is usable.
 */
export function buildWaitingServerSession({ width, height, ...facts }: WaitingGuestFacts): ServerSession {
  const screenConfig = { width, height, orientation: 'landscape', degree: '0_degree' } as const;
  const nowhere = {
    ...{ sdp: 'v=0\r\n', serverIp: '', serverPort: 0, videoMimeType: '', audioMimeType: '', screenConfig },
    mediaSocketToken: null,
  };
  const session = buildServerSession({ ...facts, answer: nowhere, backgroundUrl: null, mediaSocketUrl: null });
  return { ...session, code: waitingForHost, message: 'waiting for the host' };
}

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
  /** Picture that the page shows until the first frame; null: none. */
  readonly backgroundUrl: string | null;
  /** Address of the client's WebSocket path; null: there is none. */
  readonly mediaSocketUrl: string | null;
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
    game_config: {
      sdk_conf: { cursor_mode: 1, ...(facts.backgroundUrl === null ? {} : { bgimg_url: facts.backgroundUrl }) },
    },
    feature_switch: {},
    ...(facts.mediaSocketUrl === null ? {} : { media_socket_url: facts.mediaSocketUrl }),
  };
}
