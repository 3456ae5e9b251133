import { cursorModes, type StreamProfile } from '@cloudstage/protocol';
import type { TextInput } from '../input/text.js';
import type { ControlPeer, PausableMedia, StreamControl } from './contract.js';
import { createLatestOnly } from './latest-only.js';
import { controlLimits } from './limits.js';
import { looseNumber } from './loose-values.js';
import {
  ackEnvelope,
  gameOperationRequest,
  micStatusRequest,
  micSwitch,
  pasteRequest,
  pointerStyleRequest,
  profileRequest,
  resolutionRequest,
  setCursorRequest,
  typedMessage,
} from './schemas.js';
import type { Seats } from './seats.js';

/** `data` of a reply: never with a `type`, which the client would take for an event; `sync_seats` is the exception. */
export type AckReply = Readonly<Record<string, unknown>>;

/** One parsed request. `seq` is echoed as it came. */
export interface AckRequest {
  readonly seq: number | string | undefined;
  readonly type: string;
  readonly data: unknown;
}

/** What the requests of one peer act on. */
export interface AckDeps {
  readonly peer: ControlPeer;
  readonly stream: StreamControl;
  readonly text: TextInput;
  readonly seats: Seats;
  readonly releaseInput: () => void;
  readonly unlockCapsLock: () => void;
  readonly setCursorMode: (mode: number) => void;
  readonly setPointerStyle: (style: string) => void;
  /** The client has opened or closed its microphone. */
  readonly onMicSwitched: (status: 'open' | 'close') => void;
}

/** Answers one request. Never throws for what a client sent. */
export type AckHandler = (request: AckRequest) => AckReply | Promise<AckReply>;

const done: AckReply = { code: 0 };
const failed = (message: string): AckReply => ({ code: 1, msg: message });
const notPlayer = failed('only players may operate');
const knownModes = new Set<number>(Object.values(cursorModes));
const micStatuses = new Set([1, 2]);
const micNotAuthorized = -2;
const micNoSuchUser = -4;
const seatNotAuthorized = 1002;

/** Reads the envelope; undefined when the message is no request at all. */
export function decodeAck(value: unknown): AckRequest | undefined {
  if (!ackEnvelope.Check(value)) return undefined;
  const { data } = value;
  return { seq: value.seq ?? undefined, type: typedMessage.Check(data) ? data.type : '', data };
}

function decodeProfile(data: unknown): StreamProfile | undefined {
  if (!profileRequest.Check(data)) return undefined;
  const profile: Record<string, number | string> = {};
  for (const name of ['fps', 'max_bitrate', 'min_bitrate', 'video_width', 'video_height'] as const) {
    const value = looseNumber(data[name]);
    if (value !== undefined) profile[name] = value;
  }
  if (typeof data.unit === 'string') profile.unit = data.unit;
  return profile;
}

function decodeResolution(data: unknown): { width: number; height: number } | undefined {
  if (!resolutionRequest.Check(data)) return undefined;
  const width = Math.floor(looseNumber(data.width) ?? 0);
  const height = Math.floor(looseNumber(data.height) ?? 0);
  const isSize = (value: number) => value >= 1 && value <= controlLimits.desktopPixels;
  return isSize(width) && isSize(height) ? { width, height } : undefined;
}

const mediaOf = (media: unknown): PausableMedia => (media === 'audio' || media === 'video' ? media : 'all');

function operateGame({ peer, stream }: AckDeps, data: unknown): AckReply {
  if (!gameOperationRequest.Check(data)) return failed('op is missing');
  switch (data.op) {
    case 'restart':
      if (peer.role !== 'Player') return notPlayer;
      stream.requestProgramRestart(peer.peerId);
      return done;
    case 'pause':
    case 'resume':
      stream.setPaused(peer.peerId, mediaOf(data.media), data.op === 'pause');
      return done;
    default:
      return failed('op is unknown');
  }
}

function paste({ peer, text }: AckDeps, data: unknown): AckReply {
  if (peer.role !== 'Player') return notPlayer;
  if (!pasteRequest.Check(data)) return failed('content is missing or too long');
  return text.insert(data.content) ? done : failed('too many texts are waiting');
}

/** A player's microphone is its own affair; muting others belongs to seat management. */
function changeMicStatus({ peer, seats }: AckDeps, data: unknown): AckReply {
  if (!micStatusRequest.Check(data)) return failed('user_id or status is missing');
  const status = looseNumber(data.status) ?? 0;
  const reply = (code: number) => ({ code, status, user_id: data.user_id });
  if (!seats.has(data.user_id)) return reply(micNoSuchUser);
  if (data.user_id !== peer.userId || !micStatuses.has(status)) return reply(micNotAuthorized);
  seats.setMicStatus(peer.peerId, status);
  return reply(0);
}

/** Creates the handler of one peer. Viewers get their answer, but change nothing that others see. */
export function createAckHandler(deps: AckDeps): AckHandler {
  const { peer, stream, seats } = deps;
  const isPlayer = peer.role === 'Player';
  const resize = createLatestOnly<{ width: number; height: number }, AckReply>(
    async ({ width, height }) => ((await stream.setDesktopResolution(width, height)) ? done : { code: 1 }),
    { code: 1 },
  );
  const setCursor = (data: unknown): AckReply => {
    const mode = setCursorRequest.Check(data) ? looseNumber(data.show) : undefined;
    if (mode === undefined || !knownModes.has(mode)) return failed('show is no cursor mode');
    deps.setCursorMode(mode);
    return done;
  };
  const setProfile = (data: unknown): AckReply => {
    const profile = decodeProfile(data);
    if (profile === undefined) return failed('the profile is malformed');
    if (!isPlayer) return notPlayer;
    stream.setStreamProfile(peer.peerId, profile);
    return done;
  };
  const resizeDesktop = (data: unknown): AckReply | Promise<AckReply> => {
    const size = isPlayer ? decodeResolution(data) : undefined;
    return size === undefined ? { code: 1 } : resize(size);
  };
  const setPointerStyle = (data: unknown): AckReply => {
    if (!pointerStyleRequest.Check(data)) return failed('style is missing');
    deps.setPointerStyle(data.style);
    return done;
  };
  const resetCapsLock = (): AckReply => {
    if (!isPlayer) return notPlayer;
    deps.unlockCapsLock();
    return done;
  };
  const switchMic = (data: unknown): AckReply => {
    if (micSwitch.Check(data)) deps.onMicSwitched(data.status);
    return done;
  };
  const cleanKeys = (): AckReply => {
    deps.releaseInput();
    return done;
  };
  const handlers = new Map<string, AckHandler>([
    ['set_cursor', ({ data }) => setCursor(data)],
    ['set_pointer_style', ({ data }) => setPointerStyle(data)],
    ['keys_clean', cleanKeys],
    ['reset_capslock', resetCapsLock],
    ['paste', ({ data }) => paste(deps, data)],
    ['res_mode', ({ data }) => setProfile(data)],
    ['desktop_res', ({ data }) => resizeDesktop(data)],
    ['game_op', ({ data }) => operateGame(deps, data)],
    ['switch_mic', ({ data }) => switchMic(data)],
    ['mic_status', ({ data }) => changeMicStatus(deps, data)],
    ['sync_seats', () => ({ type: 'sync_seats', ...seats.describe() })],
    ['submit_seat_change', () => ({ code: seatNotAuthorized })],
    ['seat_change', () => ({ code: seatNotAuthorized })],
    ['udp_trans', () => failed('custom data channels are not enabled')],
  ]);
  return (request) => handlers.get(request.type)?.(request) ?? done;
}
