import { randomUUID } from 'node:crypto';
import {
  AppError,
  type ConnectSessionParams,
  type PeerAnswer,
  type PeerRequest,
  type SessionDescription,
} from '@cloudstage/protocol';
import type { ProcessIdentity } from '../host/process-identity.js';
import type { StreamerEvents, StreamerMethods } from '../links/streamer-link.js';
import { agentLimits } from './limits.js';
import type { RecordingSpool } from './recording-spool.js';
import type { RouteTable } from './route-table.js';
import type { SlotEnvironment } from './slot-environment.js';
import { createSlotProgram, type ProgramAdoption, type SlotProgramOptions } from './slot-program.js';
import { createSlotPublish, type SlotPublish, type SlotPublishOptions } from './slot-publish.js';
import type { Streamer, WarmSlot } from './warm-slot.js';

/** What a session runs; the part of `session.connect` that stays the same for all its clients. */
export type SessionParams = Pick<ConnectSessionParams, 'sessionId' | 'launch' | 'stream'>;

/** What a {@link SlotSession} tells its slot. */
export interface SessionEvents {
  readonly onProgramStarted: SlotProgramOptions['onStarted'];
  readonly onProgramEnded: SlotProgramOptions['onEnded'];
  /** A player's peer came up, or the last one went away. */
  readonly onClient: (connected: boolean) => void;
  readonly onPublishUrl: SlotPublishOptions['onUrl'];
  readonly onPublishState: SlotPublishOptions['onState'];
}

/** Parameters of {@link createSlotSession}. */
export interface SlotSessionOptions {
  readonly slot: SlotEnvironment;
  /** What the slot stands on; null while it is being taken down. */
  readonly warm: () => WarmSlot | null;
  readonly routes: RouteTable;
  readonly recordings: Pick<RecordingSpool, 'directoryOf'>;
  readonly params: SessionParams;
  /** Target of the live push that goes on; null without one. */
  readonly publishUrl: string | null;
  readonly runnable: SlotProgramOptions['runnable'];
  readonly events: SessionEvents;
}

/** One user's use of a slot: its program and its peers. */
export interface SlotSession {
  readonly params: SessionParams;
  readonly connected: () => boolean;
  /** Sets mode and encoder, then starts the program and adds the peer at the same time. */
  begin(peer: PeerRequest | null): Promise<PeerAnswer | null>;
  adoptProgram(identity: ProcessIdentity): Promise<ProgramAdoption>;
  /** The answer is returned only when the port mux knows the way to the peer. */
  addPeer(peer: PeerRequest): Promise<PeerAnswer>;
  readonly publish: Pick<SlotPublish, 'start' | 'stop' | 'onState'>;
  removePeer(userId: string, code: number, message: string): Promise<void>;
  restartProgram(): Promise<void>;
  /** What the session measures of itself. @throws AppError when the streamer does not answer. */
  describe(): Promise<SessionDescription>;
  onPeerState(event: StreamerEvents['peer.state']): void;
  /** Configures a new streamer; a streamer that outlived the agent tells its peers instead. */
  onStreamerUp(streamer: Streamer): Promise<void>;
  onStreamerDown(): void;
  /** Tells clients good-bye, kills the program, forgets the routes. @throws when the program cannot be killed. */
  stop(farewell: { readonly code: number; readonly message: string }): Promise<void>;
}

/** Peers of a session as far as the agent must know them. */
function createPeerBook(routes: RouteTable, onClient: (connected: boolean) => void) {
  const players = new Set<string>();
  const ufrags = new Set<string>();
  const addRoute = (peer: { iceUfrag: string; icePwd: string; loopbackAddress: string; loopbackPort: number }) => {
    ufrags.add(peer.iceUfrag);
    return routes.set({
      ufrag: peer.iceUfrag,
      pwd: peer.icePwd,
      address: peer.loopbackAddress,
      port: peer.loopbackPort,
    });
  };
  const onState = ({ peerId, role, iceUfrag, state }: StreamerEvents['peer.state']) => {
    if (state === 'closed') {
      // A client on a WebSocket has no route.
      if (ufrags.delete(iceUfrag)) routes.delete(iceUfrag);
      if (players.delete(peerId) && players.size === 0) onClient(false);
    } else if (role === 'Player') {
      players.add(peerId);
      onClient(true);
    }
  };
  return {
    connected: () => players.size > 0,
    addRoute,
    onState,
    /** Peers of a streamer that outlived the agent. */
    adopt: (
      known: StreamerMethods['stream.describe']['result']['peers'],
      onRouteFailed: (error: unknown) => void,
    ): void => {
      for (const { peerId, userId, role, connected, latency: _measured, ...ice } of known) {
        const { iceUfrag } = ice;
        // Not awaited: a port mux that is still starting gets the whole table when it is up.
        if (iceUfrag !== '') addRoute(ice).catch(onRouteFailed);
        if (connected) onState({ peerId, userId, role, iceUfrag, state: 'connected', reason: 'adopted' });
      }
    },
    clear: () => {
      for (const ufrag of ufrags) routes.delete(ufrag);
      ufrags.clear();
      const had = players.size > 0;
      players.clear();
      if (had) onClient(false);
    },
  };
}

/** Program and live push of a session. `warm` throws when the session is being ended. */
function createParts(options: SlotSessionOptions, warm: () => WarmSlot, isStopped: () => boolean) {
  const { slot, params, runnable, publishUrl, events } = options;
  const program = createSlotProgram({
    slot,
    display: () => warm().display,
    sessionId: params.sessionId,
    launch: params.launch,
    fps: params.stream.fps,
    runnable,
    onStarted: events.onProgramStarted,
    onEnded: events.onProgramEnded,
  });
  const publish = createSlotPublish({
    sessionId: params.sessionId,
    url: publishUrl,
    streamer: () => warm().streamer,
    onUrl: events.onPublishUrl,
    onState: (state, message) => {
      if (!isStopped()) events.onPublishState(state, message);
    },
    logger: slot.logger,
  });
  return { program, publish };
}

/** Creates the session; nothing runs until `begin` or `adoptProgram`. */
export function createSlotSession(options: SlotSessionOptions): SlotSession {
  const { slot, params, events } = options;
  const { publicAddresses, udpPort, tcpPort } = slot.config.media;
  let stopped = false;
  const peers = createPeerBook(options.routes, (connected) => {
    if (!stopped) events.onClient(connected);
  });

  function warm(): WarmSlot {
    const found = options.warm();
    if (!found || stopped) throw new AppError('session-ending', `session ${params.sessionId} is being ended`);
    return found;
  }

  const { program, publish } = createParts(options, warm, () => stopped);

  async function configure(streamer: Streamer): Promise<void> {
    const { sessionId, stream, launch } = params;
    const request = {
      sessionId,
      settings: stream,
      window: launch.window,
      media: { publicAddresses, udpPort, tcpPort },
      recordingDirectory: stream.isRecorded === true ? await options.recordings.directoryOf(sessionId) : null,
    };
    await streamer.call('stream.configure', request, { deadlineMs: agentLimits.configureMs });
  }

  async function addPeer(peer: PeerRequest): Promise<PeerAnswer> {
    const request = { peerId: randomUUID(), ...peer };
    const added = await warm().streamer.call('peer.add', request, { deadlineMs: agentLimits.addPeerMs });
    // The session may have ended meanwhile, and its routes with it.
    warm();
    await peers.addRoute(added);
    const { sdp, videoMimeType, audioMimeType, screenConfig, socketToken: mediaSocketToken } = added;
    const serverIp = publicAddresses[0] ?? '127.0.0.1';
    return { sdp, serverIp, serverPort: udpPort, videoMimeType, audioMimeType, screenConfig, mediaSocketToken };
  }

  return {
    params,
    connected: peers.connected,
    addPeer,
    begin: async (peer) => {
      await configure(warm().streamer);
      const [launched, answered] = await Promise.allSettled([program.launch(), peer ? addPeer(peer) : null]);
      if (launched.status === 'rejected') throw launched.reason;
      if (answered.status === 'rejected') throw answered.reason;
      return answered.value;
    },
    publish,
    removePeer: async (userId, code, message) => {
      await warm().streamer.call('peer.remove', { userId, code, message }, { deadlineMs: agentLimits.farewellMs });
    },
    adoptProgram: program.adopt,
    restartProgram: program.restart,
    describe: async () => {
      const found = await warm().streamer.call('stream.describe', {}, { deadlineMs: agentLimits.describeMs });
      const peers = found.peers.map(({ userId, role, connected, latency }) => ({ userId, role, connected, latency }));
      return { picture: found.picture, latency: found.latency, peers };
    },
    onPeerState: peers.onState,
    onStreamerUp: async (streamer) => {
      const known = await streamer.call('stream.describe', {}, { deadlineMs: agentLimits.takeOverMs });
      if (known.sessionId !== params.sessionId) {
        await configure(streamer);
        return publish.onStreamerUp(streamer, null);
      }
      peers.adopt(known.peers, (error) => slot.logger.warn({ err: error }, 'route of a peer that goes on'));
      await publish.onStreamerUp(streamer, known.publish);
    },
    onStreamerDown: () => {
      peers.clear();
      publish.onStreamerDown();
    },
    stop: async (farewell) => {
      stopped = true;
      const streamer = options.warm()?.streamer;
      // One that is being restarted has nobody to tell, and its call would wait for it.
      const told = streamer?.up() && streamer.call('session.close', farewell, { deadlineMs: agentLimits.farewellMs });
      const [killed] = await Promise.allSettled([program.stop(), told]);
      peers.clear();
      options.runnable?.lease.release();
      if (killed.status === 'rejected') throw killed.reason;
    },
  };
}
