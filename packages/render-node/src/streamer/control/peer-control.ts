import { limits } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { CursorState } from '../input/cursor-watch.js';
import type { Keyboard } from '../input/keyboard.js';
import type { TextInput } from '../input/text.js';
import type { Injector } from '../input/x11-injector.js';
import { createAckHandler, decodeAck } from './ack.js';
import { createCursorChannel } from './cd.js';
import type { ControlPeer, PeerControl, StreamControl } from './contract.js';
import { decodeHeartbeat, heartbeatReply, kickMessage } from './hb.js';
import { createPeerInput } from './km.js';
import { controlLimits } from './limits.js';
import { parseJson } from './loose-values.js';
import type { MicStatus, MicStatusChannel } from './mic-status.js';
import type { Seats } from './seats.js';
import { gameStartComplete, screenConfigChange } from './svr.js';
import { createTokenBucket } from './token-bucket.js';

/** What the channels of all peers share. */
export interface PeerControlDeps {
  readonly injector: Injector;
  readonly keyboard: Keyboard;
  readonly text: TextInput;
  readonly seats: Seats;
  readonly micStatus: MicStatus;
  readonly stream: StreamControl;
  readonly logger: Logger;
  readonly now: () => number;
  readonly cursor: () => CursorState | undefined;
  readonly unlockCapsLock: () => void;
  /** Text of the present `km` state. */
  readonly state: () => string;
  readonly onCursorMode: (mode: number) => void;
  /** Called once, when the peer is closed. */
  readonly onClose: (peerId: string) => void;
}

/** A peer's channels, with what the streamer tells all peers. */
export interface AttachedPeer extends PeerControl {
  sendState(): void;
  onCursorChange(state: CursorState): void;
  onScreenChange(): void;
}

/** Numbers for the log line at the end of a peer. */
interface Traffic {
  messages: number;
  refused: number;
}

/**
 * Bounds a peer's messages. When some were refused, a key's "up" may be among them: `onLoss` is called with the next one
 * that gets through.
 */
function createGate(now: () => number, onLoss: () => void) {
  const bucket = createTokenBucket(controlLimits.messagesPerSecond, controlLimits.messageBurst);
  const traffic: Traffic = { messages: 0, refused: 0 };
  let isLossy = false;
  const admit = (data: string | Uint8Array): boolean => {
    traffic.messages++;
    const cost = 1 + Math.floor(data.length / controlLimits.bytesPerToken);
    if (data.length > limits.channelMessageBytes || !bucket.take(cost, now())) {
      traffic.refused++;
      isLossy = true;
      return false;
    }
    if (isLossy) onLoss();
    isLossy = false;
    return true;
  };
  return { admit, traffic };
}

function createAckChannel(deps: PeerControlDeps, peer: ControlPeer, handle: ReturnType<typeof createAckHandler>) {
  return async (data: string | Uint8Array): Promise<void> => {
    const request = decodeAck(parseJson(data, limits.channelMessageBytes));
    if (request === undefined) return;
    let reply: Readonly<Record<string, unknown>>;
    try {
      reply = await handle(request);
    } catch (error) {
      // The client waits for ever for an answer that never comes: it gets one, and the log gets the reason.
      deps.logger.error({ err: error, peerId: peer.peerId, type: request.type }, 'request of a client failed');
      reply = { code: 1, msg: 'internal error' };
    }
    if (request.seq !== undefined) peer.send('ack', JSON.stringify({ seq: request.seq, data: reply }));
  };
}

function createHeartbeatChannel(deps: PeerControlDeps, peer: ControlPeer) {
  return (data: string | Uint8Array): void => {
    const request = decodeHeartbeat(data);
    if (request === undefined) return;
    const extras = deps.stream.heartbeat(peer.peerId, request);
    const reply = heartbeatReply(request, peer.reconnectToken, deps.stream.pushState(), deps.now());
    peer.send('hb', JSON.stringify({ ...reply, ...extras }));
  };
}

function createKick(peer: ControlPeer, stream: StreamControl) {
  let timer: NodeJS.Timeout | undefined;
  return {
    kick(code: number, message: string) {
      const text = JSON.stringify(kickMessage(code, message.slice(0, limits.messageChars), stream.pushState()));
      clearTimeout(timer);
      peer.send('hb', text);
      timer = setTimeout(() => peer.send('hb', text), controlLimits.kickRepeatMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Receivers of one peer's messages by channel label. */
function createReceivers(
  deps: PeerControlDeps,
  peer: ControlPeer,
  cursor: ReturnType<typeof createCursorChannel>,
  mic: MicStatusChannel,
) {
  const input = createPeerInput(deps);
  const handle = createAckHandler({
    peer,
    stream: deps.stream,
    text: deps.text,
    seats: deps.seats,
    releaseInput: input.releaseAll,
    unlockCapsLock: deps.unlockCapsLock,
    setCursorMode: deps.onCursorMode,
    setPointerStyle: cursor.setStyle,
    onMicSwitched: mic.onSwitched,
  });
  const onAck = createAckChannel(deps, peer, handle);
  const receivers = new Map<string, (data: string | Uint8Array) => void>([
    ['ack', (data) => void onAck(data)],
    ['hb', createHeartbeatChannel(deps, peer)],
  ]);
  if (peer.role === 'Player') receivers.set('km', input.receive);
  return { receivers, input };
}

/** Creates the channels of one peer. */
export function createPeerControl(deps: PeerControlDeps, peer: ControlPeer): AttachedPeer {
  const cursor = createCursorChannel((text) => peer.send('cd', text));
  const mic = deps.micStatus.attach(peer);
  const { receivers, input } = createReceivers(deps, peer, cursor, mic);
  const { admit, traffic } = createGate(deps.now, input.releaseAll);
  const kick = createKick(peer, deps.stream);
  let isStarted = false;
  let isClosed = false;

  const sendState = () => {
    if (peer.isOpen('km')) peer.send('km', deps.state());
  };
  const onSvrOpen = () => {
    if (!isStarted) isStarted = peer.send('svr', gameStartComplete(peer.peerId, peer.userId));
    mic.onOpen();
  };
  const onOpen = new Map<string, () => void>([
    ['km', sendState],
    ['svr', onSvrOpen],
    ['cd', () => cursor.onOpen(deps.cursor())],
  ]);
  return {
    onChannelOpen: (label) => onOpen.get(label)?.(),
    onMessage(label, data) {
      const receive = receivers.get(label);
      if (isClosed || receive === undefined || !admit(data)) return;
      receive(data);
    },
    onChannelClosed(label) {
      if (label === 'km') input.releaseAll();
    },
    kick: kick.kick,
    close() {
      if (isClosed) return;
      isClosed = true;
      cursor.close();
      mic.close();
      kick.stop();
      input.releaseAll();
      deps.onClose(peer.peerId);
      deps.logger.debug({ peerId: peer.peerId, ...traffic, ...input.counts }, 'channels of a peer ended');
    },
    sendState,
    onCursorChange: cursor.onChange,
    onScreenChange() {
      sendState();
      if (peer.isOpen('svr')) peer.send('svr', screenConfigChange(deps.stream.screen()));
    },
  };
}
