import type { LinkDeadline, MediaOpener, MediaTunnel, OpenMediaParams } from './media-tunnel.js';
import type { NodeStatistics, SessionDescription } from './node-measurements.js';
import type { PublishState } from './publish-url.js';
import type { RecordingPart, StoreRecordingOutcome } from './recording-part.js';
import type { ClientSession, Role, ScreenConfig } from './session-envelope.js';

/**
 * Node link: internal RPC between the control plane and a render node's agent.
 *
 * The control plane commands ({@link NodeCommands}), the node reports ({@link NodeEvent}). Every command has a deadline and
 * is idempotent: after a lost answer it may be sent again. The database decides who owns a slot; a node only carries out.
 */

/** Encoder and display settings of a session, from its project. */
export interface StreamSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  /** Video codecs never to be negotiated: RTP encoding names such as `H264`, compared without regard to case. */
  readonly disabledVideoCodecs: readonly string[];
  /** Distance of key frames in a live push. */
  readonly publishKeyFrameIntervalMs: number;
  /** A live push carries the users' microphones mixed into the program's sound. */
  readonly publishIncludesMicrophone: boolean;
  /** Picture and sound are recorded from the coming of the first client to the end, whoever watches. Absent in sessions of earlier versions. */
  readonly isRecorded?: boolean;
}

/** A package in the object store: its manifest's SHA-256 (hex), which is also its cache key. */
export interface PackageRef {
  readonly manifestSha256: string;
}

/** A window, told by its title or its class; null: not compared. Both given: both must be equal. */
export interface WindowMatch {
  readonly name: string | null;
  readonly className: string | null;
}

/** Resources of a session, from its scale; null: what the node allows. A node never grants more than its own limits. */
export interface ResourceLimits {
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
}

/** What to run. `entryPath` is relative to the package root, an ELF or EXE file; no shell is involved. */
export interface LaunchSpec {
  readonly applicationId: string;
  readonly applicationVersionId: string;
  readonly package: PackageRef;
  readonly entryPath: string;
  /** Already split arguments: project parameters, then session parameters. */
  readonly args: readonly string[];
  /**
   * The session goes on while the program or a process of one of these names runs; names are compared without directory,
   * regard to case, or a trailing `.exe`. Empty: the program alone.
   */
  readonly processNames: readonly string[];
  /** Window that fills the screen; null: the whole desktop as the program arranges it. */
  readonly window: WindowMatch | null;
  readonly limits: ResourceLimits;
}

/** One client that wants to see the session. */
export interface PeerRequest {
  readonly userId: string;
  readonly role: Role;
  /** 1-based player position; 0 for viewers. */
  readonly seat: number;
  readonly clientSession: ClientSession;
  /** Random text the client must present to reconnect; sent to it in heartbeat replies. */
  readonly reconnectToken: string;
}

/** Parameters of `session.connect`. `peer` is null for RunWithoutClient. */
export interface ConnectSessionParams {
  readonly sessionId: string;
  readonly slotIndex: number;
  readonly launch: LaunchSpec;
  readonly stream: StreamSettings;
  readonly peer: PeerRequest | null;
}

/** What the control plane needs for the ServerSession. */
export interface PeerAnswer {
  /** SDP answer with the node's candidates. */
  readonly sdp: string;
  readonly serverIp: string;
  readonly serverPort: number;
  readonly videoMimeType: string;
  readonly audioMimeType: string;
  readonly screenConfig: ScreenConfig;
  /** Lets the client, once, open its WebSocket path with {@link NodeLink.openMedia}; null: the node has none. Secret. */
  readonly mediaSocketToken: string | null;
}

/** Expected refusals of a command; each is mapped to a public code in one place of the control plane. */
export type NodeRefusalCode =
  /** The slot runs another session, or does not exist. */
  | 'slot-mismatch'
  /** The slot's display is being prepared; try again. */
  | 'slot-initializing'
  /** The session is being ended on the node. */
  | 'session-ending'
  /** The package could not be fetched or does not match its manifest. */
  | 'package-unavailable'
  /** `entryPath` does not exist in the package or is not a program. */
  | 'entry-not-found'
  /** The offer cannot be parsed or lacks what every client has (BUNDLE, video m-line, DTLS fingerprint). */
  | 'offer-invalid'
  /** The offer has no codec this node can encode. */
  | 'codec-unsupported'
  /** More peers than a session may have. */
  | 'too-many-peers'
  /** The streamer is restarting or did not answer. */
  | 'streamer-unavailable'
  /** Anything else; see the node's log. */
  | 'internal';

/** Outcome of a command that a node may refuse. */
export type NodeResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: NodeRefusalCode; readonly message: string };

/** Why sessions end; kept in the history. */
export const sessionEndReasons = [
  'api',
  'user',
  'program-exit',
  'program-crash',
  'grace-over',
  'reservation-expired',
  'start-failed',
  'node-lost',
  'kicked',
  'limit',
] as const;
/** One of {@link sessionEndReasons}. */
export type SessionEndReason = (typeof sessionEndReasons)[number];

/** Parameters of `session.end`: `code` and `message` are told to clients by heartbeat before their peers close. */
export interface EndSessionParams {
  readonly sessionId: string;
  readonly slotIndex: number;
  readonly reason: SessionEndReason;
  readonly message: string;
}

/** Parameters of `stream.publish`. `url` is an RTMP URL whose path and query are secret. */
export interface PublishParams {
  readonly sessionId: string;
  readonly slotIndex: number;
  readonly url: string;
}

/** Parameters of `stream.unpublish`. */
export interface UnpublishParams {
  readonly sessionId: string;
  readonly slotIndex: number;
}

/** Parameters of `peer.remove`: `code` and `message` are told to the client by heartbeat before its peers close. */
export interface RemovePeerParams {
  readonly sessionId: string;
  readonly slotIndex: number;
  readonly userId: string;
  /** As in `disconnectCodes`. */
  readonly code: number;
  readonly message: string;
}

/** Commands of the control plane, by method. */
export interface NodeCommands {
  /** Starts the program if it does not run for this session, and adds the peer; the same user's older peer is told `{code:1}`. */
  'session.connect': { params: ConnectSessionParams; result: NodeResult<{ readonly answer: PeerAnswer | null }> };
  /** Ends the session and cleans the slot. Answers as soon as cleaning has begun; unknown sessions are a success. */
  'session.end': { params: EndSessionParams; result: NodeResult<Record<string, never>> };
  /** Closes one user's peers of a running session; the session goes on. An unknown session or user is a success. */
  'peer.remove': { params: RemovePeerParams; result: NodeResult<Record<string, never>> };
  /**
   * Pushes a running session to an RTMP server until it is told otherwise or ends; the same URL again changes nothing, another
   * one replaces it. Answers when the push has begun to connect; progress is told by `session.publish`.
   */
  'stream.publish': { params: PublishParams; result: NodeResult<Record<string, never>> };
  /** Ends the push of a session; an unknown session or push is a success. */
  'stream.unpublish': { params: UnpublishParams; result: NodeResult<Record<string, never>> };
  /** What a running session measures of itself, as it is now; `slot-mismatch` when the slot does not run it. */
  'session.describe': {
    params: { readonly sessionId: string; readonly slotIndex: number };
    result: NodeResult<SessionDescription>;
  };
  /** What the node has measured since its agent's start. */
  'node.statistics': { params: Record<string, never>; result: NodeResult<NodeStatistics> };
  /** Fetches a package into the cache. */
  'package.prefetch': { params: { readonly package: PackageRef }; result: NodeResult<Record<string, never>> };
  /** The node's own view, for reconciliation. */
  'node.describe': { params: Record<string, never>; result: NodeResult<NodeDescription> };
}
/** Names of the commands. */
export type NodeMethod = keyof NodeCommands;

/** Life of a slot as the node sees it. */
export type NodeSlotState = 'initializing' | 'idle' | 'busy' | 'cleaning' | 'failed';

/** One slot in a {@link NodeDescription}. */
export interface NodeSlotDescription {
  readonly slotIndex: number;
  readonly state: NodeSlotState;
  /** Session that the slot runs or cleans up after. */
  readonly sessionId: string | null;
  /** A player's peer is connected. */
  readonly connected: boolean;
}

/** What a node says of itself. `bootId` changes with every start of the agent. */
export interface NodeDescription {
  readonly nodeId: string;
  readonly bootId: string;
  readonly name: string;
  readonly region: string;
  readonly version: string;
  /** Kinds of concurrency (scales) that this node serves; empty: all. */
  readonly concurrencyTypes: readonly string[];
  readonly slots: readonly NodeSlotDescription[];
}

/** Reports of a node. Delivered in order and at least once; the receiver must be idempotent. */
export type NodeEvent =
  /** After every (re)connection of the link, and again every few seconds as a sign of life. */
  | { readonly type: 'node.status'; readonly node: NodeDescription }
  | { readonly type: 'slot.state'; readonly nodeId: string; readonly slot: NodeSlotDescription }
  /** A player's peer came up (`connected: true`), or the last one went away. */
  | {
      readonly type: 'session.client';
      readonly nodeId: string;
      readonly sessionId: string;
      readonly connected: boolean;
    }
  /** Progress of a live push; `message` says what is wrong and holds no secret. */
  | {
      readonly type: 'session.publish';
      readonly nodeId: string;
      readonly sessionId: string;
      readonly state: PublishState;
      readonly message: string;
    }
  | {
      readonly type: 'session.ended';
      readonly nodeId: string;
      readonly sessionId: string;
      readonly reason: SessionEndReason;
      readonly exitCode: number | null;
    };

/** Control plane's end of the link. */
export interface NodeLink {
  /**
   * Sends a command and awaits its result.
   * @throws AppError `node-unreachable` when the node is not linked, `deadline-exceeded` after `deadlineMs`.
   */
  call<M extends NodeMethod>(
    nodeId: string,
    method: M,
    params: NodeCommands[M]['params'],
    options: { readonly deadlineMs: number },
  ): Promise<NodeCommands[M]['result']>;
  /** Opens a way to a session's WebSocket server, the caller's to close; null: the slot does not run it. Throws like `call`. */
  openMedia(nodeId: string, params: OpenMediaParams, options: LinkDeadline): Promise<MediaTunnel | null>;
  /** Sets the one handler of reports; a report counts as delivered once the returned promise resolves. */
  onEvent(handler: (event: NodeEvent) => Promise<void>): void;
  /** Serves objects of the store (`blobs/<sha256>`, `manifests/<sha256>`) to nodes. */
  serveObjects(open: (key: string) => Promise<AsyncIterable<Uint8Array>>): void;
  /** Sets the one receiver of recordings; idempotent for each part. Rejects when it cannot be stored now. */
  acceptRecordings(
    store: (part: RecordingPart, content: AsyncIterable<Uint8Array>) => Promise<StoreRecordingOutcome>,
  ): void;
  /** Ends the link: pending calls fail with `node-unreachable`. Idempotent. */
  close(): Promise<void>;
}

/** Handlers that a node offers. */
export type NodeCommandHandlers = {
  readonly [M in NodeMethod]: (params: NodeCommands[M]['params']) => Promise<NodeCommands[M]['result']>;
};

/** Node's end of the link. */
export interface NodeUplink {
  /** Announces the node and starts serving commands. */
  serve(nodeId: string, handlers: NodeCommandHandlers, openMedia?: MediaOpener): void;
  /** Resolves when the control plane has committed the report; rejects with `control-plane-unreachable`. */
  emit(event: NodeEvent): Promise<void>;
  /** Opens an object of the store; rejects with `object-not-found`. */
  openObject(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** Hands a part of a recording over; rejects with `control-plane-unreachable`: it can be tried again. */
  storeRecording(part: RecordingPart, content: AsyncIterable<Uint8Array>): Promise<StoreRecordingOutcome>;
  /** Ends the link: the node counts as unreachable. Idempotent. */
  close(): Promise<void>;
}
