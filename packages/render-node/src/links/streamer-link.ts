import type {
  ClientSession,
  LatencyReport,
  LatencyTotals,
  PictureDescription,
  PublishState,
  Role,
  ScreenConfig,
  StreamSettings,
  WindowMatch,
} from '@cloudstage/protocol';

/**
 * Link between the agent (caller) and a slot's streamer (server at `<slot run dir>/streamer.sock`). The streamer starts
 * with its slot and waits; a restarted streamer is configured again by the agent.
 */

/** Unix socket in the slot's directory on which a streamer serves WebSockets (HTTP, `GET /play?token=`). */
export const mediaSocketName = 'media.sock';

/** Start configuration, passed to the streamer as one JSON argument. Contains no secret. */
export interface StreamerConfig {
  readonly slotIndex: number;
  /** Directory of the slot (0700): `streamer.sock` is created here. */
  readonly runDir: string;
  /** X display name, e.g. `:101`. Its socket is reached through {@link xSocketPath}. */
  readonly display: string;
  /** Unix socket of the X server (may lie outside /tmp/.X11-unix). */
  readonly xSocketPath: string;
  /**
   * Xauthority file with the display's MIT-MAGIC-COOKIE-1 (the server accepts nobody without it). Also in the environment
   * as `XAUTHORITY`, next to `DISPLAY` and `PULSE_SERVER`, for tools that the streamer starts.
   */
  readonly xAuthorityPath: string;
  /** `PULSE_SERVER` value of the slot's sound server, e.g. `unix:/run/…/native`. */
  readonly pulseServer: string;
  /** Name of the monitor source to record, e.g. `cloudstage.monitor`. */
  readonly pulseSource: string;
  /** Name of the source that programs record users' voices from, e.g. `microphone`. */
  readonly pulseMicrophone: string;
  /** Pipe of that source; empty: programs have no microphone. */
  readonly microphonePath: string;
  /** Address and port range on loopback for ICE sockets; the port mux forwards to them. */
  readonly loopbackAddress: string;
  readonly logLevel: string;
  /** Encoders that have passed the node's probe, those of graphics cards by FFmpeg's names; default: none. */
  readonly probedEncoders?: readonly string[];
  /** JavaScript file of the publisher of live pushes; default: the one beside the streamer. */
  readonly publisherEntry?: string;
}

/** Public addresses that the answer lists: one UDP host and one TCP passive candidate for each. */
export interface MediaEndpoint {
  readonly publicAddresses: readonly string[];
  readonly udpPort: number;
  readonly tcpPort: number;
}

export interface ConfigureParams {
  readonly sessionId: string;
  readonly settings: StreamSettings;
  /** Window that fills the screen; null: none is special. */
  readonly window: WindowMatch | null;
  readonly media: MediaEndpoint;
  /** Existing directory that the session is recorded into; null: it is not recorded. */
  readonly recordingDirectory: string | null;
}

export interface AddPeerParams {
  readonly peerId: string;
  readonly userId: string;
  readonly role: Role;
  readonly seat: number;
  readonly clientSession: ClientSession;
  readonly reconnectToken: string;
}

export interface AddPeerResult {
  readonly sdp: string;
  /** ICE credentials of the server side, and where its socket listens: what the port mux needs. */
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly loopbackAddress: string;
  readonly loopbackPort: number;
  /** Lets the client open its WebSocket path once, at {@link mediaSocketName}. Secret. */
  readonly socketToken: string;
  readonly videoMimeType: string;
  readonly audioMimeType: string;
  readonly screenConfig: ScreenConfig;
}

/** Cumulative numbers of a streamer since its start; times are percentiles over the last seconds, in milliseconds. */
export interface StreamerStats {
  readonly framesCaptured: number;
  readonly framesEncoded: number;
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly packetsRetransmitted: number;
  readonly nacksReceived: number;
  /** Pictures that single clients did not get because their paths were full. */
  readonly picturesSkipped: number;
  readonly keyFrames: number;
  readonly captureMsP50: number;
  readonly convertMsP50: number;
  readonly encodeMsP50: number;
  readonly targetBitrateBps: number;
  readonly peers: number;
}

export type StreamerMethods = {
  /** Sets the display mode and the encoder; idempotent. */
  'stream.configure': { params: ConfigureParams; result: null };
  /**
   * Creates a peer and its answer. An older peer of the same user with the same role is told `hb {code:1}` and closed.
   * Errors: `offer-invalid`, `codec-unsupported`, `too-many-peers`, `not-configured`.
   */
  'peer.add': { params: AddPeerParams; result: AddPeerResult };
  /** Tells a user's peers `hb {code, message}` twice and closes them; an unknown user is a success. */
  'peer.remove': { params: { readonly userId: string; readonly code: number; readonly message: string }; result: null };
  /**
   * Pushes the session to an RTMP server; the same URL again changes nothing, another one replaces it. Progress is told by
   * `publish.state`. Error: `not-configured`.
   */
  'publish.start': { params: { readonly url: string }; result: null };
  /** Ends the push; none is a success. */
  'publish.stop': { params: Record<string, never>; result: null };
  /** Tells every peer `hb {code, message}` twice, closes them, and stops capture; the streamer can be configured again. */
  'session.close': { params: { readonly code: number; readonly message: string }; result: null };
  'stream.describe': {
    params: Record<string, never>;
    result: {
      readonly sessionId: string | null;
      readonly stats: StreamerStats;
      /** Encoded last; null when nothing was in this session. */
      readonly picture: PictureDescription | null;
      /** Of the session's live push; null when there was none. */
      readonly publish: PublishState | null;
      /** Legs that all peers have in common. */
      readonly latency: LatencyReport;
      readonly peers: readonly {
        readonly peerId: string;
        readonly userId: string;
        readonly role: Role;
        readonly connected: boolean;
        /** '' for a client on a WebSocket, which needs no route. */
        readonly iceUfrag: string;
        readonly icePwd: string;
        readonly loopbackAddress: string;
        readonly loopbackPort: number;
        /** All legs of this peer. */
        readonly latency: LatencyReport;
      }[];
    };
  };
};

export type StreamerEvents = {
  /** `closed` is final and also reported for peers that never connected. */
  'peer.state': {
    readonly peerId: string;
    readonly userId: string;
    readonly role: Role;
    readonly iceUfrag: string;
    readonly state: 'connected' | 'closed';
    readonly reason: string;
  };
  'publish.state': { readonly sessionId: string; readonly state: PublishState; readonly message: string };
  /** What was measured since the last report, every ten seconds and at the end of a session. */
  'latency.totals': LatencyTotals;
  /** `game_op restart` of a player: the agent restarts the program on the same display. */
  'program.restart': { readonly peerId: string };
};
